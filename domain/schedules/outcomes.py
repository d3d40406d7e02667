"""Records how a schedule's executions ended, sends notices, and pauses after too many failures."""

from typing import Any

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.executions import stopping
from domain.kinds import Schedule
from domain.models import ScheduleTick
from domain.notices import notices
from domain.notices.notices import Subject
from domain.queries.sources import Source
from domain.schedules import schedules


def of(schedule: Schedule) -> ColumnElement[bool]:
    """Return the condition for the ticks of a schedule."""
    found: ColumnElement[bool] = (
        getattr(ScheduleTick, kinds.of(schedule).schedule.key) == schedule.id
    )
    return found


async def open_executions(session: AsyncSession, schedule: Schedule) -> list[Any]:
    """Return the schedule's executions that have not ended, oldest first."""
    model = kinds.of(schedule).execution.model
    found = await session.scalars(
        select(model)
        .where(model.schedule_id == schedule.id, model.phase != "done")
        .order_by(model.created_at)
    )
    return list(found)


async def record_ended(session: AsyncSession, schedule: Schedule, source: Source) -> None:
    """Record how the execution of each tick ended, once. Pause after too many failures."""
    table = kinds.of(schedule).execution
    rows = await session.execute(
        select(ScheduleTick, table.model)
        .join(table.model, table.model.id == getattr(ScheduleTick, table.key))
        .where(of(schedule), ~ScheduleTick.is_followed, table.model.phase == "done")
        .order_by(ScheduleTick.nominal_at)
    )
    for tick, execution in rows.all():
        tick.is_followed = True
        schedule.last_run_status = execution.status.lower()
        if execution.outcome is not None:
            schedule.failures_in_row = 0
            await tell(session, schedule, source, "COMPLETED", tick, execution)
        elif execution.status.lower() == "failed":
            schedule.failure_count += 1
            schedule.failures_in_row += 1
            why = execution.error_message
            await tell(session, schedule, source, "FAILED", tick, execution, reason=why)
            await _pause_if_failing(session, schedule, source, tick)
    await session.flush()


async def _pause_if_failing(
    session: AsyncSession, schedule: Schedule, source: Source, tick: ScheduleTick
) -> None:
    most = schedule.pause_after_failures
    if most is None or schedule.failures_in_row < most or schedule.is_paused:
        return
    note = f"Failed {schedule.failures_in_row} times in a row."
    schedules.hold(session, schedule, note)
    await tell(session, schedule, source, "PAUSED_BY_FAILURES", tick, reason=note)


async def tell(
    session: AsyncSession,
    schedule: Schedule,
    source: Source,
    event: str,
    tick: ScheduleTick,
    execution: Any = None,
    *,
    reason: str | None = None,
) -> None:
    """Raise notices for those who subscribed to the event, once for each tick and event."""
    if schedule.user_id is None:
        return
    named = {source.kind.schedule.key: schedule.id}
    if execution is not None:
        named[source.kind.execution.key] = execution.id
    about = Subject(
        user_id=schedule.user_id,
        instance_id=source.instance.id,
        schedule_tick_id=tick.id,
        **named,
    )
    payload = {
        "event": event,
        "name": source.name,
        "report": kinds.public_id(source.row),
        "schedule": kinds.public_id(schedule),
        "words": schedules.words(schedule),
        "nominal_at": tick.nominal_at.isoformat(),
        "execution": kinds.public_id(execution) if execution is not None else None,
        "outcome": execution.outcome if execution is not None else tick.outcome,
        "row_count": execution.row_count if execution is not None else None,
        "reason": reason,
    }
    await notices.raise_event(session, event, of=about, dedupe_key=str(tick.id), payload=payload)


async def stop(session: AsyncSession, schedule: Schedule) -> None:
    """Stop the schedule's executions that have not ended, by the rule of `stopping`."""
    kind = kinds.of(schedule)
    await stopping.stop(session, kind, kind.execution.model.schedule_id == schedule.id)
