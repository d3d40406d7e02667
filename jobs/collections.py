"""Collections in the background: their next step, and the aggregation of new results."""

import dramatiq

from domain.aggregates import aggregates
from domain.bus.queues import Job
from domain.collections import steps
from jobs.executions import LONGEST, give_slots
from jobs.steps import Step, run, run_whole


@dramatiq.actor(
    actor_name=Job.STEP_COLLECTION, queue_name=Job.STEP_COLLECTION.queue, time_limit=LONGEST
)
async def step_collection(collection_id: str) -> None:
    """Take the next step of a collection."""
    await advance(collection_id)


async def advance(collection_id: str) -> None:
    """Take the next step of a collection, and submit the segments that it has started."""
    instance_id = await run_whole(steps.step, steps.fail, collection_id)
    if instance_id is not None:  # called directly, not by the queue, because a slot at AMC is idle
        await give_slots(instance_id)


@dramatiq.actor(actor_name=Job.AGGREGATE_COLLECTION, queue_name=Job.AGGREGATE_COLLECTION.queue)
async def aggregate_collection(collection_id: str) -> None:
    """Aggregate the collection's new results, and record them."""
    step = Step(
        aggregates.claim, aggregates.compute, aggregates.record, aggregates.fail, aggregates.words
    )
    await run(step, collection_id)
