"""Collections in the background: the next step of one, and its new results into aggregates."""

import dramatiq
import duckdb
import structlog
from sqlalchemy.exc import DBAPIError

from domain import ids
from domain.aggregates import aggregates
from domain.bus import Job
from domain.collections import steps
from domain.db import worker_transaction
from jobs.instances import give_slots

log = structlog.get_logger()


@dramatiq.actor(actor_name=Job.STEP_COLLECTION, queue_name=Job.STEP_COLLECTION.queue)
async def step_collection(collection_id: str) -> None:
    """Take in what executions brought, and start the next segments."""
    async with worker_transaction() as session:
        instance_id = await steps.step(session, ids.decode("col", collection_id))
    if instance_id is not None:  # at once, not by way of the queue: a slot at AMC is idle
        await give_slots(instance_id)


@dramatiq.actor(actor_name=Job.AGGREGATE_COLLECTION, queue_name=Job.AGGREGATE_COLLECTION.queue)
async def aggregate_collection(collection_id: str) -> None:
    """Claim the new results, compute what they touch, write it down."""
    async with worker_transaction() as session:
        task = await aggregates.claim(session, ids.decode("col", collection_id))
    if task is None:
        return

    try:
        found = await aggregates.compute(task)
        async with worker_transaction() as session:
            await aggregates.record(session, task, found)
    except (duckdb.Error, OSError, DBAPIError) as trouble:
        log.warning("aggregate.trouble", collection=collection_id, error=str(trouble))
        async with worker_transaction() as session:
            await aggregates.give_up(session, task, type(trouble).__name__)
