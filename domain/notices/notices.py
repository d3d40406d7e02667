"""Notices tell people what happened, by mail or webhook, once for each event.

A notice is a row, written in the transaction of the event it tells of. Events of schedules are
raised here, the others by triggers (`migrations/versions/20261130_inbox.py`).
`domain/notices/deliveries.py` sends it.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds, secrets
from domain.bus import bus
from domain.bus.queues import Job
from domain.errors import Conflict, Invalid, NotFound
from domain.models import (
    Member,
    Notice,
    NoticeTarget,
    ReportExport,
    User,
)
from domain.models.exports import FORMATS_OF
from domain.models.notices import EVENTS, KINDS, OF_SCHEDULES
from domain.notices import inbox, mail, webhooks
from domain.people import access
from domain.problems import Gathered, Problem, check_one_of, within
from domain.sentences import has_at_least
from domain.viewer import Viewer

MOST_TARGETS = 50  # per person
NO_CHANGE: Any = object()  # for what None would clear
WAITS = timedelta(hours=1)  # for an export; then the notice is sent without the file
AGGREGATED = timedelta(minutes=1)  # in which the dashboards have the numbers of a run


@dataclass(frozen=True)
class NoticeTargetSpec:
    """A subscription to these events, of one schedule or of all of the viewer's schedules."""

    kind: str
    address: str
    events: Sequence[str]
    report_schedule_id: UUID | None = None
    workflow_schedule_id: UUID | None = None
    export_format: str | None = None  # of the run's rows, or of the dashboard
    dashboard_id: UUID | None = None


@dataclass(frozen=True)
class Added:
    """A new target, with the secret that signs its webhook deliveries. The secret is shown once."""

    target: NoticeTarget
    secret: str | None = field(repr=False)


@dataclass(frozen=True)
class Subject:
    """What an event is about: whose schedule, on which instance, and the tick and execution."""

    user_id: UUID
    instance_id: UUID
    report_schedule_id: UUID | None = None
    workflow_schedule_id: UUID | None = None
    report_execution_id: UUID | None = None
    workflow_execution_id: UUID | None = None
    schedule_tick_id: UUID | None = None


async def add(session: AsyncSession, viewer: Viewer, spec: NoticeTargetSpec) -> Added:
    """Add a target for the viewer's notices.

    Raises Problems or Invalid naming the field, NotFound for a schedule that the viewer cannot see,
    and Conflict if the same target exists already.
    """
    await _check(session, viewer, spec)
    key = uuid4()
    secret = token_urlsafe(32) if spec.kind == "webhook" else None
    made = await session.scalar(
        insert(NoticeTarget)
        .values(
            id=key,
            user_id=viewer.user_id,
            report_schedule_id=spec.report_schedule_id,
            workflow_schedule_id=spec.workflow_schedule_id,
            kind=spec.kind,
            address=spec.address,
            events=[one for one in EVENTS if one in spec.events],
            export_format=spec.export_format,
            dashboard_id=spec.dashboard_id,
            secret=secret and secrets.encrypt(secret, "notice_targets", key, "secret"),
        )
        .on_conflict_do_nothing()
        .returning(NoticeTarget.id)
    )
    if made is None:
        raise Conflict(
            "You already get these notices at this address; remove that target first.",
            field="address",
        )
    return Added(await session.get_one(NoticeTarget, key), secret)


async def _check(session: AsyncSession, viewer: Viewer, spec: NoticeTargetSpec) -> None:
    wrong = Gathered(check_one_of("kind", spec.kind, KINDS))
    wrong += _of_events(spec)
    wrong += _of_no_schedule(spec)
    with wrong.also():
        if spec.kind == "email":
            mail.check(spec.address)
        else:
            await webhooks.check(spec.address)
    wrong += _of_export(spec)
    wrong.refuse()
    await _may_see(session, viewer, spec)
    number = await session.scalar(
        select(func.count()).where(NoticeTarget.user_id == viewer.user_id)
    )
    if (number or 0) >= MOST_TARGETS:
        raise Conflict(f"You already have {MOST_TARGETS} notice targets; remove one first.")


