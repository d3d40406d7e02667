"""One step of one execution: claim, act, record."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import dramatiq
import structlog
from sqlalchemy.exc import DBAPIError

from domain.bus import Job
from domain.db import worker_transaction
from domain.executions import claims, steps
from domain.settings import settings
from jobs.amazon import amc

log = structlog.get_logger()

LONGEST = int(settings.step_deadline.total_seconds() * 1000)  # a large result takes its time


@dramatiq.actor(
    actor_name=Job.STEP_EXECUTION, queue_name=Job.STEP_EXECUTION.queue, time_limit=LONGEST
)
async def step_execution(execution_id: str) -> None:
    """The next step of an execution, whatever that is."""
    await take_step(execution_id)


async def take_step(execution_id: str) -> None:
    """Claim, act, record. No transaction is open while AMC is being asked."""
    async with worker_transaction() as session:
        claim = await claims.claim(session, execution_id)
    if claim is None:
        return

    async with lease_kept(claim):
        answer = await steps.act(claim, amc())

    async with worker_transaction() as session:
        await steps.record(session, claim, answer)


@asynccontextmanager
async def lease_kept(claim: claims.Claim) -> AsyncIterator[None]:
    """Renew the lease for as long as the step takes; give up when it went to somebody else."""
    async with asyncio.TaskGroup() as tasks:
        renewing = tasks.create_task(_renew(claim))
        yield
        renewing.cancel()


async def _renew(claim: claims.Claim) -> None:
    while True:
        await asyncio.sleep(settings.lease.total_seconds() / 3)
        try:
            async with worker_transaction() as session:
                if not await claims.renew(session, claim):
                    return  # what the step brings will not be recorded: its fence is old
        except (DBAPIError, OSError) as trouble:
            log.warning("lease.not_renewed", error=type(trouble).__name__)
