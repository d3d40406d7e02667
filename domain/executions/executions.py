"""What people do with executions: start, cancel and list them. The engine moves them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, kinds, moments
from domain.calendar import windows
from domain.calendar.days import Days
from domain.errors import Conflict, Invalid
from domain.executions import dispatch, stopping
from domain.kinds import Kind, Runnable
from domain.models import Report, ReportExecution
from domain.pages import Asked, Page, page
from domain.people import access
from domain.queries import sources, sql
from domain.queries.sources import Source
from domain.settings import settings
from domain.viewer import Viewer

DEFAULT_DAYS = 7  # where the template does not say how long a window is


@dataclass(frozen=True)
class WindowSpec:
    """The days that a person asks for, in the report's time zone."""

    days: Days
    allow_provisional: bool = False


def build(
    model: type[Any],
    rendered: sql.Rendered,
    values: Mapping[str, Any],
    window: windows.Window,
    output_columns: Sequence[str],
    **columns: Any,
) -> Any:
    """A new execution of this query over this window. It is dispatched once it is added."""
    return model(
        parameters_snapshot=dict(values),
        sql_text=rendered.sql,
        sql_hash=rendered.sql_hash,
        amc_parameters=rendered.parameters,
        expected_columns=[one.lower() for one in output_columns],
        time_window_start=window.start,
        time_window_end=window.end,
        deadline_at=moments.now() + settings.waiting_deadline,
        **columns,
    )


async def place(
    session: AsyncSession,
    viewer: Viewer,
    source: Source,
    window: WindowSpec | None,
    triggered_by: str,
) -> Any:
    """Add an execution with its SQL and have it dispatched. AMC hears of it later."""
    if not source.instance.is_active:
        raise Conflict(f"{source.instance.instance_name} is no longer active.", field="instanceId")
    rendered, checked = source.query.render()
    execution = build(
        source.kind.execution.model,
        rendered,
        checked,
        settled_window(source, window),
        source.query.output_columns,
        instance_id=source.instance.id,
        user_id=viewer.user_id,
        triggered_by=triggered_by,
        time_zone=source.time_zone,
        **source.columns,
    )
    session.add(execution)
    await session.flush()
    bus.later(session, bus.Job.DISPATCH_INSTANCE, ids.encode("inst", source.instance.id))
    return execution


def settled_window(source: Source, window: WindowSpec | None) -> windows.Window:
    """The window asked for, or else the newest settled one. Raises Invalid."""
    today = moments.now().astimezone(ZoneInfo(source.time_zone)).date()
    settled = windows.settled_end(
        source.query.data_sources, source.instance.settling_lag_days, today
    )
    if window is None:
        length = source.query.report_config.get("default_window_days", DEFAULT_DAYS)
        return windows.latest(length, source.time_zone, settled_end=settled)
    return windows.explicit(
        window.days,
        source.time_zone,
        settled_end=settled,
        allow_provisional=window.allow_provisional,
        today=today,
    )


async def start(
    session: AsyncSession,
    viewer: Viewer,
    what: Runnable,
    *,
    values: Mapping[str, Any] | None = None,
    window: WindowSpec | None = None,
    triggered_by: str = "manual",
) -> Any:
    """Run a report or a workflow now. `values` replace some of its parameters."""
    source = await sources.to_run(session, viewer, what, field="id")
    # The parent is locked first, so that its count stays right when several start at once.
    await sources.lock(session, source)
    execution = await place(session, viewer, source.given(dict(values or {})), window, triggered_by)
    await count(session, source.kind, what.id, execution.id)
    await session.refresh(what)
    return execution


async def count(session: AsyncSession, kind: Kind, report_id: UUID | None, newest: UUID) -> None:
    """Recount a report's executions under its lock, and note the newest.

    Nothing is counted for a workflow, nor for a template that was run without a report.
    """
    if not kind.has_summary or report_id is None:
        return
    await session.execute(
        select(Report.id).where(Report.id == report_id).with_for_update(key_share=True)
    )
    counted = (
        select(func.count())
        .select_from(ReportExecution)
        .where(ReportExecution.report_id == report_id)
    )
    await session.execute(
        update(Report)
        .where(Report.id == report_id)
        .values(execution_count=counted.scalar_subquery(), last_execution_id=newest)
    )
    bus.changed(session, report_id)


