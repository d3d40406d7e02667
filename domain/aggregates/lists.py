"""Lists the aggregates of a report, workflow or collection by level, days and dimension."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.errors import Invalid
from domain.models import Aggregate, Collection
from domain.pages import Orders, Page, PageArgs, by, page
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


async def find(session: AsyncSession, filter: AggregateFilter, args: PageArgs) -> Page[Aggregate]:
    """Return a page of the aggregates of one series that the viewer may see, oldest first."""
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
    return await page(session, statement, ORDERS, args)


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
    # Only the series computed last is listed: series of other parameters or zones never mix.
    newest = (
        select(Aggregate.series_hash)
        .where(column == key)
        .order_by(Aggregate.generation.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(Aggregate).where(column == key, Aggregate.series_hash == newest)
