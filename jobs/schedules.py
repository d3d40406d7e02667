"""Schedules in the background: each nominal moment becomes a tick and an execution."""

import dramatiq

from domain.bus.queues import Job
from domain.schedules import firing, ticks
from jobs.steps import run_whole


@dramatiq.actor(actor_name=Job.FIRE_SCHEDULE, queue_name=Job.FIRE_SCHEDULE.queue)
async def fire_schedule(schedule_id: str) -> None:
    """Record how its executions ended, and run the schedule if it is due."""
    await run_whole(ticks.fire, ticks.fail, schedule_id)


@dramatiq.actor(actor_name=Job.FIRE_DUE, queue_name=Job.FIRE_DUE.queue)
async def fire_due(subject: str) -> None:
    """Run many due schedules of a kind. Those that need more than that get a job each."""
    await run_whole(firing.fire_due, firing.fail, subject)
