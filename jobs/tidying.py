"""Tidying in the background, twice a minute: what has waited too long, or was kept long enough."""

import dramatiq

from domain.bus.queues import Job
from domain.collections import collections
from domain.db import worker_transaction
from domain.executions import cleaning, dispatch, files
from domain.exports import making


@dramatiq.actor(actor_name=Job.TIDY, queue_name=Job.TIDY.queue)
async def tidy(subject: str) -> None:
    """End what has waited too long, and delete what is not needed any more.

    It does not use `jobs/steps.py`: each part finds its rows itself, and may run twice. Dramatiq
    logs what it raises, and the clock sends the job again.
    """
    for part in (
        cleaning.nudge,
        dispatch.expire_waiting,
        cleaning.forget_keys,
        files.forget,
        making.expire,
        collections.forget_starts,
    ):
        async with worker_transaction() as session:
            await part(session)
