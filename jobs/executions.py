"""Executions in the background: one step at a time."""

import dramatiq

from domain import kinds
from domain.bus.queues import Job
from domain.executions import claims, steps
from domain.settings import settings
from jobs.amazon import amc
from jobs.steps import Step, go_on, run

LONGEST = int(settings.step_deadline.total_seconds() * 1000)  # ms; a large result takes a while


async def _act(claim: claims.Claim) -> steps.Answer:
    return await steps.act(claim, amc())


def _step() -> Step:
    """The step of an execution. No transaction is open while AMC is asked."""
    return Step(claims.claim, _act, steps.record, claims.fail)


@dramatiq.actor(
    actor_name=Job.STEP_EXECUTION, queue_name=Job.STEP_EXECUTION.queue, time_limit=LONGEST
)
async def step_execution(execution_id: str) -> None:
    """Take the next step of an execution."""
    await run(_step(), execution_id)


async def submit(claim: claims.Claim) -> None:
    """Submit an execution that dispatch has claimed."""
    await go_on(_step(), kinds.public_id(claim.execution), claim)
