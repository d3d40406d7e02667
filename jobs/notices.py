"""One attempt to tell one target of one happening: claim, act, record."""

from uuid import UUID

import dramatiq

from domain.bus import Job
from domain.db import worker_transaction
from domain.notices import deliveries


@dramatiq.actor(actor_name=Job.DELIVER_NOTICE, queue_name=Job.DELIVER_NOTICE.queue)
async def deliver_notice(notice_id: str) -> None:
    """Send the notice, if it is due. No transaction is open while the other side is asked."""
    async with worker_transaction() as session:
        claim = await deliveries.claim(session, UUID(notice_id))
    if claim is None:
        return

    trouble = await deliveries.act(claim)

    async with worker_transaction() as session:
        await deliveries.record(session, claim, trouble)