def _of_events(spec: NoticeTargetSpec) -> Iterator[Problem]:
    """Yield what is wrong with the events that a target reports."""
    if not spec.events:
        yield Problem.of("events", has_at_least(1, "value", 0))
    for place, one in enumerate(spec.events):
        yield from check_one_of(f"events.{place}", one, EVENTS)


def _of_no_schedule(spec: NoticeTargetSpec) -> Iterator[Problem]:
    """Yield a problem for each event that can never be of the schedule that is named."""
    if spec.report_schedule_id is None and spec.workflow_schedule_id is None:
        return
    for place, one in enumerate(spec.events):
        if one in EVENTS and one not in OF_SCHEDULES:
            yield Problem(f"events.{place}", f"{one} is of no schedule; leave `scheduleId` out.")


def _of_export(spec: NoticeTargetSpec) -> Iterator[Problem]:
    """Yield what is wrong with the export that a target's notices carry."""
    if spec.export_format is None:
        return
    source = "execution_id" if spec.dashboard_id is None else "dashboard_id"
    yield from check_one_of("export.format", spec.export_format, FORMATS_OF[source])
    if "COMPLETED" not in spec.events:
        yield Problem("export", "An export is sent with COMPLETED, which is not among the events.")


async def _may_see(session: AsyncSession, viewer: Viewer, spec: NoticeTargetSpec) -> None:
    named = [one for one in kinds.KINDS if getattr(spec, one.schedule.key) is not None]
    if len(named) > 1:
        raise Invalid("Name one schedule, or none for all of yours.", field="workflowScheduleId")
    if not named:
        return
    (kind,) = named
    name, source, schedule = f"{kind.noun}ScheduleId", kind.source, kind.schedule
    found = await session.scalar(
        select(source.model.instance_id)
        .join(schedule.model, getattr(schedule.model, source.key) == source.model.id)
        .where(schedule.model.id == getattr(spec, schedule.key))
    )
    if found is None:
        raise NotFound("There is no such schedule.", field=name)
    await access.must_be(session, viewer, found, "viewer", field=name)


@dataclass(frozen=True)
class NoticeTargetChange:
    """What a person changes about a target. Fields that are None, or NO_CHANGE, stay."""

    events: Sequence[str] | None = None
    is_active: bool | None = None
    export: Any = NO_CHANGE  # None, or the columns of NoticeTargetSpec


async def change(
    session: AsyncSession, viewer: Viewer, target_id: UUID, wanted: NoticeTargetChange
) -> NoticeTarget:
    """Change which events a target reports, what it carries, and whether anything is sent.

    Its address, and the schedule that it is about, stay. Raises NotFound and Problems.
    """
    target = await session.get(NoticeTarget, target_id)
    if target is None:
        raise NotFound("There is no such notice target.", field="id")
    await session.refresh(target, with_for_update={"key_share": True})
    none = {"export_format": None, "dashboard_id": None}
    export = none if wanted.export is None else wanted.export
    if wanted.export is NO_CHANGE:
        export = {name: getattr(target, name) for name in none}
    events = target.events if wanted.events is None else wanted.events
    schedule = (target.report_schedule_id, target.workflow_schedule_id)
    spec = NoticeTargetSpec(target.kind, target.address, events, *schedule, **export)
    with within("change"):
        wrong = Gathered(_of_events(spec))
        wrong += _of_no_schedule(spec)
        wrong += _of_export(spec)
        wrong.refuse()
    target.events = [one for one in EVENTS if one in events]
    target.export_format, target.dashboard_id = spec.export_format, spec.dashboard_id
    if wanted.is_active is not None:
        target.is_active = wanted.is_active
    await session.flush()
    return target


async def remove(session: AsyncSession, viewer: Viewer, target_id: UUID) -> None:
    """Remove a target. Notices still on their way to it are not sent. Raises NotFound."""
    gone = await session.scalar(
        delete(NoticeTarget)
        .where(NoticeTarget.id == target_id, NoticeTarget.user_id == viewer.user_id)
        .returning(NoticeTarget.id)
    )
    if gone is None:
        raise NotFound("There is no such notice target.", field="id")


