"""Retention in the background: the next step of a rule."""

import dramatiq

from domain.bus.queues import Job
from domain.retention import retention
from jobs.steps import Step, run


@dramatiq.actor(actor_name=Job.STEP_RETENTION, queue_name=Job.STEP_RETENTION.queue)
async def step_retention(subject: str) -> None:
    """Remove some of what is older than this rule says."""
    await run(Step(retention.claim, retention.act, retention.record, retention.fail), subject)
