"""Instances in the background: dispatch, polling, and removal of saved queries at AMC."""

import asyncio
from collections.abc import Collection, Sequence

import dramatiq

from domain import ids, lives
from domain.bus import bus
from domain.bus.queues import Job
from domain.db import worker_transaction
from domain.executions import cleaning, polling
from domain.executions.claims import Claim
from jobs import next_polls
from jobs.amazon import amc
from jobs.collections import advance
from jobs.executions import LONGEST, give_slots, ingest
from jobs.steps import Step, run

FIRST = 0.05  # seconds that the use of free slots goes before results: AMC should not wait


async def _look(poll: polling.Poll) -> polling.Look:
    return await polling.look(poll, amc())


@dramatiq.actor(
    actor_name=Job.DISPATCH_INSTANCE, queue_name=Job.DISPATCH_INSTANCE.queue, time_limit=LONGEST
)
async def dispatch_instance(instance_id: str) -> None:
    """Give the free slots to waiting executions."""
    await give_slots(instance_id)


@dramatiq.actor(
    actor_name=Job.POLL_INSTANCE, queue_name=Job.POLL_INSTANCE.queue, time_limit=LONGEST
)
async def poll_instance(instance_id: str) -> None:
    """Look at the instance's executions at AMC."""
    await poll(instance_id)


async def poll(instance_id: str) -> None:
    """Ask AMC for the instance's executions, and move each by what AMC shows.

    What follows is done here, without the queues: free slots are given out, results are ingested,
    and AMC is asked again before long.
    """
    with bus.keeping(Job.DISPATCH_INSTANCE, Job.STEP_COLLECTION) as freed:
        step = Step(polling.claim, _look, polling.record, polling.fail)
        found: polling.Found | None = await run(step, instance_id)
    if found is not None and found.look_again is not None:
        next_polls.plan(instance_id, found.look_again)
    async with asyncio.TaskGroup() as group:
        using = group.create_task(_use(freed))
        if found is not None and found.claims:
            await asyncio.wait([using], timeout=FIRST)
            await _take_in(found.claims, found.go_on)


async def _use(freed: bus.Kept) -> None:
    """Use the slots that are free. Collections go first: they start segments, and give slots."""
    for collection_id in freed.of(Job.STEP_COLLECTION):
        await advance(collection_id)
    for instance_id in freed.of(Job.DISPATCH_INSTANCE):
        await give_slots(instance_id)


async def _take_in(claims: Sequence[Claim], go_on: Collection[str]) -> None:
    """Ingest results. Collections that have ended, or wait for these, take their step at once.

    The others take one when their next execution ends at AMC, or when the clock finds the result.
    """
    with bus.keeping(Job.STEP_COLLECTION) as brought:
        await ingest(claims)
    for collection_id in brought.of(Job.STEP_COLLECTION):
        if collection_id not in go_on:
            await advance(collection_id)


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
