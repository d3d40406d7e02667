"""What is done for a whole instance: give out slots, look at AMC's list, clean up there."""

import dramatiq

from domain import cleaning, dispatch, ids, polling
from domain.bus import Job
from domain.db import worker_transaction
from jobs.amazon import amc


@dramatiq.actor(actor_name=Job.DISPATCH_INSTANCE, queue_name=Job.DISPATCH_INSTANCE.queue)
async def dispatch_instance(instance_id: str) -> None:
    """Give the free slots to those who wait."""
    async with worker_transaction() as session:
        await dispatch.dispatch(session, ids.decode("inst", instance_id))


@dramatiq.actor(actor_name=Job.POLL_INSTANCE, queue_name=Job.POLL_INSTANCE.queue)
async def poll_instance(instance_id: str) -> None:
    """Claim the instance, ask AMC for its executions, move each by what was seen."""
    async with worker_transaction() as session:
        poll = await polling.claim(session, ids.decode("inst", instance_id))
    if poll is None:
        return

    found = await polling.look(poll, amc())

    async with worker_transaction() as session:
        await polling.record(session, poll, found)


@dramatiq.actor(actor_name=Job.REMOVE_WORKFLOWS, queue_name=Job.REMOVE_WORKFLOWS.queue)
async def remove_workflows(instance_id: str) -> None:
    """Remove the saved queries at AMC whose executions are over."""
    async with worker_transaction() as session:
        task = await cleaning.claim(session, ids.decode("inst", instance_id))
    if task is None:
        return

    removed = await cleaning.remove(task, amc())

    async with worker_transaction() as session:
        await cleaning.record(session, removed)