async def cancel(
    session: AsyncSession, viewer: Viewer, public_id: str, kind: Kind = kinds.REPORT
) -> Any:
    """Stop an execution, by the rule of `stopping`. Raises Conflict if it is over already."""
    table = kind.execution
    execution = await access.get(session, table.prefix, table.model, public_id, field="id")
    await access.must_be(session, viewer, execution.instance_id, "editor", field="id")
    # Locked after the check of rights: a row that may not be changed cannot be locked.
    await session.refresh(execution, with_for_update={"key_share": True})
    ended = execution.phase == "done" and execution.cancel_requested_at is None
    if ended and execution.status != kind.words["cancelled"]:
        raise Conflict(f"It is over already: {execution.status}.", field="id")
    await stopping.stop(session, kind, table.model.id == execution.id)
    await session.refresh(execution)
    return execution


@dataclass(frozen=True)
class ExecutionFilter:
    """Which executions are listed. None matches all."""

    report_id: str | None = None
    instance_id: str | None = None
    status: str | None = None
    triggered_by: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, filter: ExecutionFilter, asked: Asked
) -> Page[ReportExecution]:
    """Executions the viewer may see, newest first."""
    statement = select(ReportExecution)
    if filter.report_id is not None:
        report = ids.decode("rpt", filter.report_id, field="filter.reportId")
        statement = statement.where(ReportExecution.report_id == report)
    if filter.instance_id is not None:
        instance = ids.decode("inst", filter.instance_id, field="filter.instanceId")
        statement = statement.where(ReportExecution.instance_id == instance)
    if filter.status is not None:
        statement = statement.where(ReportExecution.status == filter.status)
    if filter.triggered_by is not None:
        statement = statement.where(ReportExecution.triggered_by == filter.triggered_by)
    for moment, field in (
        (filter.created_from, "filter.createdFrom"),
        (filter.created_before, "filter.createdBefore"),
    ):
        if moment is not None and moment.tzinfo is None:
            raise Invalid("A moment needs its offset, such as 2026-01-31T09:00:00Z.", field=field)
    if filter.created_from is not None:
        statement = statement.where(ReportExecution.created_at >= filter.created_from)
    if filter.created_before is not None:
        statement = statement.where(ReportExecution.created_at < filter.created_before)
    return await page(session, statement, (ReportExecution.created_at, ReportExecution.id), asked)


@dataclass(frozen=True)
class Blocked:
    """What an execution waits for, in words, with its place in line or the end of the wait."""

    reason: str
    message: str
    position: int | None
    until: datetime | None


SENTENCES = {
    "CONCURRENCY": "All slots of this instance at AMC are taken; it is number {position} in line.",
    "QUOTA": "The instance's executions of today are used up.",
    "PAUSED": "The instance is paused by its operators.",
    "TOKEN": "Amazon does not accept the account's authorisation; an operator has to renew it.",
    "DATA_NOT_SETTLED": "Amazon's data for the end of the window is not settled yet.",
    "THROTTLED": "AMC asked this instance to slow down.",
    "AMC_UNAVAILABLE": "AMC does not answer as it should; it is tried again.",
}


async def blocked(
    session: AsyncSession, executions: list[ReportExecution]
) -> dict[UUID, Blocked | None]:
    """What each waiting execution waits for. One statement at most."""
    waiting = [one for one in executions if one.blocked_by is not None]
    places = await dispatch.positions(session, list(waiting))
    return {
        one.id: Blocked(
            reason=one.blocked_by,
            message=SENTENCES[one.blocked_by].format(position=places.get(one.id)),
            position=places.get(one.id),
            until=one.blocked_until,
        )
        for one in waiting
        if one.blocked_by is not None
    }
