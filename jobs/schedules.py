"""Schedules in the background: each nominal moment becomes a tick and an execution."""

import dramatiq

from domain.bus import Job
from domain.db import worker_transaction
from domain.schedules import ticks


@dramatiq.actor(actor_name=Job.FIRE_SCHEDULE, queue_name=Job.FIRE_SCHEDULE.queue)
async def fire_schedule(schedule_id: str) -> None:
    """Take in what its executions brought, and run it if a moment has come."""
    async with worker_transaction() as session:
        await ticks.fire(session, schedule_id)
