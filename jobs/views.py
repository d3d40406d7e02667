"""Views in the background: the next view of a configuration."""

import dramatiq

from domain.bus.queues import Job
from domain.views import views
from jobs.steps import Step, run


@dramatiq.actor(actor_name=Job.MAKE_VIEWS, queue_name=Job.MAKE_VIEWS.queue)
async def make_views(subject: str) -> None:
    """Draw the next view and record it. Recording it sends the job for the one after it."""
    step = Step(views.claim, views.make, views.record, views.fail, views.words)
    await run(step, subject)
