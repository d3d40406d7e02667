"""What a view is made of, read from the rows: which executions, which days, which files."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.aggregates.rollups import Piece
from domain.calendar import windows
from domain.models import (
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
from domain.views.drawing import Drawing
from domain.views.visualization import Visual

DAY = timedelta(days=1)
MOST_EARLIER = 400  # results: a year of days
Located = tuple[Piece, str | None]  # with the key of its file


class Undrawable(Exception):
    """Nothing can be drawn of it, and never will be."""


@dataclass(frozen=True)
class Inputs:
    """A drawing whose files are not there yet."""

    drawing: Drawing
    executions: list[UUID]  # oldest days first
    pieces: list[Located]
    earlier: list[Located]


async def of_execution(
    session: AsyncSession, configuration: ReportConfiguration, execution: Any
) -> Inputs:
    """The one result of an execution outside of collections. Raises Undrawable."""
    if execution.time_window_start is None or execution.time_window_end is None:
        raise Undrawable("It does not tell its days.")
    zone = ZoneInfo(execution.time_zone)
    start = execution.time_window_start.astimezone(zone).date()
    end = execution.time_window_end.astimezone(zone).date()
    piece = Piece(
        id=execution.id,
        start=start,
        end=end,
        outcome=execution.outcome,
        path=None,
        provisional=await _is_provisional(session, execution, end),
        collected_at=execution.completed_at,
    )
    config = await _config(session, configuration, execution.template_version_id)
    drawing = await _drawing(session, configuration, config, (start, end), execution.time_zone)
    located = [(piece, execution.output_location)]
    earlier = await _earlier(session, drawing, execution, [execution.id])
    return Inputs(drawing, [execution.id], located, earlier)


async def of_collection(
    session: AsyncSession, configuration: ReportConfiguration, collection: Collection
) -> Inputs:
    """All results of a collection, each in its newest revision. Raises Undrawable."""
    table = kinds.of(collection).execution
    segments = SEGMENTS.format(key=table.key, table=table.name)
    rows = (await session.execute(text(segments), {"id": collection.id})).all()
    executions = [row.execution_id for row in rows if row.execution_id is not None]
    if not executions:
        raise Undrawable("None of its segments has a result.")
    days = (collection.start_date, collection.end_date + DAY)
    config = await _config(session, configuration, collection.template_version_id)
    week_start = (collection.segmentation_config or {}).get("week_start", "monday")
    drawing = await _drawing(
        session, configuration, config, days, collection.time_zone, week_start=week_start
    )
    located = [
        (
            Piece(
                id=row.execution_id or row.id,
                start=row.week_start_date,
                end=row.week_end_date + DAY,
                outcome=row.outcome,
                path=None,
                provisional=row.is_provisional,
                collected_at=row.completed_at,
            ),
            row.result_location,
        )
        for row in rows
    ]
    newest = await session.get_one(table.model, executions[-1])
    earlier = await _earlier(session, drawing, newest, executions)
    return Inputs(drawing, executions, located, earlier)


# A segment that was collected again without a change keeps the execution that brought its revision.
SEGMENTS = """
    SELECT w.id, w.week_start_date, w.week_end_date, w.outcome, w.is_provisional,
        e.completed_at, w.result_location, coalesce(r.{key}, w.{key}) AS execution_id
    FROM report_data_weeks w
    LEFT JOIN report_week_revisions r ON r.week_id = w.id AND r.revision = w.revision
    LEFT JOIN {table} e ON e.id = coalesce(r.{key}, w.{key})
    WHERE w.collection_id = :id AND w.outcome IS NOT NULL
    ORDER BY w.week_start_date, w.id
"""


async def _drawing(
    session: AsyncSession,
    configuration: ReportConfiguration,
    config: ReportConfig,
    days: tuple[date, date],
    zone: str,
    **more: Any,
) -> Drawing:
    kind = kinds.of(configuration)
    source = await session.get_one(kind.source.model, kinds.source_key(configuration))
    return Drawing(
        kind=configuration.dashboard_type,
        visual=Visual.model_validate(configuration.visualization_config),
        config=config,
        source=source.name,
        zone=zone,
        start=days[0],
        end=days[1],
        pieces=(),
        prefix=kind.execution.prefix,
        **more,
    )


async def _config(
    session: AsyncSession, configuration: ReportConfiguration, version_id: UUID | None
) -> ReportConfig:
    """What is declared of the columns: by the version it was run with, or for a workflow."""
    if version_id is None and configuration.query_template_id is not None:
        template = await session.get_one(Template, configuration.query_template_id)
        version_id = template.current_version_id
    if version_id is None:
        workflow = await session.get_one(Workflow, configuration.workflow_id)
        return ReportConfig.model_validate(workflow.report_config)
    version = await session.get_one(TemplateVersion, version_id)
    return ReportConfig.model_validate(version.report_config)


async def _is_provisional(session: AsyncSession, execution: Any, end: date) -> bool:
    """Whether AMC was asked before the data of its last days was settled."""
    tables: Sequence[str] = sql.data_sources(execution.sql_text)
    if execution.template_version_id is not None:
        version = await session.get_one(TemplateVersion, execution.template_version_id)
        tables = list(version.data_sources)
    instance = await session.get_one(Instance, execution.instance_id)
    asked = execution.started_at or execution.created_at
    day = asked.astimezone(ZoneInfo(execution.time_zone)).date()
    return end > windows.settled_end(tables, instance.settling_lag_days, day)


async def _earlier(
    session: AsyncSession, drawing: Drawing, execution: Any, own: Sequence[UUID]
) -> list[Located]:
    """Results of the same query that the window before may be made of, if it is compared."""
    if drawing.kind != "comparison":
        return []
    start, end = periods.before(drawing.start, drawing.end, drawing.visual.comparison)
    model = type(execution)
    source = kinds.of(execution).source.key
    columns = (
        model.id,
        model.time_window_start,
        model.time_window_end,
        model.outcome,
        model.completed_at,
        model.output_location,
    )
    rows = await session.execute(
        select(*columns)
        .where(
            getattr(model, source) == getattr(execution, source),
            model.outcome.is_not(None),
            model.output_location.is_not(None),
            model.instance_id == execution.instance_id,
            model.sql_hash == execution.sql_hash,
            model.time_zone == execution.time_zone,
            model.time_window_start < windows.first_moment(end, drawing.zone),
            model.time_window_end > windows.first_moment(start, drawing.zone),
            model.id.not_in(own),
        )
        .order_by(model.completed_at.desc(), model.id)
        .limit(MOST_EARLIER)
    )
    zone = ZoneInfo(drawing.zone)
    newest: dict[tuple[date, date], Any] = {}
    for row in rows:
        first, last = (one.astimezone(zone) for one in (row[1], row[2]))
        newest.setdefault((first.date(), last.date()), row)
    return [
        (Piece(row.id, *days, row.outcome, None, False, row.completed_at), row.output_location)
        for days, row in sorted(newest.items(), key=lambda one: one[0])
    ]
