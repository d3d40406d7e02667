"""Insights in the background: those of one view, dashboard or report."""

import dramatiq

from domain.bus.queues import Job
from domain.insights import insights
from jobs.steps import Step, run


@dramatiq.actor(actor_name=Job.MAKE_INSIGHTS, queue_name=Job.MAKE_INSIGHTS.queue)
async def make_insights(run_id: str) -> None:
    """Make the insights of the run with this id, if they are due."""
    step = Step(insights.claim, insights.make, insights.record, insights.fail)
    await run(step, run_id)
