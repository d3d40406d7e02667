"""Schedules run reports and workflows on their own. People create and change them here."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from cronsim import CronSimError
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, moments
from domain.bus import bus
from domain.collections import collections
from domain.collections.plans import CollectionSpec
from domain.errors import Conflict, Invalid
from domain.kinds import Kind, Schedule
from domain.models import ScheduleTick
from domain.people import access
from domain.people.acts import Act
from domain.problems import check_text, refuse
from domain.queries import sources
from domain.queries.sources import Source
from domain.schedules import recurrence, specs
from domain.schedules.descriptions import in_words
from domain.schedules.recurrence import Nominal
from domain.schedules.specs import ScheduleSpec, Timing
from domain.viewer import Viewer

LONGEST_NOTE = 500
MOST_SETTLED = 100  # ticks that are listed when many moments are settled at once
WHILE_PAUSED = "The schedule was paused."


async def create(
    session: AsyncSession,
    viewer: Viewer,
    report_id: str | None,
    workflow_id: str | None,
    spec: ScheduleSpec,
    past: CollectionSpec | None = None,
) -> Schedule:
    """Create a schedule, and its backfill if one is asked for. Both are created or neither is.

    Raises Conflict if the report has an active schedule, and what starting a collection raises.
    """
    source = await sources.find(session, viewer, report_id, workflow_id)
    schedule: Schedule = source.kind.schedule.model(**source.key)
    schedule.id = uuid4()
    schedule.user_id = viewer.user_id
    _decide(schedule, specs.check(spec, source, past), spec)
    try:
        async with session.begin_nested():
            session.add(schedule)
            await session.flush()
    except IntegrityError as clash:
        if "one_active_schedule" not in str(clash.orig):
            raise
        raise Conflict(
            f"The report {source.name!r} already has an active schedule; change or delete it.",
            field="reportId",
        ) from clash
    await session.refresh(schedule)
    await _copy_frequency(session, schedule)
    await _must_not_be_archived(session, source)
    if past is not None:
        await _collect_past(session, viewer, schedule, past)
    return schedule


async def _must_not_be_archived(session: AsyncSession, source: Source) -> None:
    """Raise Conflict if the source was archived meanwhile. Its row is locked only now."""
    await session.refresh(source.row)
    if source.is_put_away:
        noun, field = source.kind.noun, source.kind.argument
        raise Conflict(f"The {noun} {source.name!r} is archived.", field=field)


async def _collect_past(
    session: AsyncSession, viewer: Viewer, schedule: Schedule, past: CollectionSpec
) -> None:
    report_id, workflow_id = of(schedule)
    wanted = replace(past, report_id=report_id, workflow_id=workflow_id)
    try:
        collection = await collections.start(session, viewer, wanted)
    except (Invalid, Conflict) as refused:
        raise refused.within("backfill") from refused
    schedule.backfill_collection_id = collection.id
    schedule.backfill_status = "pending"
    await session.flush()


def _decide(schedule: Schedule, found: Timing, spec: ScheduleSpec) -> None:
    schedule.schedule_type = found.kind
    schedule.cron_expression = found.cron
    schedule.timezone = found.zone
    schedule.schedule_config = found.config
    schedule.data_window = found.rule.model_dump(mode="json", exclude_none=True)
    schedule.default_parameters = spec.parameters
    schedule.overlap = spec.overlap
    schedule.catch_up = spec.catch_up
    schedule.catch_up_seconds = spec.catch_up_seconds
    schedule.jitter_seconds = spec.jitter_seconds
    schedule.pause_after_failures = spec.pause_after_failures
    schedule.keeps_history = spec.keeps_history
    schedule.last_tick_at = _latest(schedule)
    set_next_run(schedule, schedule.last_tick_at)


def _latest(schedule: Schedule) -> datetime:
    """Return now, or the moment up to which ticks were given if that is later by some clock."""
    return max(moments.now(), schedule.last_tick_at or moments.now())


def set_next_run(schedule: Schedule, after: datetime) -> None:
    """Set when the schedule is due next after this moment; None if it never is again."""
    upcoming = recurrence.occurrences(schedule.cron_expression, schedule.timezone, after)
    nominal = next(upcoming, None)
    schedule.next_run_at = nominal.at if nominal else None
    schedule.due_at = delayed(schedule, nominal.at) if nominal else None


def delayed(schedule: Schedule, at: datetime) -> datetime:
    """Return when a nominal moment really starts: later by the schedule's jitter."""
    most = timedelta(seconds=schedule.jitter_seconds or 0)
    return at + recurrence.jitter(schedule.id, at, most) if most and schedule.id else at


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, spec: ScheduleSpec
) -> Schedule:
    """Replace all that a person decides about a schedule. Earlier ticks stay as they are.

    Moments that came under the old plan and were not run yet get their ticks first.
    """
    schedule, source = await locked(session, viewer, public_id)
    CHANGE.applies(schedule)
    found = specs.check(spec, source)
    if schedule.is_paused:
        settle(session, schedule, "paused", schedule.pause_note or WHILE_PAUSED)
    else:
        settle(session, schedule, "dropped", "The schedule was changed before it could run.")
    _decide(schedule, found, spec)
    schedule.user_id = viewer.user_id
    if schedule.is_paused:
        schedule.due_at = schedule.next_run_at = None
    await session.flush()
    await session.refresh(schedule)
    await _copy_frequency(session, schedule)
    return schedule


