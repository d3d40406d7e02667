"""What people do with executions: start, cancel, list, read. The engine moves them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import access, bus, dispatch, ids, parameters, sql, windows, work
from domain.access import Viewer
from domain.errors import Conflict, Invalid
from domain.models import Instance, Report, ReportExecution, TemplateVersion
from domain.pages import Asked, Page, page
from domain.settings import settings

DEFAULT_DAYS = 7  # where the template does not say how long a window is


@dataclass(frozen=True)
class WindowSpec:
    """Days `[start, end)` in the report's time zone; the end is the first day left out."""

    start: date
    end: date
    allow_provisional: bool = False


@dataclass(frozen=True)
class Order:
    """Everything that decides what AMC is asked for."""

    version: TemplateVersion
    instance: Instance
    values: Mapping[str, Any]
    window: WindowSpec | None
    time_zone: str
    triggered_by: str
    report_id: UUID | None = None
    priority: int = 0


def build(
    model: type[Any],
    rendered: sql.Rendered,
    values: Mapping[str, Any],
    window: windows.Window,
    output_columns: Sequence[str],
    **columns: Any,
) -> Any:
    """An execution of this query over this window, ready to be dispatched once it is added."""
    return model(
        parameters_snapshot=dict(values),
        sql_text=rendered.sql,
        sql_hash=rendered.sql_hash,
        amc_parameters=rendered.parameters,
        expected_columns=[one.lower() for one in output_columns],
        time_window_start=window.start,
        time_window_end=window.end,
        deadline_at=work.now() + settings.waiting_deadline,
        **columns,
    )


async def place(session: AsyncSession, viewer: Viewer, order: Order) -> ReportExecution:
    """Write the execution with its SQL, ready to be dispatched. AMC hears of it later."""
    if not order.instance.is_active:
        raise Conflict(f"{order.instance.instance_name} is no longer active.", field="instanceId")
    checked = parameters.check(order.version.parameter_definitions, dict(order.values))
    rendered = sql.render(order.version.sql_template, order.version.parameter_definitions, checked)
    window = settled_window(order)
    execution: ReportExecution = build(
        ReportExecution,
        rendered,
        checked,
        window,
        order.version.output_columns,
        report_id=order.report_id,
        template_id=order.version.template_id,
        template_version_id=order.version.id,
        instance_id=order.instance.id,
        user_id=viewer.user_id,
        triggered_by=order.triggered_by,
        priority=order.priority,
        time_zone=order.time_zone,
    )
    session.add(execution)
    await session.flush()
    bus.later(session, bus.Job.DISPATCH_INSTANCE, ids.encode("inst", order.instance.id))
    return execution


def settled_window(order: Order, *, now: datetime | None = None) -> windows.Window:
    """The window asked for, or the newest that is settled. Raises Invalid."""
    today = (now or datetime.now(UTC)).astimezone(ZoneInfo(order.time_zone)).date()
    settled = windows.settled_end(
        list(order.version.data_sources), order.instance.settling_lag_days, today
    )
    if order.window is None:
        days = order.version.report_config.get("default_window_days", DEFAULT_DAYS)
        return windows.latest(days, order.time_zone, settled_end=settled)
    return windows.explicit(
        order.window.start,
        order.window.end,
        order.time_zone,
        settled_end=settled,
        allow_provisional=order.window.allow_provisional,
        today=today,
    )


async def start(
    session: AsyncSession,
    viewer: Viewer,
    report: Report,
    *,
    values: Mapping[str, Any] | None = None,
    window: WindowSpec | None = None,
    triggered_by: str = "manual",
) -> ReportExecution:
    """Run a report now, with its own parameters or with some of them replaced."""
    await access.must_be(session, viewer, report.instance_id, "editor", field="id")
    if not report.is_active:
        raise Conflict(f"The report {report.name!r} is archived.", field="id")
    order = Order(
        version=await session.get_one(TemplateVersion, report.template_version_id),
        instance=await session.get_one(Instance, report.instance_id),
        values={**report.parameters, **(values or {})},
        window=window,
        time_zone=report.timezone,
        triggered_by=triggered_by,
        report_id=report.id,
    )
    # The parent first, so that its count is right however many are started at once.
    await session.execute(
        select(Report.id).where(Report.id == report.id).with_for_update(key_share=True)
    )
    execution = await place(session, viewer, order)
    await count(session, report.id, execution.id)
    await session.refresh(report)
    return execution


async def count(session: AsyncSession, report_id: UUID, newest: UUID) -> None:
    """Count a report's executions anew, under its lock, and note the newest."""
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


async def cancel(session: AsyncSession, viewer: Viewer, public_id: str) -> ReportExecution:
    """Stop it: at once while it waits, else at AMC, where it may come too late."""
    execution = await access.get(session, "exec", ReportExecution, public_id, field="id")
    await access.must_be(session, viewer, execution.instance_id, "editor", field="id")
    # Locked only now: a row that may not be changed cannot be locked, and would seem absent.
    await session.refresh(execution, with_for_update={"key_share": True})
    if execution.status == "cancelled" or execution.cancel_requested_at is not None:
        return execution
    if execution.phase == "done":
        raise Conflict(f"It is over already: {execution.status}.", field="id")
    execution.cancel_requested_at = work.now()
    match execution.phase:
        case "waiting":
            work.end(execution, "cancelled", cancel_state="CONFIRMED")
            work.nudge_collections(session, execution.collection_id)
        case "ingesting":
            execution.cancel_state = "TOO_LATE"
        case _:
            execution.cancel_state = "REQUESTED"
            execution.due_at = work.now()
            bus.later(session, bus.Job.STEP_EXECUTION, public_id)
    bus.changed(session, execution.id)
    await session.flush()
    return execution


@dataclass(frozen=True)
class Filter:
    """Which executions; what is None does not matter."""

    report_id: str | None = None
    instance_id: str | None = None
    status: str | None = None
    triggered_by: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(session: AsyncSession, wanted: Filter, asked: Asked) -> Page[ReportExecution]:
    """Executions the viewer may see, newest first."""
    statement = select(ReportExecution)
    if wanted.report_id is not None:
        report = ids.decode("rpt", wanted.report_id, field="filter.reportId")
        statement = statement.where(ReportExecution.report_id == report)
    if wanted.instance_id is not None:
        instance = ids.decode("inst", wanted.instance_id, field="filter.instanceId")
        statement = statement.where(ReportExecution.instance_id == instance)
    if wanted.status is not None:
        statement = statement.where(ReportExecution.status == wanted.status)
    if wanted.triggered_by is not None:
        statement = statement.where(ReportExecution.triggered_by == wanted.triggered_by)
    for moment, field in (
        (wanted.created_from, "filter.createdFrom"),
        (wanted.created_before, "filter.createdBefore"),
    ):
        if moment is not None and moment.tzinfo is None:
            raise Invalid("A moment needs its offset, such as 2026-01-31T09:00:00Z.", field=field)
    if wanted.created_from is not None:
        statement = statement.where(ReportExecution.created_at >= wanted.created_from)
    if wanted.created_before is not None:
        statement = statement.where(ReportExecution.created_at < wanted.created_before)
    return await page(session, statement, (ReportExecution.created_at, ReportExecution.id), asked)


@dataclass(frozen=True)
class Blocked:
    """What an execution waits for, in words, with its place in line or the moment it ends."""

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
    """What each of them waits for; nothing for those that move. One statement at most."""
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
