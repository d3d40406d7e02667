"""Lists the insights of views, dashboards and reports, as the viewer may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, undefer

from domain.errors import Invalid
from domain.facts.run import MOST
from domain.insights.finding import MOST_REFUSALS, REFUSAL
from domain.models import Aggregate, DashboardInsight
from domain.pages.pages import Orders, Page, PageArgs, by, page

ORDERS = Orders(
    DashboardInsight.id,
    {
        "found_at": by(DashboardInsight.found_at),
        "days": by(DashboardInsight.period_start),
    },
)
MOST_AGGREGATES = 208  # that an insight rests on: two metrics over 104 weeks
NUMBERS = ("effect", "low", "high", "level", "value", "pValue", "adjustedPValue")
# What two sources of a dashboard may both say is told once.
SAME = ("insight_type", "metric", "dimension", "value", "period_start", "filters")


@dataclass(frozen=True)
class InsightFilter:
    """Which insights to list. A field that is None matches all."""

    types: tuple[str, ...] | None = None
    least_confidence: Decimal | None = None
    since: datetime | None = None  # first found then or later

    def __post_init__(self) -> None:
        least = self.least_confidence
        if least is not None and not (least.is_finite() and 0 <= least <= 1):
            raise Invalid("Give a confidence from 0 to 1.", field="leastConfidence")

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return the conditions on the rows."""
        row = DashboardInsight
        found = [row.insight_type != REFUSAL]
        if self.types is not None:
            found.append(row.insight_type.in_(self.types))
        if self.least_confidence is not None:
            found.append(row.confidence_score >= self.least_confidence)
        if self.since is not None:
            found.append(row.found_at >= self.since)
        return found


async def find(
    session: AsyncSession, column: str, keys: Sequence[UUID], wanted: InsightFilter
) -> dict[UUID, list[DashboardInsight]]:
    """Return the insights of each of these rows, most worth first, at most ten, in one statement.

    `column` names what the rows are: dashboard_view_id, dashboard_id or report_id.
    """
    conditions = [DashboardInsight.gone_at.is_(None), *wanted.conditions()]
    return await _first(session, column, keys, conditions, SAME, MOST)


async def history(
    session: AsyncSession, column: str, key: UUID, wanted: InsightFilter, args: PageArgs
) -> Page[DashboardInsight]:
    """Return a page of all insights of a row, newest first, also those that are gone."""
    mine = [getattr(DashboardInsight, column) == key, *wanted.conditions()]
    if column == "report_id":
        mine.append(DashboardInsight.dashboard_id.is_(None))
    return await page(session, select(DashboardInsight).where(*mine), ORDERS, args)


async def refusals(
    session: AsyncSession, column: str, keys: Sequence[UUID]
) -> dict[UUID, list[DashboardInsight]]:
    """Return why metrics of each of these rows have no insights, in one statement."""
    row = DashboardInsight
    conditions = [row.gone_at.is_(None), row.insight_type == REFUSAL]
    whole = row.data_points
    return await _first(session, column, keys, conditions, ("fact_key",), MOST_REFUSALS, whole)


async def _first(
    session: AsyncSession,
    column: str,
    keys: Sequence[UUID],
    conditions: Sequence[ColumnElement[bool]],
    same: Sequence[str],
    most: int,
    *whole: InstrumentedAttribute[Any],
) -> dict[UUID, list[DashboardInsight]]:
    table = DashboardInsight
    parent = getattr(table, column)
    alike = [getattr(table, name) for name in same]
    nth = func.row_number().over(partition_by=[parent, *alike], order_by=[table.rank, table.id])
    mine = [parent.in_(keys), *conditions]
    if column == "report_id":
        mine.append(table.dashboard_id.is_(None))
    once = select(table.id, table.rank, parent.label("parent"), nth.label("nth")).where(*mine)
    told = once.subquery()
    place = func.row_number().over(partition_by=told.c.parent, order_by=[told.c.rank, told.c.id])
    placed = select(told.c.id, place.label("place")).where(told.c.nth == 1).subquery()
    statement = (
        select(table)
        .join(placed, placed.c.id == table.id)
        .where(placed.c.place <= most)
        .order_by(placed.c.place)
        .options(*map(undefer, whole))
        .execution_options(undeferred=tuple(one.key for one in whole))
    )
    found: dict[UUID, list[DashboardInsight]] = {key: [] for key in keys}
    for one in await session.scalars(statement):
        found[getattr(one, column)].append(one)
    return found


async def reasons(
    session: AsyncSession, insights: Sequence[DashboardInsight]
) -> dict[UUID, dict[str, Any]]:
    """Return the numbers and the method that each insight rests on, in one statement."""
    rows = await session.execute(
        select(DashboardInsight.id, DashboardInsight.data_points).where(
            DashboardInsight.id.in_([one.id for one in insights])
        )
    )
    return {key: {"id": key, **_exact(points or {})} for key, points in rows}


def _exact(points: Any) -> Any:
    """Return stored points with their numbers as decimals, which JSON holds as text."""
    if isinstance(points, list):
        return [_exact(one) for one in points]
    if not isinstance(points, dict):
        return points
    return {
        name: Decimal(one) if name in NUMBERS and one is not None else _exact(one)
        for name, one in points.items()
    }


async def aggregates(
    session: AsyncSession, insights: Sequence[UUID]
) -> dict[UUID, list[Aggregate]]:
    """Return the aggregates that each insight rests on, newest first, in two statements.

    An aggregate that was computed anew since is not among them.
    """
    rows = await session.execute(
        select(DashboardInsight.id, DashboardInsight.data_points["aggregateIds"]).where(
            DashboardInsight.id.in_(insights)
        )
    )
    named = {key: [UUID(one) for one in found or ()][:MOST_AGGREGATES] for key, found in rows}
    every = {key for found in named.values() for key in found}
    known = {
        one.id: one
        for one in await session.scalars(select(Aggregate).where(Aggregate.id.in_(every)))
    }
    return {
        key: sorted((known[one] for one in found if one in known), key=_newest_first)
        for key, found in named.items()
    }


def _newest_first(one: Aggregate) -> tuple[int, str, UUID]:
    return -one.data_date.toordinal(), one.dimension_key, one.id
