"""Reads the inputs of a view from the database: its executions, days and results."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.aggregates.rollups import SegmentResult
from domain.amc.currencies import NO_AMOUNTS, Amounts
from domain.calendar import windows
from domain.calendar.days import Days
from domain.calendar.units import WeekStart
from domain.collections.configs import week_start_of
from domain.models import (
    Account,
    Collection,
    Instance,
    ReportConfiguration,
    Template,
    TemplateVersion,
    Workflow,
)
from domain.queries import sql
from domain.templates.metrics import ReportConfig
from domain.views import periods
from domain.views.visualization import Visualization

MOST_EARLIER = 400  # results to compare with: at one a day, more than a year


class Undrawable(Exception):
    """Raised for a result that can never be drawn, with the reason."""


@dataclass(frozen=True)
class ViewInputs:
    """What a view is drawn from: results of local days in a time zone."""

    dashboard_type: str  # standard, funnel, comparison, custom
    visualization: Visualization
    config: ReportConfig
    source: str  # the name of the report or workflow
    zone: str
    days: Days
    results: Sequence[SegmentResult] = ()
    earlier: Sequence[SegmentResult] = ()  # of the window it is compared with
    execution_ids: Sequence[UUID] = ()  # by their days, oldest first
    week_start: WeekStart = "monday"
    amounts: Amounts = NO_AMOUNTS
    prefix: str = "exec"  # of the public ids of its executions


async def of_execution(
    session: AsyncSession, configuration: ReportConfiguration, execution: Any
) -> ViewInputs:
    """Return the single result of an execution outside of any collection. Raises Undrawable."""
    if execution.time_window_start is None or execution.time_window_end is None:
        raise Undrawable("The execution has no time window.")
    zone = ZoneInfo(execution.time_zone)
    days = _days(execution.time_window_start, execution.time_window_end, zone)
    result = SegmentResult(
        id=execution.id,
        days=days,
        outcome=execution.outcome,
        path=None,
        is_provisional=await _is_provisional(session, execution, days.end),
        collected_at=execution.completed_at,
        location=execution.output_location,
    )
    config = await _config(session, configuration, execution.template_version_id)
    inputs = await _inputs(
        session,
        configuration,
        config,
        days,
        execution.time_zone,
        results=[result],
        execution_ids=[execution.id],
    )
    return replace(inputs, earlier=await _earlier(session, inputs, execution))


async def of_collection(
    session: AsyncSession, configuration: ReportConfiguration, collection: Collection
) -> ViewInputs:
    """Return all results of a collection, each in its newest revision. Raises Undrawable."""
    table = kinds.of(collection).execution
    segments = SEGMENTS.format(key=table.key, table=table.name)
    rows = (await session.execute(text(segments), {"id": collection.id})).all()
    execution_ids = [row.execution_id for row in rows if row.execution_id is not None]
    if not execution_ids:
        raise Undrawable("None of the collection's segments has a result.")
    config = await _config(session, configuration, collection.template_version_id)
    results = [
        SegmentResult(
            id=row.execution_id or row.id,
            days=Days.from_last(row.week_start_date, row.week_end_date),
            outcome=row.outcome,
            path=None,
            is_provisional=row.is_provisional,
            collected_at=row.completed_at,
            location=row.result_location,
        )
        for row in rows
    ]
    inputs = await _inputs(
        session,
        configuration,
        config,
        Days.from_last(collection.start_date, collection.end_date),
        collection.time_zone,
        results=results,
        execution_ids=execution_ids,
        week_start=week_start_of(collection),
    )
    newest = await session.get_one(table.model, execution_ids[-1])
    return replace(inputs, earlier=await _earlier(session, inputs, newest))


# A segment collected again without a change keeps the execution of its newest revision.
SEGMENTS = """
    SELECT w.id, w.week_start_date, w.week_end_date, w.outcome, w.is_provisional,
        e.completed_at, w.result_location, coalesce(r.{key}, w.{key}) AS execution_id
    FROM report_data_weeks w
    LEFT JOIN report_week_revisions r ON r.week_id = w.id AND r.revision = w.revision
    LEFT JOIN {table} e ON e.id = coalesce(r.{key}, w.{key})
    WHERE w.collection_id = :id AND w.outcome IS NOT NULL
    ORDER BY w.week_start_date, w.id
