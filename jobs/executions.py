"""Executions in the background: one step at a time."""

import asyncio
from collections.abc import Sequence
from typing import Any

import dramatiq

from domain import ids, kinds
from domain.bus.queues import Job
from domain.executions import claims, dispatch, steps
from domain.settings import settings
from jobs import next_polls
from jobs.amazon import amc
from jobs.steps import Step, go_on, run, run_whole

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
    await ingest(await run(_step(), execution_id))


async def give_slots(instance_id: str) -> None:
    """Give out the free slots, and submit each execution at once. The clock finds what is left."""
    granted = await run_whole(dispatch.dispatch, dispatch.fail, instance_id)
    if granted:
        await asyncio.gather(*(_submit(claim) for claim in granted))


async def _submit(claim: claims.Claim) -> None:
    """Submit an execution that dispatch has claimed, and look at it at AMC before long."""
    claimed = await _go_on(claim)
    next_polls.plan(ids.encode("inst", claim.instance.id), settings.amc_poll_min)
    await ingest(claimed)


async def ingest(claimed: Sequence[claims.Claim] | None) -> None:
    """Ingest the results of executions that were claimed when AMC was found to have finished."""
    await asyncio.gather(*map(_go_on, claimed or ()))


async def _go_on(claim: claims.Claim) -> Any:
    return await go_on(_step(), kinds.public_id(claim.execution), claim)
