"""Stored results in the background: those that no row names any more are removed."""

import dramatiq

from domain.bus import Job
from domain.db import worker_transaction
from domain.executions import files


@dramatiq.actor(actor_name=Job.REMOVE_RESULTS, queue_name=Job.REMOVE_RESULTS.queue)
async def remove_results(subject: str) -> None:
    """Decide which files no row names, and remove those that were decided a while ago."""
    async with worker_transaction() as session:
        await files.decide(session)
    async with worker_transaction() as session:
        removals = await files.claim(session)
    if not removals:
        return

    failed = await files.remove(removals)

    async with worker_transaction() as session:
        await files.record(session, removals, failed)
