"""Lists collections, and counts the segments of each."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.collections.progress import OPEN
from domain.models import Collection
from domain.pages import Page, PageArgs, page
from domain.viewer import Viewer


@dataclass(frozen=True)
class CollectionFilter:
    """Which collections to list. A field that is None matches all."""

    report_id: str | None = None
    workflow_id: str | None = None
    instance_id: str | None = None
    status: str | None = None
    is_open: bool | None = None
    mine: bool | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: CollectionFilter, args: PageArgs
) -> Page[Collection]:
    """Return a page of the collections that the viewer may see, newest first."""
    statement = select(Collection)
    of = [(kind.source.prefix, kind.source.key, kind.argument) for kind in kinds.KINDS]
    for prefix, column, name in (*of, ("inst", "instance_id", "instanceId")):
        if (given := getattr(filter, column)) is not None:
            key = ids.decode(prefix, given, field=f"filter.{name}")
            statement = statement.where(getattr(Collection, column) == key)
    if filter.status is not None:
        statement = statement.where(Collection.status == filter.status)
    if filter.is_open is not None:
        is_open = Collection.status.in_(OPEN)
        statement = statement.where(is_open if filter.is_open else ~is_open)
    if filter.mine is not None:
        is_mine = Collection.user_id == viewer.user_id
        statement = statement.where(is_mine if filter.mine else ~is_mine)
    return await page(session, statement, (Collection.created_at, Collection.id), args)


@dataclass(frozen=True)
class Counts:
    """The segments of a collection, counted by state. The first five add up to all of them."""

    pending: int = 0
    running: int = 0
    completed: int = 0
    failed: int = 0
    skipped: int = 0
    provisional: int = 0
    waiting: int = 0
    at_amc: int = 0
    ingesting: int = 0


UNDER_WAY = kinds.union_all(
    "SELECT id, phase FROM {kind.execution.name} "
    "WHERE phase <> 'done' AND collection_id = ANY(:ids)"
)


COUNTED = text(
    f"""
    SELECT w.collection_id AS id,
        count(*) FILTER (WHERE w.status = 'pending') AS pending,
        count(*) FILTER (WHERE w.status = 'running') AS running,
        count(*) FILTER (WHERE w.status = 'completed') AS completed,
        count(*) FILTER (WHERE w.status = 'failed') AS failed,
        count(*) FILTER (WHERE w.status = 'skipped') AS skipped,
        count(*) FILTER (WHERE w.is_provisional) AS provisional,
        count(*) FILTER (WHERE e.phase = 'waiting') AS waiting,
        count(*) FILTER (WHERE e.phase IN ('submitting', 'at_amc')) AS at_amc,
        count(*) FILTER (WHERE e.phase = 'ingesting') AS ingesting
    FROM report_data_weeks w LEFT JOIN ({UNDER_WAY}) e ON w.is_open AND e.id = w.execution_id
    WHERE w.collection_id = ANY(:ids) GROUP BY 1
    """  # noqa: S608
)


async def counts(session: AsyncSession, collections: list[Collection]) -> dict[UUID, Counts]:
    """Count the segments of each collection, in one statement."""
    found = await session.execute(COUNTED, {"ids": [one.id for one in collections]})
    return {
        row.id: Counts(**{name: row._mapping[name] for name in Counts.__annotations__})
        for row in found
    }
