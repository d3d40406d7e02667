"""What is done for a whole instance: give out slots, look at AMC's list, clean up there."""

import asyncio

import dramatiq

from domain import ids
from domain.bus import Job
from domain.db import worker_transaction
from domain.executions import cleaning, dispatch, polling
from jobs.amazon import amc
from jobs.executions import take_step
from jobs.steps import Step, run, run_whole


async def _look(poll: polling.Poll) -> polling.Look:
    return await polling.look(poll, amc())


@dramatiq.actor(actor_name=Job.DISPATCH_INSTANCE, queue_name=Job.DISPATCH_INSTANCE.queue)
async def dispatch_instance(instance_id: str) -> None:
    """Give the free slots to those who wait."""
    await give_slots(instance_id)


async def give_slots(instance_id: str) -> None:
    """Give out what is free, and ask AMC for each at once; the clock finds what is left undone."""
    granted = await run_whole(dispatch.dispatch, dispatch.fail, instance_id)
    await asyncio.gather(*(take_step(one) for one in granted or ()))


@dramatiq.actor(actor_name=Job.POLL_INSTANCE, queue_name=Job.POLL_INSTANCE.queue)
async def poll_instance(instance_id: str) -> None:
    """Ask AMC for the instance's executions, and move each by what was seen of it."""
    await run(Step(polling.claim, _look, polling.record, polling.fail), instance_id)


@dramatiq.actor(actor_name=Job.REMOVE_WORKFLOWS, queue_name=Job.REMOVE_WORKFLOWS.queue)
async def remove_workflows(instance_id: str) -> None:
    """Remove the saved queries at AMC whose executions are over.

    Nobody waits for it, and the clock asks again: what it raises is logged with its message.
    """
    async with worker_transaction() as session:
        task = await cleaning.claim(session, ids.decode("inst", instance_id))
    if task is None:
        return

    removed = await cleaning.remove(task, amc())

    async with worker_transaction() as session:
        await cleaning.record(session, removed)
