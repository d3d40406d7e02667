"""Lists the aggregates of a report, workflow or collection by level, days and dimension."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.errors import Invalid
from domain.models import Aggregate, Collection, Series
from domain.pages.pages import Orders, Page, PageArgs, by, page
from domain.people import access

ORDERS = Orders(
    Aggregate.id,
    {"period": by(Aggregate.data_date, Aggregate.dimension_key)},
    descending=False,
)


@dataclass(frozen=True)
class AggregateFilter:
    """Which aggregates to list: those of exactly one report, workflow or collection."""

    report_id: str | None
    workflow_id: str | None
    collection_id: str | None
    level: str
    start: date | None = None
    end: date | None = None
    dimension: str | None = None
    series: str | None = None  # None: for each period the newest series with a result


async def find(session: AsyncSession, filter: AggregateFilter, args: PageArgs) -> Page[Aggregate]:
    """Return a page of aggregates that the viewer may see, oldest first, each from one series."""
    return await page(session, await of_filter(session, filter), ORDERS, args)


async def of_filter(session: AsyncSession, filter: AggregateFilter) -> Select[Any]:
    """Select the aggregates that the viewer may see, each period of one series.

    Raises Invalid and NotFound.
    """
    statement = await _of_series(session, filter)
    statement = statement.where(Aggregate.aggregation_type == filter.level)
    if filter.start is not None:
        statement = statement.where(Aggregate.period_end_date >= filter.start)
    if filter.end is not None:
        statement = statement.where(Aggregate.data_date < filter.end)
    if filter.dimension is None:
        statement = statement.where(Aggregate.dimension_key == "")
    else:
        statement = statement.where(Aggregate.dimensions.has_key(filter.dimension))
    return statement


async def _of_series(session: AsyncSession, filter: AggregateFilter) -> Select[Any]:
    given = [filter.report_id, filter.workflow_id, filter.collection_id]
    if sum(one is not None for one in given) != 1:
        raise Invalid(
            "Name exactly one report, workflow or collection.", field="filter.collectionId"
        )
    if filter.collection_id is not None:
        field = "filter.collectionId"
        collection = await access.get(session, "col", Collection, filter.collection_id, field=field)
        return select(Aggregate).where(
            Aggregate.series_hash == collection.series_hash,
            Aggregate.instance_id == collection.instance_id,
            Aggregate.data_date <= collection.end_date,
            Aggregate.period_end_date >= collection.start_date,
        )
    kind, public_id = kinds.chosen(filter.report_id, filter.workflow_id)
    key = ids.decode(kind.source.prefix, public_id, field=f"filter.{kind.argument}")
    column = getattr(Aggregate, kind.source.key)
    found = select(Aggregate).where(column == key)
    if filter.series is not None:
        return found.where(Aggregate.series_hash == filter.series)
    chosen = _newest_of_each_period(column == key, filter.level).subquery()
    return found.join(
        chosen,
        and_(
            chosen.c.series_hash == Aggregate.series_hash,
            chosen.c.aggregation_key == Aggregate.aggregation_key,
        ),
    )


def _newest_of_each_period(of_source: ColumnElement[bool], level: str) -> Select[Any]:
    """Return for each period the newest series that has a result of it.

    Weeks that start on another day than those of the newest series are left out, because they would
    cover the same days twice.
    """
    rows = (
        select(
            Aggregate.series_hash,
            Aggregate.aggregation_key,
            Aggregate.state,
            Aggregate.generation,
            Series.started_at,
        )
        .outerjoin(
            Series,
            and_(
                Series.series_hash == Aggregate.series_hash,
                Series.instance_id == Aggregate.instance_id,
            ),
        )
        .where(of_source, Aggregate.aggregation_type == level, Aggregate.dimension_key == "")
        .cte("rows_of_periods")
    )
    newest_first = (rows.c.started_at.desc().nulls_last(), rows.c.generation.desc())
    from_sunday = func.left(rows.c.aggregation_key, 1) == "W"
    newest = select(from_sunday).order_by(*newest_first).limit(1).scalar_subquery()
    return (
        select(rows.c.series_hash, rows.c.aggregation_key)
        .ext(distinct_on(rows.c.aggregation_key))
        .where(from_sunday == newest)
        .order_by(rows.c.aggregation_key, (rows.c.state == "MISSING"), *newest_first)
    )
