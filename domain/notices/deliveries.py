"""Delivers notices: one attempt at a time, under a lease with a fence.

1. `claim` leases a due notice. The first attempt sets the deadline of all attempts. A notice whose
   person may no longer see what it is about is not sent.
2. `act` sends the mail or posts the webhook, with no transaction open.
3. `record` writes the result, if the lease is still held: sent, failed for good (HTTP 410), or
   due again after a growing pause, until the deadline.
4. `fail` is called instead if the attempt raised. The notice is tried again until the deadline.

A notice is normally sent once. If a worker dies after the receiver has accepted a notice and before
the result is recorded, it is sent again with the same Message-ID or delivery id, so that the
receiver can recognise it. The protocols of mail and webhooks allow no stronger guarantee.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

import structlog
from sqlalchemy import ColumnElement, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain import kinds, leases, moments, pauses, secrets, sentences
from domain.bus import bus
from domain.failures import Failure
from domain.leases import Held, Lease
from domain.models import Member, Notice, NoticeTarget, ReportExport, ScheduleTick, User
from domain.notices import mail, texts, webhooks
from domain.notices.mail import Attachment, Letter, NotSent
from domain.notices.webhooks import Gone, NotTaken
from domain.settings import settings

log = structlog.get_logger()

LEASE = Lease(Notice, tries="attempts")
SWITCHED_OFF = "Nothing more is sent to this address: it answered that it is gone."
NO_LONGER = "Not sent: this person may no longer see what it is about."
DeliveryError = NotSent | NotTaken
Attach = Callable[[ReportExport], Awaitable[Attachment]]


@dataclass(frozen=True)
class Claim:
    """A claimed notice with everything that sending it needs, read in one transaction."""

    notice: Notice
    target: NoticeTarget
    held: Held
    export: ReportExport | None = None


async def claim(session: AsyncSession, subject: str) -> Claim | None:
    """Lease the notice for one attempt. Return None if it is not due or is leased already.

    After the deadline there is one more attempt, unless the worker of the last one died.
    """
    due = (Notice.id == UUID(subject), Notice.due_at <= func.now())
    if await _is_over(session, *due):
        return None
    notice = await leases.take(
        session,
        LEASE,
        *due,
        deadline_at=func.coalesce(Notice.deadline_at, func.now() + settings.notice_deadline),
    )
    if notice is None:
        return None
    bus.changed(session, notice.id)
    target = await session.get_one(
        NoticeTarget, notice.target_id, options=[undefer(NoticeTarget.secret)]
    )
    if not target.is_active:
        _end(notice, "failed", SWITCHED_OFF)
        return None
    if not await _may_be_told(session, notice, target):
        _end(notice, "failed", NO_LONGER)
        return None
    export = None
    if notice.export_id is not None:
        export = await session.get(ReportExport, notice.export_id)
    return Claim(notice, target, leases.held(LEASE, notice), export)


async def _may_be_told(session: AsyncSession, notice: Notice, target: NoticeTarget) -> bool:
    """Return whether the target's person may still see what the notice is about."""
    may = select(User.id).where(User.id == target.user_id, User.is_active)
    if notice.instance_id is not None:
        there = Member.instance_id == notice.instance_id
        may = may.where(exists().where(Member.user_id == User.id, there))
    for kind in kinds.KINDS:
        schedule, source = kind.schedule, kind.source
        place = (
            select(source.model.instance_id)
            .join(schedule.model, getattr(schedule.model, source.key) == source.model.id)
            .join(ScheduleTick, getattr(ScheduleTick, schedule.key) == schedule.model.id)
            .where(ScheduleTick.id == notice.schedule_tick_id)
        )
        member = exists().where(Member.user_id == User.id, Member.instance_id.in_(place))
        may = may.where(or_(~place.exists(), member))
    return await session.scalar(may) is not None


async def _is_over(session: AsyncSession, *due: ColumnElement[bool]) -> bool:
    """Give the notice up if its deadline has passed and its last attempt never ended."""
    died = await session.scalar(
        select(Notice)
        .where(*due, Notice.lease_until < func.now(), Notice.deadline_at <= func.now())
        .with_for_update(key_share=True)
    )
    if died is not None:
        _give_up(died, leases.DIED)
    return died is not None


async def act(claim: Claim, attach: Attach | None = None) -> DeliveryError | None:
    """Send the notice with what `attach` gives of its export, and return the error, if any."""
    attached = await attach(claim.export) if attach and claim.export is not None else None
    try:
        if claim.target.kind == "email":
            await mail.send(_letter(claim, attached))
        else:
            await _post(claim, attached)
    except (NotSent, NotTaken) as error:
        return error
    return None


def _letter(claim: Claim, attached: Attachment | None) -> Letter:
    notice = claim.notice
    return Letter(
        id=f"notice-{notice.id.hex}",
        to=claim.target.address,
        subject=texts.subject(notice.event, notice.payload),
        text=texts.text(notice.event, notice.payload, attached.says if attached else ""),
        written_at=notice.created_at,
        attachment=attached,
    )


async def _post(claim: Claim, attached: Attachment | None) -> None:
    notice, target = claim.notice, claim.target
    assert target.secret is not None
    try:
        secret = secrets.decrypt(target.secret, "notice_targets", target.id, "secret")
    except (secrets.Sealed, secrets.Misconfigured) as sealed:
        raise NotTaken("This server cannot open the webhook's secret.") from sealed
    body = texts.body(notice, attached.facts if attached else None)
    await webhooks.send(target.address, secret, notice.event, str(notice.id), body)


async def record(session: AsyncSession, claim: Claim, error: DeliveryError | None) -> None:
    """Record the result, unless another worker holds the lease now.

    A failed attempt is repeated, with growing pauses, until the deadline that the first one set.
    """
    notice = await leases.lock(session, claim.held, Notice.state == "pending")
    if notice is None:
        return
    bus.changed(session, notice.id)
    if error is None:
        _end(notice, "sent", None)
        notice.sent_at = moments.now()
    elif isinstance(error, Gone):
        await session.execute(
            update(NoticeTarget).where(NoticeTarget.id == notice.target_id).values(is_active=False)
        )
        _end(notice, "failed", str(error))
    else:
        _again(notice, str(error))
    log.info("notice.told", notice=str(notice.id), state=notice.state, attempts=notice.attempts)


async def fail(
    session: AsyncSession, subject: str, held: Held | None, claim: Claim | None, failure: Failure
) -> None:
    """Write why the attempt failed, and try again until the deadline."""
    known = (Notice.id == UUID(subject), Notice.state == "pending")
    notice = await leases.lock_failed(session, LEASE, held, *known)
    if notice is not None:
        bus.changed(session, notice.id)
        _again(notice, failure.message)


def _again(notice: Notice, why: str) -> None:
    if notice.deadline_at is not None and notice.deadline_at <= moments.now():
        _give_up(notice, why)
        return
    notice.last_error = why
    notice.lease_until = None
    notice.due_at = moments.now() + pauses.growing(
        notice.attempts - 1, 2, settings.notice_retry_min, settings.notice_retry_max
    )


def _give_up(notice: Notice, why: str) -> None:
    attempts = sentences.counted(notice.attempts, "attempt")
    _end(notice, "failed", f"Given up after {attempts}. {why}")


def _end(notice: Notice, state: str, why: str | None) -> None:
    notice.state = state
    notice.due_at = None
    notice.lease_until = None
    notice.last_error = why
