"""Boards: the series that facts are found in, made of the aggregates of a dashboard or report.

A board has one source, since a fact is about one report or workflow. It holds the weeks of the
newest series: each metric as a whole, and for the largest values of each dimension.

1. `of_dashboard` and `of_report` read what the session's person may see, in a few SQL statements.
2. `build` makes boards of it. It needs no database and belongs into the pool.

Only named values get a series. What privacy withheld and "(other)" have none.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.dashboards import sources, widgets
from domain.dashboards.configs import DimensionFilter
from domain.dashboards.sources import Ref, WidgetSource
from domain.facts.facts import SeriesChange
from domain.facts.run import Board
from domain.insights import contents, reading, series
from domain.insights.contents import Contents
from domain.insights.reading import SourceRows
from domain.models import Dashboard, Report, Widget
from domain.numbers import plans

LEVEL: Level = "weekly"
# Metrics of money that is spent, and of money that comes in, by how templates name them.
COSTS = ("cost", "total_cost", "spend", "total_spend")
SALES = ("sales", "product_sales", "total_product_sales", "total_sales", "revenue")


@dataclass(frozen=True)
class SourceBoard:
    """The board of one source."""

    source: WidgetSource
    board: Board
    days: Days  # of all its periods
    filters: tuple[DimensionFilter, ...] = ()  # that its numbers are behind


async def of_dashboard(
    session: AsyncSession, dashboard: Dashboard, days: Days | None = None
) -> list[SourceRows]:
    """Read what the widgets of a dashboard show, of each source that the person may see on it.

    A source has the metrics and dimensions of all its widgets together that have the same
    filters. Weeks that start within `days`, or the newest 104.
    """
    known = (await sources.shown(session, [dashboard]))[dashboard.id]
    return await of_sources(session, dashboard.id, known, days)


async def of_sources(
    session: AsyncSession,
    dashboard_id: UUID,
    known: Sequence[WidgetSource],
    days: Days | None = None,
) -> list[SourceRows]:
    """Read what the widgets of a dashboard show of these sources, behind their filters."""
    stored = select(Dashboard.filter_config).where(Dashboard.id == dashboard_id)
    everywhere = plans.filters_of(await session.scalar(stored)).filters
    rows = await session.scalars(
        select(Widget).where(Widget.dashboard_id == dashboard_id).order_by(*widgets.AS_READ)
    )
    return await read(session, contents.of_widgets(rows, known, everywhere), days)


async def of_report(
    session: AsyncSession, report: Report, days: Days | None = None
) -> list[SourceRows]:
    """Read the metrics and dimensions that a report declares. Empty if the person may not see it.

    Weeks that start within `days`, or the newest 104.
    """
    ref: Ref = ("rpt", report.id)
    known = await sources.visible(session, {ref})
    shown = [contents.of_source(one) for one in known.values() if one.is_readable]
    return await read(session, shown, days)


async def read(
    session: AsyncSession, shown: Sequence[Contents], days: Days | None = None
) -> list[SourceRows]:
    """Read this of each source: weeks that start within `days`, or the newest 104."""
    return await reading.read(session, shown, LEVEL, days)


def build(rows: Iterable[SourceRows]) -> list[SourceBoard]:
    """Make the board of each source that has any numbers."""
    return [
        SourceBoard(one.contents.source, board(one), _days(one), one.contents.filters)
        for one in rows
        if one.periods
    ]


def _days(rows: SourceRows) -> Days:
    return Days.spanning(one.period.days for one in rows.periods)


def board(rows: SourceRows) -> Board:
    """Make the board of a source."""
    names = set(rows.contents.summed)
    pairs = [(cost, sold) for cost in COSTS for sold in SALES if {cost, sold} <= names]
    made = tuple(series.of(rows))
    return Board(made, rows.contents.funnels, tuple(pairs[:1]), _change(rows))


def _change(rows: SourceRows) -> SeriesChange | None:
    """Where the newest series of results continues another, and what changed there."""
    if len(rows.spans) < 2:
        return None
    before, now = rows.spans[-2:]
    kept = {(True, True): None, (True, False): "before"}.get(
        (before.is_added_up, now.is_added_up), "since"
    )
    return SeriesChange(now.days, now.changes, before.version, now.version, kept)
