"""Exports in the background: the next one in line."""

import dramatiq

from domain.bus.queues import Job
from domain.exports import making
from jobs.steps import Step, run


@dramatiq.actor(actor_name=Job.MAKE_EXPORT, queue_name=Job.MAKE_EXPORT.queue)
async def make_export(subject: str) -> None:
    """Make the next export and record it. Recording it sends the job for the one after it."""
    step = Step(making.claim, making.make, making.record, making.fail, making.words)
    await run(step, subject)