async def raise_event(
    session: AsyncSession,
    event: str,
    *,
    of: Subject,
    dedupe_key: str,
    payload: Mapping[str, Any],
) -> int:
    """Write a notice for each target that subscribed to the event, and return how many are new.

    No target gets the same event and key twice, nor an event of an instance that its person may no
    longer see. The payload is JSON; `texts.FACTS` says which of its keys a mail shows.
    """
    await inbox.put(session, event, of.user_id, of.instance_id, dedupe_key, payload)
    targets = (await session.execute(_subscribed(event, of))).all()
    carrying = {one.id: one for one in targets if event == "COMPLETED" and _carries(one, of)}
    rows = [
        {
            "target_id": target.id,
            "event": event,
            "dedupe_key": dedupe_key,
            "report_execution_id": of.report_execution_id,
            "workflow_execution_id": of.workflow_execution_id,
            "schedule_tick_id": of.schedule_tick_id,
            "payload": dict(payload),
            "due_at": func.now() + (WAITS if target.id in carrying else timedelta(0)),
        }
        for target in targets
    ]
    if not rows:
        return 0
    made = await session.execute(
        insert(Notice).values(rows).on_conflict_do_nothing().returning(Notice.id, Notice.target_id)
    )
    new = made.all()
    bus.changed(session, *(row.id for row in new))
    await _add_exports(
        session, {row.id: carrying[row.target_id] for row in new if row.target_id in carrying}, of
    )
    for row in new:
        if row.target_id not in carrying:
            bus.later(session, Job.DELIVER_NOTICE, row.id.hex)
    return len(new)


def _carries(target: Any, of: Subject) -> bool:
    """Return whether notices of this target carry an export of what has run."""
    has_source = target.dashboard_id is not None or of.report_execution_id is not None
    return target.export_format is not None and has_source


async def _add_exports(session: AsyncSession, carrying: Mapping[UUID, Any], of: Subject) -> None:
    """Ask for the exports that these notices carry, each for its target's person."""
    made = {
        notice: ReportExport(
            id=uuid4(),
            exported_by=target.user_id,
            export_format=target.export_format,
            dashboard_id=target.dashboard_id,
            execution_id=None if target.dashboard_id else of.report_execution_id,
            due_at=func.now() + (AGGREGATED if target.dashboard_id else timedelta(0)),
        )
        for notice, target in carrying.items()
    }
    if not made:
        return
    session.add_all(made.values())
    await session.flush()
    linked = [{"id": notice, "export_id": export.id} for notice, export in made.items()]
    await session.execute(update(Notice), linked)
    bus.later(session, Job.MAKE_EXPORT, "exports")


async def export_is_over(session: AsyncSession, export_id: UUID) -> None:
    """Send the notices that have waited for this export."""
    waiting = await session.scalars(
        update(Notice)
        .where(Notice.export_id == export_id, Notice.state == "pending")
        .values(due_at=func.now())
        .returning(Notice.id)
        .execution_options(synchronize_session=False)
    )
    for one in waiting:
        bus.later(session, Job.DELIVER_NOTICE, one.hex)


def _subscribed(event: str, of: Subject) -> Any:
    """Select one target for each address: the oldest, so that a newer one does not repeat it."""
    about = [
        and_(
            NoticeTarget.user_id == of.user_id,
            NoticeTarget.report_schedule_id.is_(None),
            NoticeTarget.workflow_schedule_id.is_(None),
        )
    ]
    for column in (kind.schedule.key for kind in kinds.KINDS):
        if getattr(of, column) is not None:
            about.append(getattr(NoticeTarget, column) == getattr(of, column))
    place = (NoticeTarget.user_id, NoticeTarget.kind, NoticeTarget.address)
    member = and_(Member.user_id == NoticeTarget.user_id, Member.instance_id == of.instance_id)
    return (
        select(
            NoticeTarget.id,
            NoticeTarget.user_id,
            NoticeTarget.export_format,
            NoticeTarget.dashboard_id,
        )
        .ext(distinct_on(*place))
        .join(User, User.id == NoticeTarget.user_id)
        .join(Member, member)
        .where(
            NoticeTarget.is_active,
            User.is_active,
            NoticeTarget.events.contains([event]),
            or_(*about),
        )
        .order_by(*place, NoticeTarget.created_at, NoticeTarget.id)
    )
