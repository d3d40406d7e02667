"""Ticks: each nominal moment of a schedule becomes one row, which records its outcome.

Every function runs under the schedule's lock, so any number of clocks and workers may call them.
Moments are judged by the database's clock: a worker whose own clock is wrong fires nothing early.

`fire` is one transaction. Due schedules about which nothing else is to be decided are run by the
hundred (`firing`), and end in the same rows:

1. Lock the schedule, unless an earlier try failed and its pause is not over.
2. Record how executions of earlier ticks ended. This may pause the schedule.
3. If its person or its report may not go on (domain/lives.py), the moments that came are `refused`
   and it is paused with the reason. If it is paused or inactive, stop here.
4. If none of its executions is under way, run the tick that was buffered.
5. Find the moments that came since the last tick. If the newest one is still delayed by jitter,
   wait for it. Those that are too old, or not the newest one if
   only that is caught up, become `dropped` ticks.
6. The others become ticks that run, each with its execution. If another run is still under way,
   the overlap policy decides: skip, buffer, or cancel the other. A run that is not allowed any
   more becomes a `refused` tick with the reason.
7. Set when the schedule is due next.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, lives, moments, pauses
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar import windows
from domain.calendar.days import Days
from domain.errors import Conflict, DomainError
from domain.executions import executions
from domain.failures import Failure
from domain.kinds import Execution, Schedule
from domain.models import ScheduleTick
from domain.queries import sources
from domain.queries.sources import Source
from domain.schedules import history, outcomes, recurrence, schedules, specs
from domain.schedules.data_windows import WindowRule
from domain.schedules.recurrence import Nominal
from domain.viewer import Viewer

log = structlog.get_logger()

MOST_TRIES = 10  # tries of a tick that raises, before the schedule is paused
LATE = timedelta(minutes=1)  # a tick that runs later than this counts as caught up


async def fire(session: AsyncSession, public_id: str) -> None:
    """Record how its executions ended, and run the schedule if it is due."""
    prefix = public_id.partition("_")[0]
    key = ids.decode(prefix, public_id)
    schedule: Schedule | None = await session.get(
        kinds.MODELS[prefix], key, with_for_update={"key_share": True}
    )
    if schedule is None or _is_postponed(schedule):
        return
    now: datetime = (await session.execute(select(func.now()))).scalar_one()
    source = await _source(session, schedule)
    await outcomes.record_ended(session, schedule, source)
    schedule.step_tries, schedule.step_error = 0, None
    if schedule.is_active and not schedule.is_paused:
        await _end_if_nobody_may(session, schedule, source)
    if schedule.is_paused or not schedule.is_active:
        schedule.due_at = None
        await _end_buffered(session, schedule)
        return
    busy = await outcomes.open_executions(session, schedule)
    if not busy and (waiting := await _buffered(session, schedule)) is not None:
        await _run(session, schedule, source, waiting)
        busy = await outcomes.open_executions(session, schedule)
    await _came_due(session, schedule, source, now, busy)
    bus.changed(session, schedule.id, source.id)


def _is_postponed(schedule: Schedule) -> bool:
    """Return whether the last try failed, and its pause is not over or a person has to resume."""
    if not schedule.step_tries:
        return False
    return schedule.due_at is None or schedule.due_at > moments.now()


async def fail(session: AsyncSession, subject: str, failure: Failure) -> None:
    """Write why the tick failed, and retry after a pause. In the end, pause the schedule."""
    prefix = subject.partition("_")[0]
    key = ids.decode(prefix, subject)
    schedule: Schedule | None = await session.get(
        kinds.MODELS[prefix], key, with_for_update={"key_share": True}
    )
    if schedule is None or _is_postponed(schedule):
        return
    schedule.step_tries += 1
    schedule.step_error = failure.message
    schedule.due_at = moments.now() + pauses.pause(schedule.step_tries - 1)
    schedule.step_tries = failure.used(schedule.step_tries, MOST_TRIES)
    if schedule.step_tries >= MOST_TRIES:
        schedules.hold(session, schedule, f"Paused after {MOST_TRIES} tries. {failure.message}")
    bus.changed(session, schedule.id)


async def _source(session: AsyncSession, schedule: Schedule) -> Source:
    model = kinds.of(schedule).source.model
    return await sources.of(session, await session.get_one(model, kinds.source_key(schedule)))


async def _buffered(session: AsyncSession, schedule: Schedule) -> ScheduleTick | None:
    found: ScheduleTick | None = await session.scalar(
        select(ScheduleTick)
        .where(outcomes.of(schedule), ScheduleTick.outcome == "buffered")
        .order_by(ScheduleTick.nominal_at)
        .limit(1)
    )
    return found


async def _end_if_nobody_may(session: AsyncSession, schedule: Schedule, source: Source) -> None:
    """Pause the schedule if its life is over, and write the reason on it and on its ticks."""
    end = await lives.end_of(session, schedule)
    if end is None:
        return
    ticks = schedules.settle(session, schedule, "refused", end.message)
    schedules.hold(session, schedule, f"{end.message} {lives.WHO_RESUMES}")
    await session.flush()
    for row in ticks:
        await outcomes.tell(session, schedule, source, "MISSED", row, reason=end.message)
    bus.changed(session, schedule.id, source.id)


async def _end_buffered(session: AsyncSession, schedule: Schedule) -> None:
    """End the tick that waits to run: the schedule does not run any more."""
    waiting = await _buffered(session, schedule)
    if waiting is not None:
        why = schedule.pause_note or schedules.WHILE_PAUSED
        waiting.outcome, waiting.is_followed = "paused", True
        waiting.reason = (
            why if schedule.is_active else "The schedule was ended before it could run."
        )


async def _came_due(
    session: AsyncSession,
    schedule: Schedule,
    source: Source,
    now: datetime,
    busy: Sequence[Any],
) -> None:
    came = recurrence.missed(
        schedule.cron_expression,
        schedule.timezone,
        schedule.last_tick_at,
        now,
        timedelta(seconds=schedule.catch_up_seconds),
        "all" if schedule.catch_up == "all" else "latest",
    )
    if came.due and schedules.delayed(schedule, came.due[-1].at) > now:
        schedule.due_at = schedules.delayed(schedule, came.due[-1].at)
        return
    for number, one in enumerate(came.dropped):
        more = came.more if number == 0 else 0
        await _drop(session, schedule, source, one, now, more)
    for one in came.due:
        await _due(session, schedule, source, one, now, busy)
    listed = [*came.dropped, *came.due]
    if listed:
        schedule.last_tick_at = listed[-1].at
    schedules.set_next_run(schedule, max(now, schedule.last_tick_at))


async def _drop(
    session: AsyncSession,
    schedule: Schedule,
    source: Source,
    one: Nominal,
    now: datetime,
    more: int,
) -> None:
    """Add a `dropped` tick for a moment that passed and will not be run."""
    hours = schedule.catch_up_seconds / 3600
    late = one.at < now - timedelta(seconds=schedule.catch_up_seconds)
    reason = (
        f"It was due more than {hours:g} h before it could run."
        if late
        else "A later run was also due by the time it could run."
    )
    row = schedules.tick(schedule, one, "dropped", reason, more=more)
    session.add(row)
    await session.flush()
    await outcomes.tell(session, schedule, source, "MISSED", row, reason=reason)


async def _due(
    session: AsyncSession,
    schedule: Schedule,
    source: Source,
    one: Nominal,
    now: datetime,
    busy: Sequence[Any],
) -> None:
    """Add a tick for a moment that has come, and run it if the overlap policy allows it."""
    row = schedules.tick(schedule, one, outcome(one, now), None, is_followed=False)
    session.add(row)
    if busy:
        names = kinds.public_id(busy[0])
        match schedule.overlap:
            case "skip":
                return _skip(row, f"{names} was still running.")
            case "buffer":
                if await _buffered(session, schedule) is not None:
                    return _skip(row, f"{names} was still running, and another run waits for it.")
                row.outcome, row.reason = "buffered", f"Waiting for {names} to end."
                return None
            case "cancel":
                await outcomes.stop(session, schedule)
                row.reason = f"{names} was cancelled to make way for it."
    await session.flush()
    await _run(session, schedule, source, row)
    return None


def outcome(one: Nominal, now: datetime) -> str:
    """Return the outcome of a moment that is run now."""
    if now - one.at > LATE:
        return "caught_up"
    return {"SHIFTED": "shifted", "FOLDED": "folded"}.get(one.mark or "", "ran")


def _skip(row: ScheduleTick, why: str) -> None:
    row.outcome, row.reason, row.is_followed = "skipped", why, True


async def _run(
    session: AsyncSession, schedule: Schedule, source: Source, row: ScheduleTick
) -> None:
    """Place the execution of a tick. If that is refused, write the reason on the tick."""
    try:
        async with session.begin_nested():
            if not source.instance.is_active:
                raise Conflict(lives.inactive(source.instance))
            execution = await _place(session, schedule, source, row.nominal_at)
    except DomainError as refused:
        row.outcome, row.reason, row.is_followed = "refused", str(refused), True
        await session.flush()
        await outcomes.tell(session, schedule, source, "MISSED", row, reason=str(refused))
        return
    if row.outcome == "buffered":
        row.outcome = "ran"
    setattr(row, source.kind.execution.key, execution.id)
    row.is_followed = False
    schedule.last_run_at = moments.now()
    schedule.last_run_status = "pending"
    schedule.run_count += 1
    log.info("schedule.ran", schedule=kinds.public_id(schedule), outcome=row.outcome)


async def _place(
    session: AsyncSession, schedule: Schedule, source: Source, nominal_at: datetime
) -> Any:
    """Place the execution of a nominal moment, over the days of the schedule's rule."""
    return await place(session, schedule, source, _days(schedule, source, nominal_at))


