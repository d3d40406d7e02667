"""Starts and cancels executions for people. Background steps move them on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Uuid, bindparam, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds, lives, moments
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar import windows
from domain.calendar.days import Days
from domain.errors import Conflict
from domain.executions import stopping
from domain.kinds import Execution, Kind, Runnable
from domain.models import Report, ReportExecution
from domain.people import access, acts, allowances
from domain.people.acts import Act
from domain.queries import sources, sql
from domain.queries.sources import Source
from domain.settings import settings
from domain.viewer import Viewer

COUNT = (
    update(Report)
    .where(Report.id == bindparam("report", type_=Uuid()))
    .values(
        execution_count=Report.execution_count + bindparam("more", type_=Integer()),
        last_execution_id=bindparam("newest", type_=Uuid()),
    )
    .execution_options(synchronize_session=False, constant=True)
)
NEW = {kind: insert(kind.execution.model.__table__) for kind in kinds.KINDS}
DEFAULT_DAYS = 7  # if the template does not say how long a window is


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
    """Return a new execution of this query over this window. It waits for dispatch once added."""
    return model(**columns_of(rendered, values, window, output_columns), **columns)


def columns_of(
    rendered: sql.Rendered,
    values: Mapping[str, Any],
    window: windows.Window,
    output_columns: Sequence[str],
) -> dict[str, Any]:
    """Return the columns of a new execution of this query over this window."""
    return {
        "parameters_snapshot": dict(values),
        "sql_text": rendered.sql,
        "sql_hash": rendered.sql_hash,
        "amc_parameters": rendered.parameters,
        "expected_columns": [one.lower() for one in output_columns],
        "time_window_start": window.start,
        "time_window_end": window.end,
        "deadline_at": moments.now() + settings.waiting_deadline,
    }


async def add_all(session: AsyncSession, kind: Kind, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add executions by their columns, which are the same for all. They wait for dispatch."""
    # An INSERT for each, in one message. For rows of the session SQLAlchemy would build an INSERT
    # of all of them, and the database would plan another one for each number of rows.
    await (await session.connection()).execute(NEW[kind], rows)
    bus.changed(session, *(one["id"] for one in rows))


async def place(
    session: AsyncSession,
    viewer: Viewer,
    source: Source,
    window: WindowSpec | None,
    triggered_by: str,
    *,
    retry_of: UUID | None = None,
) -> Any:
    """Add an execution with its SQL and nudge dispatch. AMC is asked after the commit.

    Raises RateLimited if the viewer has started too many.
    """
    if not source.instance.is_active:
        raise Conflict(lives.inactive(source.instance), field="instanceId")
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
        retry_of=retry_of,
        **source.columns,
    )
    await allowances.one_more_execution(session, viewer)  # what is wrong in itself is told first
    session.add(execution)
    await session.flush()
    bus.changed(session, execution.id)
    bus.later(session, Job.DISPATCH_INSTANCE, ids.encode("inst", source.instance.id))
    return execution


def settled_window(source: Source, window: WindowSpec | None) -> windows.Window:
    """Return the window that was asked for, or else the newest settled one. Raises Invalid."""
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
    retry_of: UUID | None = None,
) -> Any:
    """Run a report or a workflow now. `values` replace some of its parameters."""
    source = await sources.to_run(session, viewer, what, field="id")
    # The parent is locked first, so that its count stays right when several start at once.
    await sources.lock(session, source)
    query = source.given(dict(values or {}))
    execution = await place(session, viewer, query, window, triggered_by, retry_of=retry_of)
    await count(session, source.kind, what.id, execution.id)
    await session.refresh(what)
    return execution


async def count(
    session: AsyncSession, kind: Kind, report_id: UUID | None, newest: UUID, more: int = 1
) -> None:
    """Add so many to a report's number of executions, and note the newest.

    Workflows have no count, nor has a template that was run without a report.
    """
    if not kind.has_summary or report_id is None:
        return
    await session.execute(COUNT, {"report": report_id, "more": more, "newest": newest})
    bus.changed(session, report_id)


async def count_each(session: AsyncSession, kind: Kind, newest: Mapping[UUID, UUID]) -> None:
    """Add one to the number of executions of each of these reports, and note its newest.

    They are locked in the order of their keys, so that no deadlock arises.
    """
    if kind.has_summary:
        each = [{"report": key, "more": 1, "newest": newest[key]} for key in sorted(newest)]
        await (await session.connection()).execute(COUNT, each)


async def recount(session: AsyncSession, report_id: UUID, newest: UUID) -> None:
    """Count a report's executions anew, whose row is locked, and note the newest."""
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


def _ended(execution: Execution) -> str | None:
    is_cancelled = kinds.status_of(execution.status) == "cancelled"
    if execution.phase != "done" or execution.cancel_requested_at is not None or is_cancelled:
        return None
    return f"The execution has already ended: {execution.status}."


def _is_stopped(execution: Execution) -> bool:
    return execution.phase == "done" or execution.cancel_requested_at is not None


def _not_to_repeat(execution: Execution) -> str | None:
    if execution.phase != "done":
        return "The execution is still under way; wait until it is over, or cancel it."
    if execution.week_id is not None:
        return "The execution belongs to a collection; retry its segment with collectionRetry."
    if kinds.source_key(execution) is None:
        return "The execution is of no report; run the template again with templateRun."
    return None


CANCEL = Act(_ended, lambda one: _ended(one) is None and _is_stopped(one))
RETRY = Act(_not_to_repeat, needs_active=True)
ACTS = {"cancel": CANCEL, "retry": RETRY}
viewer_can = acts.of_instance(ACTS)


async def cancel(
    session: AsyncSession, viewer: Viewer, public_id: str, kind: Kind = kinds.REPORT
) -> Any:
    """Stop an execution by the rule of `stopping`. Raises Conflict if it has ended already."""
    table = kind.execution
    execution = await access.get(session, table.prefix, table.model, public_id, field="id")
    await access.must_be(session, viewer, execution.instance_id, "editor", field="id")
    # Rights are checked before locking: PostgreSQL refuses to lock rows the viewer may not change.
    await session.refresh(execution, with_for_update={"key_share": True})
    CANCEL.applies(execution)
    await stopping.stop(session, kind, table.model.id == execution.id)
    await session.refresh(execution)
    return execution


async def retry(
    session: AsyncSession, viewer: Viewer, public_id: str, window: WindowSpec | None
) -> ReportExecution:
    """Run what an execution ran once more, with its parameters, over its days or over others.

    Raises Conflict while it is under way, if it is part of a collection, or if its report is
    archived.
    """
    before = await access.get(session, "exec", ReportExecution, public_id, field="id")
    await access.must_be(session, viewer, before.instance_id, "editor", field="id")
    RETRY.applies(before)
    report = await session.get_one(Report, before.report_id)
    execution: ReportExecution = await start(
        session,
        viewer,
        report,
        values=before.parameters_snapshot,
        window=window or _window_of(before),
        retry_of=before.id,
    )
    return execution


def _window_of(execution: ReportExecution) -> WindowSpec | None:
    """Return the days of an execution, which may be taken again as they are."""
    if execution.time_window_start is None or execution.time_window_end is None:
        return None
    zone = ZoneInfo(execution.time_zone)
    first, end = (
        one.astimezone(zone).date()
        for one in (execution.time_window_start, execution.time_window_end)
    )
    return WindowSpec(Days(first, end), allow_provisional=True)