async def pause(
    session: AsyncSession, viewer: Viewer, public_id: str, note: str | None
) -> Schedule:
    """Pause the schedule until somebody resumes it. The note says why."""
    refuse(check_text("note", note, 0, LONGEST_NOTE))
    schedule, _ = await locked(session, viewer, public_id)
    if PAUSE.applies(schedule):
        hold(session, schedule, note)
    elif note is not None:
        schedule.pause_note = note
    await session.flush()
    return schedule


def hold(session: AsyncSession, schedule: Schedule, note: str | None) -> None:
    """Pause the schedule with this note. What came and was not run yet becomes `paused` ticks."""
    settle(session, schedule, "paused", note or WHILE_PAUSED)
    schedule.is_paused = True
    schedule.paused_at = moments.now()
    schedule.pause_note = note
    schedule.due_at = None
    schedule.next_run_at = None


async def resume(session: AsyncSession, viewer: Viewer, public_id: str) -> Schedule:
    """Resume from the next moment on. Moments missed during the pause become `paused` ticks."""
    schedule, _ = await locked(session, viewer, public_id)
    if not RESUME.applies(schedule):
        return schedule
    settle(session, schedule, "paused", schedule.pause_note or WHILE_PAUSED)
    schedule.is_paused = False
    schedule.paused_at = None
    schedule.pause_note = None
    schedule.failures_in_row = schedule.step_tries = 0
    schedule.step_error = None
    schedule.user_id = viewer.user_id
    set_next_run(schedule, schedule.last_tick_at)
    await session.flush()
    bus.changed(session, schedule.id, kinds.source_key(schedule))
    bus.ring(session)
    return schedule


def settle(
    session: AsyncSession, schedule: Schedule, outcome: str, reason: str
) -> list[ScheduleTick]:
    """Give every moment up to now that has no tick yet one with this outcome, and return them.

    Whoever changes when a schedule runs calls it first, under the schedule's lock, so that no
    moment is lost. Of many moments the newest are listed, and the others are counted in `more`.
    """
    now = _latest(schedule)
    came = recurrence.missed(
        schedule.cron_expression,
        schedule.timezone,
        schedule.last_tick_at,
        now,
        timedelta(seconds=specs.MOST_CATCH_UP),
        "all",
        most=MOST_SETTLED,
    )
    ticks = [
        tick(schedule, one, outcome, reason, more=came.more if number == 0 else 0)
        for number, one in enumerate([*came.dropped, *came.due])
    ]
    session.add_all(ticks)
    schedule.last_tick_at = now
    return ticks