def execution_of(schedule: Schedule, source: Source, nominal_at: datetime) -> Execution:
    """Return the execution of a nominal moment, which is not added yet. Raises Invalid."""
    days = _days(schedule, source, nominal_at)
    found: Execution = _build(schedule, source, days, _by_itself(schedule))
    return found


def _days(schedule: Schedule, source: Source, at: datetime) -> Days:
    rule = WindowRule.model_validate(schedule.data_window or {"type": "lookback", "days": 7})
    return specs.covered(source, rule, at)


def _by_itself(schedule: Schedule) -> dict[str, Any]:
    return {
        "user_id": schedule.user_id,
        "triggered_by": "schedule",
        "schedule_id": schedule.id,
    }


async def run_now(session: AsyncSession, viewer: Viewer, public_id: str) -> Any:
    """Run the schedule's execution now, for the viewer. Its ticks and due moments do not change."""
    schedule, source = await schedules.locked(session, viewer, public_id)
    days = _days(schedule, source, moments.now())
    how = {"user_id": viewer.user_id, "triggered_by": "manual"}
    return await place(session, schedule, source, days, how)


async def place(
    session: AsyncSession,
    schedule: Schedule,
    source: Source,
    days: Days,
    how: dict[str, Any] | None = None,
) -> Any:
    """Add an execution over these days with the schedule's parameters, and nudge dispatch."""
    execution = _build(schedule, source, days, how or _by_itself(schedule))
    if schedule.keeps_history:
        await history.extend(session, schedule, source, days, execution)
    session.add(execution)
    await session.flush()
    bus.changed(session, execution.id)
    await executions.count(session, source.kind, source.id, execution.id)
    bus.later(session, Job.DISPATCH_INSTANCE, ids.encode("inst", source.instance.id))
    return execution


def _build(schedule: Schedule, source: Source, days: Days, how: dict[str, Any]) -> Any:
    query = source.query.given(schedule.default_parameters)
    rendered, values = query.render()
    return executions.build(
        source.kind.execution.model,
        rendered,
        values,
        windows.of(days, source.time_zone),
        query.output_columns,
        instance_id=source.instance.id,
        time_zone=source.time_zone,
        **how,
        **source.columns,
    )
