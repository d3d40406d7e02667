"""Aggregates, read: by report, workflow or collection, level, days and dimension."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.errors import Invalid
from domain.models import Aggregate, Collection
from domain.pages import Asked, Page, page
from domain.people import access


@dataclass(frozen=True)
class Filter:
    """Which aggregates; of exactly one report, workflow or collection."""

    report_id: str | None
    workflow_id: str | None
    collection_id: str | None
    level: str
    start: date | None = None
    end: date | None = None
    dimension: str | None = None


async def find(session: AsyncSession, wanted: Filter, asked: Asked) -> Page[Aggregate]:
    """Aggregates of one series that the viewer may see, oldest first."""
    statement = await _of_series(session, wanted)
    statement = statement.where(Aggregate.aggregation_type == wanted.level)
    if wanted.start is not None:
        statement = statement.where(Aggregate.period_end_date >= wanted.start)
    if wanted.end is not None:
        statement = statement.where(Aggregate.data_date < wanted.end)
    if wanted.dimension is None:
        statement = statement.where(Aggregate.dimension_key == "")
    else:
        statement = statement.where(Aggregate.dimensions.has_key(wanted.dimension))
    keys = (Aggregate.data_date, Aggregate.dimension_key, Aggregate.id)
    return await page(session, statement, keys, asked, descending=False)


async def _of_series(session: AsyncSession, wanted: Filter) -> Select[Any]:
    given = [wanted.report_id, wanted.workflow_id, wanted.collection_id]
    if sum(one is not None for one in given) != 1:
        raise Invalid(
            "Name one report, one workflow or one collection.", field="filter.collectionId"
        )
    if wanted.collection_id is not None:
        field = "filter.collectionId"
        collection = await access.get(session, "col", Collection, wanted.collection_id, field=field)
        return select(Aggregate).where(
            Aggregate.series_hash == collection.series_hash,
            Aggregate.instance_id == collection.instance_id,
            Aggregate.data_date <= collection.end_date,
            Aggregate.period_end_date >= collection.start_date,
        )
    kind, public_id = kinds.chosen(wanted.report_id, wanted.workflow_id)
    key = ids.decode(kind.source.prefix, public_id, field=f"filter.{kind.argument}")
    column = getattr(Aggregate, kind.source.key)
    # The series that was computed last: series of other parameters or zones never mix with it.
    newest = (
        select(Aggregate.series_hash)
        .where(column == key)
        .order_by(Aggregate.generation.desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(Aggregate).where(column == key, Aggregate.series_hash == newest)