def tick(
    schedule: Schedule,
    nominal: Nominal,
    outcome: str,
    reason: str | None = None,
    *,
    more: int = 0,
    is_followed: bool = True,
) -> ScheduleTick:
    """Return a new tick for a nominal moment."""
    return ScheduleTick(
        **{kinds.of(schedule).schedule.key: schedule.id},
        nominal_at=nominal.at,
        outcome=outcome,
        reason=reason,
        more=more,
        is_followed=is_followed,
    )


async def put_away(session: AsyncSession, kind: Kind, key: UUID, why: str) -> None:
    """Deactivate the schedules of a report or workflow for good. They and their ticks stay."""
    model = kind.schedule.model
    found = await session.scalars(
        select(model)
        .where(getattr(model, kind.source.key) == key, model.is_active)
        .order_by(model.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    for schedule in found:
        deactivate(session, schedule, why)
    await session.flush()


def deactivate(session: AsyncSession, schedule: Schedule, why: str) -> None:
    """Deactivate a locked schedule. What came and was not run yet becomes ticks that say why."""
    settle(session, schedule, "paused" if schedule.is_paused else "dropped", why)
    schedule.is_active = False
    schedule.due_at = schedule.next_run_at = None
    bus.changed(session, schedule.id)


async def remove(session: AsyncSession, viewer: Viewer, public_id: str) -> str:
    """Delete the schedule with its ticks. Its executions stay."""
    schedule, _ = await locked(session, viewer, public_id)
    was_active = schedule.is_active
    await session.delete(schedule)
    await session.flush()
    if was_active:
        await _set_frequency(session, schedule, "once")
    return public_id


async def locked(session: AsyncSession, viewer: Viewer, public_id: str) -> tuple[Schedule, Source]:
    """Lock and return the schedule and its source for an editor. Raises as sources.find does."""
    table = kinds.of_id(public_id).schedule
    schedule: Schedule = await access.get(session, table.prefix, table.model, public_id, field="id")
    source = await sources.find(session, viewer, *of(schedule))
    await session.refresh(schedule, with_for_update={"key_share": True})
    return schedule, source


def of(schedule: Schedule) -> tuple[str | None, str | None]:
    """Return the public ids of the report and of the workflow. One of them is None."""
    own, key = kinds.of(schedule), kinds.source_key(schedule)
    report, workflow = (
        ids.encode(kind.source.prefix, key) if kind is own else None for kind in kinds.KINDS
    )
    return report, workflow


def _over(schedule: Schedule) -> str | None:
    return None if schedule.is_active else "The schedule is no longer active; create a new one."


CHANGE = Act(_over)
PAUSE = Act(_over, lambda one: one.is_active and one.is_paused)
RESUME = Act(_over, lambda one: one.is_active and not one.is_paused)


async def _copy_frequency(session: AsyncSession, schedule: Schedule) -> None:
    """Copy the frequency of the active schedule to its report. It may be due soon."""
    bus.changed(session, schedule.id, kinds.source_key(schedule))
    bus.ring(session)
    if schedule.is_active:
        await _set_frequency(session, schedule, schedule.schedule_type)


async def _set_frequency(session: AsyncSession, schedule: Schedule, frequency: str) -> None:
    kind = kinds.of(schedule)
    if kind.has_summary:
        model = kind.source.model
        await session.execute(
            update(model).where(model.id == kinds.source_key(schedule)).values(frequency=frequency)
        )


def words(schedule: Schedule) -> str:
    """Return when the schedule runs, in words: Every Monday at 09:00 New York time.

    An expression that cannot be read is told as it is, so that it takes no list along.
    """
    try:
        return in_words(schedule.cron_expression, schedule.timezone)
    except (CronSimError, ValueError):
        return f"By the cron expression {schedule.cron_expression!r}, which cannot be read"
