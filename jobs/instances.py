"""What is done for a whole instance: give out slots, look at AMC's list, clean up there."""

import asyncio
from uuid import UUID

import dramatiq

from domain import ids
from domain.bus import Job
from domain.db import worker_transaction
from domain.executions import cleaning, dispatch, polling
from jobs.amazon import amc
from jobs.executions import take_step


@dramatiq.actor(actor_name=Job.DISPATCH_INSTANCE, queue_name=Job.DISPATCH_INSTANCE.queue)
async def dispatch_instance(instance_id: str) -> None:
    """Give the free slots to those who wait."""
    await give_slots(ids.decode("inst", instance_id))


async def give_slots(instance_id: UUID) -> None:
    """Give out what is free, and ask AMC for each at once; the clock finds what is left undone."""
    async with worker_transaction() as session:
        granted = await dispatch.dispatch(session, instance_id)
    await asyncio.gather(*(take_step(one) for one in granted))


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
