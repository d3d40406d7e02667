"""Instances in the background: dispatch, polling, and removal of saved queries at AMC."""

import asyncio

import dramatiq

from domain import ids, lives
from domain.bus.queues import Job
from domain.db import worker_transaction
from domain.executions import cleaning, dispatch, polling
from jobs.amazon import amc
from jobs.executions import LONGEST, ingest, submit
from jobs.steps import Step, run, run_whole


async def _look(poll: polling.Poll) -> polling.Look:
    return await polling.look(poll, amc())


@dramatiq.actor(
    actor_name=Job.DISPATCH_INSTANCE, queue_name=Job.DISPATCH_INSTANCE.queue, time_limit=LONGEST
)
async def dispatch_instance(instance_id: str) -> None:
    """Give the free slots to waiting executions."""
    await give_slots(instance_id)


async def give_slots(instance_id: str) -> None:
    """Give out the free slots, and submit each execution at once. The clock finds what is left."""
    granted = await run_whole(dispatch.dispatch, dispatch.fail, instance_id)
    await asyncio.gather(*(submit(claim) for claim in granted or ()))


@dramatiq.actor(
    actor_name=Job.POLL_INSTANCE, queue_name=Job.POLL_INSTANCE.queue, time_limit=LONGEST
)
async def poll_instance(instance_id: str) -> None:
    """Ask AMC for the instance's executions, move each by what AMC shows, and ingest results."""
    await ingest(await run(Step(polling.claim, _look, polling.record, polling.fail), instance_id))


@dramatiq.actor(actor_name=Job.RECHECK_PERSON, queue_name=Job.RECHECK_PERSON.queue)
async def recheck_person(user_id: str) -> None:
    """End at once what a person may not go on with. If it is lost, work ends when it is due."""
    async with worker_transaction() as session:
        await lives.recheck(session, user_id=ids.decode("user", user_id))


@dramatiq.actor(actor_name=Job.REMOVE_WORKFLOWS, queue_name=Job.REMOVE_WORKFLOWS.queue)
async def remove_workflows(instance_id: str) -> None:
    """Remove the saved queries at AMC whose executions are over.

    It does not use `jobs/steps.py`: it works on many intents at once, so there is no row to lease
    and to write an error on. Dramatiq logs what it raises, and the clock sends the job again.
    """
    async with worker_transaction() as session:
        task = await cleaning.claim(session, ids.decode("inst", instance_id))
    if task is None:
        return

    removed = await cleaning.remove(task, amc())

    async with worker_transaction() as session:
        await cleaning.record(session, removed)
