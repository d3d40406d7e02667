"""Notices in the background: one attempt to deliver one notice."""

from functools import partial

import dramatiq

from domain.bus.queues import Job
from domain.exports import attachments
from domain.notices import deliveries
from jobs.steps import Step, run


@dramatiq.actor(actor_name=Job.DELIVER_NOTICE, queue_name=Job.DELIVER_NOTICE.queue)
async def deliver_notice(notice_id: str) -> None:
    """Deliver the notice, if it is due. No transaction is open while the receiver is asked."""
    act = partial(deliveries.act, attach=attachments.of)
    step = Step(deliveries.claim, act, deliveries.record, deliveries.fail)
    await run(step, notice_id)
