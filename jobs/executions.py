"""Executions in the background: one step at a time."""

import dramatiq

from domain.bus import Job
from domain.executions import claims, steps
from domain.settings import settings
from jobs.amazon import amc
from jobs.steps import Step, run

LONGEST = int(settings.step_deadline.total_seconds() * 1000)  # ms; a large result takes a while


async def _act(claim: claims.Claim) -> steps.Answer:
    return await steps.act(claim, amc())


@dramatiq.actor(
    actor_name=Job.STEP_EXECUTION, queue_name=Job.STEP_EXECUTION.queue, time_limit=LONGEST
)
async def step_execution(execution_id: str) -> None:
    """Take the next step of an execution."""
    await take_step(execution_id)


async def take_step(execution_id: str) -> None:
    """Take the next step of an execution. No transaction is open while AMC is asked."""
    await run(Step(claims.claim, _act, steps.record, claims.fail), execution_id)
