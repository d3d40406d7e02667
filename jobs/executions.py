"""One step of one execution: claim, act, record."""

import dramatiq

from domain import advance, work
from domain.bus import Job
from domain.db import worker_transaction
from jobs.amazon import amc


@dramatiq.actor(actor_name=Job.STEP_EXECUTION, queue_name=Job.STEP_EXECUTION)
async def step_execution(execution_id: str) -> None:
    """Claim, act, record. No transaction is open while AMC is being asked."""
    async with worker_transaction() as session:
        claim = await work.claim(session, execution_id)
    if claim is None:
        return

    answer = await advance.act(claim, amc())

    async with worker_transaction() as session:
        await advance.record(session, claim, answer)
