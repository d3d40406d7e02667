"""What became of a schedule's executions: counted, told, and after too many failures paused."""

from typing import Any

from sqlalchemy import ColumnElement, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, moments
from domain.executions import states
from domain.models import (
    ReportExecution,
    ReportSchedule,
    ScheduleTick,
    WorkflowExecution,
)
from domain.notices import notices
from domain.notices.notices import Subject
from domain.queries.sources import Source
from domain.schedules import schedules
from domain.schedules.schedules import Schedule

OPEN_PHASES = ("waiting", "submitting", "at_amc", "ingesting")
ENDED = text(
    """
    SELECT 'sch' AS prefix, t.report_schedule_id AS id, max(e.completed_at) AS since
    FROM schedule_ticks t JOIN report_executions e ON e.id = t.report_execution_id
    WHERE NOT t.is_followed AND e.phase = 'done' GROUP BY 2
    UNION ALL
    SELECT 'wsch', t.workflow_schedule_id, max(e.completed_at)
    FROM schedule_ticks t JOIN workflow_executions e ON e.id = t.workflow_execution_id
    WHERE NOT t.is_followed AND e.phase = 'done' GROUP BY 2
    ORDER BY 3 LIMIT :most
    """
)


def model(schedule: Schedule) -> tuple[Any, str]:
    """The kind of execution it has, and the prefix of its id."""
    if isinstance(schedule, ReportSchedule):
        return ReportExecution, "exec"
    return WorkflowExecution, "wexec"


def key(schedule: Schedule) -> str:
    """The column of a tick that names its execution."""
    if isinstance(schedule, ReportSchedule):
        return "report_execution_id"
    return "workflow_execution_id"


def of(schedule: Schedule) -> ColumnElement[bool]:
    """The condition for its ticks."""
    if isinstance(schedule, ReportSchedule):
        return ScheduleTick.report_schedule_id == schedule.id
    return ScheduleTick.workflow_schedule_id == schedule.id


async def open_executions(session: AsyncSession, schedule: Schedule) -> list[Any]:
    """Those that are not over, oldest first."""
    kind, _ = model(schedule)
    found = await session.scalars(
        select(kind)
        .where(kind.schedule_id == schedule.id, kind.phase != "done")
        .order_by(kind.created_at)
    )
    return list(found)


async def take_in(session: AsyncSession, schedule: Schedule, source: Source) -> None:
    """Note how executions of its ticks have ended, once each; pause after too many failures."""
    kind, _ = model(schedule)
    rows = await session.execute(
        select(ScheduleTick, kind)
        .join(kind, kind.id == getattr(ScheduleTick, key(schedule)))
        .where(of(schedule), ~ScheduleTick.is_followed, kind.phase == "done")
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
            await _enough(session, schedule, source, tick)
    await session.flush()


async def _enough(
    session: AsyncSession, schedule: Schedule, source: Source, tick: ScheduleTick
) -> None:
    most = schedule.pause_after_failures
    if most is None or schedule.failures_in_row < most or schedule.is_paused:
        return
    note = f"It failed {schedule.failures_in_row} times in a row."
    schedules.hold(schedule, note)
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
    """Have those told who want to be, once for each tick and event."""
    if schedule.user_id is None:
        return
    is_report = isinstance(schedule, ReportSchedule)
    about = Subject(
        user_id=schedule.user_id,
        instance_id=source.instance.id,
        report_schedule_id=schedule.id if is_report else None,
        workflow_schedule_id=None if is_report else schedule.id,
        report_execution_id=execution.id if execution is not None and is_report else None,
        workflow_execution_id=execution.id if execution is not None and not is_report else None,
        schedule_tick_id=tick.id,
    )
    payload = {
        "event": event,
        "name": source.name,
        "schedule": ids.encode("sch" if is_report else "wsch", schedule.id),
        "words": schedules.words(schedule),
        "nominal_at": tick.nominal_at.isoformat(),
        "execution": states.public_id(execution) if execution is not None else None,
        "outcome": execution.outcome if execution is not None else tick.outcome,
        "row_count": execution.row_count if execution is not None else None,
        "reason": reason,
    }
    await notices.raise_event(session, event, of=about, dedupe_key=str(tick.id), payload=payload)


async def stop(session: AsyncSession, schedule: Schedule) -> None:
    """Cancel what is under way for it: at once what waits, at AMC what is there."""
    kind, prefix = model(schedule)
    now = moments.now()
    for execution in await open_executions(session, schedule):
        await session.refresh(execution, with_for_update={"key_share": True})
        if execution.phase == "waiting":
            states.end(execution, "cancelled", cancel_state="CONFIRMED", cancel_requested_at=now)
        elif execution.phase in ("submitting", "at_amc"):
            await session.execute(
                update(kind)
                .where(kind.id == execution.id)
                .values(cancel_requested_at=now, cancel_state="REQUESTED", due_at=now)
            )
            bus.later(session, bus.Job.STEP_EXECUTION, ids.encode(prefix, execution.id))
        bus.changed(session, execution.id)
