"""One attempt to send a notice: claimed with a lease and a fence, sent, recorded.

A row is sent once. Where a worker dies between the other side's acceptance and its own commit,
the same notice is sent again, with the same Message-ID or delivery id to know it by: no protocol
of mail or of webhooks can do more.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain import pauses, secrets
from domain.models import Notice, NoticeTarget
from domain.notices import mail, texts, webhooks
from domain.notices.mail import Letter, NotSent
from domain.notices.webhooks import Gone, NotTaken
from domain.settings import settings

log = structlog.get_logger()

SWITCHED_OFF = "Nothing more is sent there: the address said that it is gone."
Trouble = NotSent | NotTaken | None


@dataclass(frozen=True)
class Claim:
    """A claimed notice, with all that sending it needs, read in one transaction."""

    notice: Notice
    target: NoticeTarget
    fence: int


async def claim(session: AsyncSession, notice_id: UUID) -> Claim | None:
    """Take the notice for one attempt; None if it is not due or another worker has it."""
    notice = await session.scalar(
        update(Notice)
        .where(
            Notice.id == notice_id,
            Notice.due_at <= func.now(),
            or_(Notice.lease_until.is_(None), Notice.lease_until < func.now()),
        )
        .values(
            lease_until=func.now() + settings.lease,
            fence=Notice.fence + 1,
            attempts=Notice.attempts + 1,
            deadline_at=func.coalesce(Notice.deadline_at, func.now() + settings.notice_deadline),
        )
        .returning(Notice)
    )
    if notice is None:
        return None
    target = await session.get_one(
        NoticeTarget, notice.target_id, options=[undefer(NoticeTarget.secret)]
    )
    if not target.is_active:
        _end(notice, "failed", SWITCHED_OFF)
        return None
    return Claim(notice, target, notice.fence)


async def act(claim: Claim) -> Trouble:
    """Send it; what went wrong, if anything did."""
    try:
        if claim.target.kind == "email":
            await mail.send(_letter(claim))
        else:
            await _post(claim)
    except (NotSent, NotTaken) as trouble:
        return trouble
    return None


def _letter(claim: Claim) -> Letter:
    notice = claim.notice
    return Letter(
        id=f"notice-{notice.id.hex}",
        to=claim.target.address,
        subject=texts.subject(notice.event, notice.payload),
        text=texts.text(notice.event, notice.payload),
        written_at=notice.created_at,
    )


async def _post(claim: Claim) -> None:
    notice, target = claim.notice, claim.target
    assert target.secret is not None
    try:
        secret = secrets.decrypt(target.secret, "notice_targets", target.id, "secret")
    except (secrets.Sealed, secrets.Misconfigured) as sealed:
        raise NotTaken("This server cannot open the webhook's secret.") from sealed
    body = texts.body(notice)
    await webhooks.send(target.address, secret, notice.event, str(notice.id), body)


async def record(session: AsyncSession, claim: Claim, trouble: Trouble) -> None:
    """Write down what became of it, unless another worker has it by now.

    It is tried again, with growing pauses, until the deadline that its first attempt set.
    """
    notice = await session.scalar(
        select(Notice)
        .where(Notice.id == claim.notice.id, Notice.fence == claim.fence, Notice.state == "pending")
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    if notice is None:
        log.info("notice.fenced", notice=str(claim.notice.id))
        return
    if trouble is None:
        _end(notice, "sent", None)
        notice.sent_at = pauses.now()
    elif isinstance(trouble, Gone):
        await session.execute(
            update(NoticeTarget).where(NoticeTarget.id == notice.target_id).values(is_active=False)
        )
        _end(notice, "failed", str(trouble))
    elif notice.deadline_at is not None and notice.deadline_at <= pauses.now():
        _end(notice, "failed", f"Given up after {notice.attempts} attempts. {trouble}")
    else:
        notice.last_error = str(trouble)
        notice.lease_until = None
        notice.due_at = pauses.now() + pauses.growing(
            notice.attempts - 1, 2, settings.notice_retry_min, settings.notice_retry_max
        )
    log.info("notice.told", notice=str(notice.id), state=notice.state, attempts=notice.attempts)


def _end(notice: Notice, state: str, why: str | None) -> None:
    notice.state = state
    notice.due_at = None
    notice.lease_until = None
    notice.last_error = why
