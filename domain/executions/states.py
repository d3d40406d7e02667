"""The engine's rows: how one is claimed, moved on and finished. Asks AMC nothing.

`pending -> running -> completed | failed | cancelled`, and within it a phase:
waiting (for a slot) -> submitting -> at_amc -> ingesting -> done.
A claim is a lease with a fence: whoever lost the lease can record nothing any more.
"""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids
from domain.calendar import windows
from domain.models import (
    Intent,
    ReportExecution,
    WorkflowExecution,
)
from domain.moments import now

log = structlog.get_logger()

Execution = ReportExecution | WorkflowExecution
# Any: mypy joins the two classes to their mixin, which has no table.
MODELS: tuple[Any, ...] = (ReportExecution, WorkflowExecution)
PREFIX: dict[type[Any], str] = {ReportExecution: "exec", WorkflowExecution: "wexec"}
MODEL: dict[str, type[ReportExecution] | type[WorkflowExecution]] = {
    "exec": ReportExecution,
    "wexec": WorkflowExecution,
}
# Workflow executions keep AMC's words for the same five states.
WORDS: dict[type[Any], dict[str, str]] = {
    ReportExecution: {word: word for word in ("running", "completed", "failed", "cancelled")},
    WorkflowExecution: {
        "running": "RUNNING",
        "completed": "SUCCEEDED",
        "failed": "FAILED",
        "cancelled": "CANCELLED",
    },
}


def public_id(execution: Execution) -> str:
    """`exec_...` or `wexec_...`: it also names the table."""
    return ids.encode(PREFIX[type(execution)], execution.id)


def source_of(execution: Execution) -> tuple[UUID | None, UUID | None]:
    """The keys of its report and of its workflow, one of which it has at most."""
    if isinstance(execution, ReportExecution):
        return execution.report_id, None
    return None, execution.workflow_id


def intent_of(execution: Execution) -> Any:
    """The condition that finds an execution's intent."""
    if isinstance(execution, ReportExecution):
        return Intent.report_execution_id == execution.id
    return Intent.workflow_execution_id == execution.id


def window(execution: Execution) -> dict[str, str]:
    """Its window as AMC takes it; AMC's own default where it has none."""
    start, end = execution.time_window_start, execution.time_window_end
    if start is None or end is None:
        return {}
    return windows.to_amc(start, end, execution.time_zone)


def postpone(
    execution: Execution,
    wait: timedelta,
    blocked_by: str | None = None,
    blocked_until: datetime | None = None,
) -> None:
    """Let go of the lease until then, and say what it waits for."""
    execution.due_at = now() + wait
    execution.lease_until = None
    execution.blocked_by = blocked_by
    execution.blocked_until = blocked_until


def enter(execution: Execution, phase: str, within: timedelta) -> None:
    """Begin a phase, due at once, to be over within so long."""
    execution.phase = phase
    execution.tries = 0
    execution.deadline_at = now() + within
    postpone(execution, timedelta(0))


async def release(session: AsyncSession, execution: Execution) -> None:
    """Give the slot back; the next one in line is looked for at once."""
    await session.execute(
        update(Intent)
        .where(intent_of(execution), Intent.released_at.is_(None))
        .values(released_at=func.now())
    )
    instance = ids.encode("inst", execution.instance_id)
    bus.later(session, bus.Job.DISPATCH_INSTANCE, instance)
    nudge_collections(session, execution.collection_id)


def nudge_collections(session: AsyncSession, *collection_ids: UUID | None) -> None:
    """Have these collections look at their executions."""
    for one in collection_ids:
        if one is not None:
            bus.later(session, bus.Job.STEP_COLLECTION, ids.encode("col", one))


def nudge_views(session: AsyncSession, execution: Execution) -> None:
    """Have its result drawn. A segment is drawn with its collection."""
    if execution.week_id is None:
        nudge_views_of(session, *source_of(execution))


def nudge_views_of(session: AsyncSession, report_id: UUID | None, workflow_id: UUID | None) -> None:
    """Have the new results of this report or workflow drawn, if it has views enabled."""
    if report_id is not None:
        bus.later(session, bus.Job.MAKE_VIEWS, ids.encode("rpt", report_id))
    elif workflow_id is not None:
        bus.later(session, bus.Job.MAKE_VIEWS, ids.encode("wf", workflow_id))


def end(execution: Execution, status: str, **columns: object) -> None:
    """End it for good. Nothing moves an ended execution again."""
    execution.status = WORDS[type(execution)][status]
    execution.phase = "done"
    execution.due_at = None
    execution.lease_until = None
    execution.deadline_at = None
    execution.blocked_by = None
    execution.blocked_until = None
    execution.completed_at = now()
    for name, value in columns.items():
        setattr(execution, name, value)


async def finish(
    session: AsyncSession, execution: Execution, status: str, **columns: object
) -> None:
    """End it, give its slot back and tell who watches."""
    end(execution, status, **columns)
    await release(session, execution)
    bus.changed(session, execution.id)
    if execution.schedule_id is not None:
        prefix = "sch" if isinstance(execution, ReportExecution) else "wsch"
        bus.later(session, bus.Job.FIRE_SCHEDULE, ids.encode(prefix, execution.schedule_id))
    log.info("execution.finished", execution=public_id(execution), status=execution.status)


async def overdue(session: AsyncSession, limit: int) -> dict[tuple[bus.Job, str], datetime]:
    """What the clock nudges: every row that is due and that nobody holds, as jobs since when."""
    jobs: dict[tuple[bus.Job, str], datetime] = {}
    for model in MODELS:
        rows = await session.execute(
            select(
                model.id,
                model.instance_id,
                model.phase,
                model.cancel_state,
                model.deadline_at,
                model.due_at,
            )
            .where(
                model.due_at <= func.now(),
                or_(model.lease_until.is_(None), model.lease_until < func.now()),
            )
            .order_by(model.due_at)
            .limit(limit)
        )
        for row in rows:
            jobs.setdefault(_job_for(PREFIX[model], row), row.due_at)
    return jobs


async def next_due(session: AsyncSession) -> float:
    """Seconds until the next execution is due, of those that are not yet; infinite if none is."""
    soonest = [
        select(func.min(model.due_at)).where(model.due_at > func.now()).scalar_subquery()
        for model in MODELS
    ]
    found: Decimal | None = await session.scalar(
        select(func.extract("epoch", func.least(*soonest) - func.now()))
    )
    return math.inf if found is None else float(found)


def _job_for(prefix: str, row: Any) -> tuple[bus.Job, str]:
    instance = ids.encode("inst", row.instance_id)
    if row.phase == "waiting":
        return bus.Job.DISPATCH_INSTANCE, instance
    late = row.deadline_at is not None and row.deadline_at < now()
    if row.phase == "at_amc" and row.cancel_state != "REQUESTED" and not late:
        return bus.Job.POLL_INSTANCE, instance
    return bus.Job.STEP_EXECUTION, ids.encode(prefix, row.id)
