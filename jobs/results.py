"""Stored results in the background: files that no row names any more are removed."""

import dramatiq

from domain.bus.queues import Job
from domain.db import worker_transaction
from domain.executions import files


@dramatiq.actor(actor_name=Job.REMOVE_RESULTS, queue_name=Job.REMOVE_RESULTS.queue)
async def remove_results(subject: str) -> None:
    """Decide which files no row names, and remove those that were decided on a while ago.

    It does not use `jobs/steps.py`: it works on many notes at once, so there is no row to lease.
    `files.claim` postpones each note instead, and `files.record` writes the store's error on the
    notes that failed. Dramatiq logs any other error, and the clock sends the job again.
    """
    async with worker_transaction() as session:
        await files.decide(session)
    async with worker_transaction() as session:
        removals = await files.claim(session)
    if not removals:
        return

    failed = await files.remove(removals)

    async with worker_transaction() as session:
        await files.record(session, removals, failed)