"""


async def _inputs(
    session: AsyncSession,
    configuration: ReportConfiguration,
    config: ReportConfig,
    days: Days,
    zone: str,
    **more: Any,
) -> ViewInputs:
    kind = kinds.of(configuration)
    source = await session.get_one(kind.source.model, kinds.source_key(configuration))
    instance = await session.get_one(Instance, source.instance_id)
    account = await session.get_one(Account, instance.account_id)
    return ViewInputs(
        dashboard_type=configuration.dashboard_type,
        visualization=Visualization.model_validate(configuration.visualization_config),
        config=config,
        source=source.name,
        zone=zone,
        days=days,
        amounts=config.amounts(account.marketplace_id),
        prefix=kind.execution.prefix,
        **more,
    )


async def _config(
    session: AsyncSession, configuration: ReportConfiguration, version_id: UUID | None
) -> ReportConfig:
    """Return the metrics and dimensions of the template version that ran, or of the workflow."""
    if version_id is None and configuration.query_template_id is not None:
        template = await session.get_one(Template, configuration.query_template_id)
        version_id = template.current_version_id
    if version_id is None:
        workflow = await session.get_one(Workflow, configuration.workflow_id)
        return ReportConfig.model_validate(workflow.report_config)
    version = await session.get_one(TemplateVersion, version_id)
    return ReportConfig.model_validate(version.report_config)


async def _is_provisional(session: AsyncSession, execution: Any, end: date) -> bool:
    """Return whether the execution started before the data of its last days was settled."""
    tables: Sequence[str] = sql.data_sources(execution.sql_text)
    if execution.template_version_id is not None:
        version = await session.get_one(TemplateVersion, execution.template_version_id)
        tables = list(version.data_sources)
    instance = await session.get_one(Instance, execution.instance_id)
    asked = execution.started_at or execution.created_at
    day = asked.astimezone(ZoneInfo(execution.time_zone)).date()
    return end > windows.settled_end(tables, instance.settling_lag_days, day)


async def _earlier(
    session: AsyncSession, inputs: ViewInputs, execution: Any
) -> list[SegmentResult]:
    """Return results of the same query that cover the earlier window, for a comparison."""
    if inputs.dashboard_type != "comparison":
        return []
    days = periods.before(inputs.days, inputs.visualization.comparison)
    window = windows.of(days, inputs.zone)
    model = type(execution)
    source = kinds.of(execution).source.key
    rows = await session.execute(
        select(
            model.id,
            model.time_window_start,
            model.time_window_end,
            model.outcome,
            model.completed_at,
            model.output_location,
        )
        .where(
            getattr(model, source) == getattr(execution, source),
            model.outcome.is_not(None),
            model.output_location.is_not(None),
            model.instance_id == execution.instance_id,
            model.sql_hash == execution.sql_hash,
            model.time_zone == execution.time_zone,
            model.time_window_start < window.end,
            model.time_window_end > window.start,
            model.id.not_in(inputs.execution_ids),
        )
        .order_by(model.completed_at.desc(), model.id)
        .limit(MOST_EARLIER)
    )
    return list(_newest_of_days(rows, ZoneInfo(inputs.zone)))


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> Days:
    """Return the days of a window in the zone."""
    return Days(start.astimezone(zone).date(), end.astimezone(zone).date())


def _newest_of_days(rows: Iterable[Any], zone: ZoneInfo) -> Iterator[SegmentResult]:
    """Yield the newest result for each range of days, oldest first. Rows come newest first."""
    newest: dict[Days, Any] = {}
    for row in rows:
        newest.setdefault(_days(row.time_window_start, row.time_window_end, zone), row)
    for days, row in sorted(newest.items(), key=lambda one: (one[0].start, one[0].end)):
        yield SegmentResult(
            id=row.id,
            days=days,
            outcome=row.outcome,
            path=None,
            is_provisional=False,
            collected_at=row.completed_at,
            location=row.output_location,
        )
