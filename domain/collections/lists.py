"""Lists collections, and counts the segments of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.collections.progress import OPEN
from domain.models import Collection
from domain.pages.feed import Live
from domain.pages.filters import between, equal, holds, one_of, owned, with_id, with_ids, with_text
from domain.pages.pages import KEPT, Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ORDERS = Orders(
    Collection.id,
    {
        "created_at": by(Collection.created_at),
        "updated_at": by(Collection.updated_at),
        "start_date": by(Collection.start_date),
        "end_date": by(Collection.end_date),
    },
)


@dataclass(frozen=True)
class CollectionFilter:
    """Which collections to list. A field that is None matches all."""

    report_id: str | None = None
    workflow_id: str | None = None
    instance_id: str | None = None
    status: str | None = None
    is_open: bool | None = None
    mine: bool | None = None
    report_ids: Sequence[str] | None = None
    instance_ids: Sequence[str] | None = None
    statuses: Sequence[str] | None = None
    types: Sequence[str] | None = None
    text: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@lru_cache(KEPT)
def rows(viewer: Viewer, filter: CollectionFilter) -> Select[Any]:
    """Select the collections that the viewer may see."""
    statement = select(Collection).where(
        *with_id(Collection.report_id, "rpt", filter.report_id, "reportId"),
        *with_ids(Collection.report_id, "rpt", filter.report_ids, "reportIds"),
        *with_id(Collection.workflow_id, "wf", filter.workflow_id, "workflowId"),
        *with_id(Collection.instance_id, "inst", filter.instance_id, "instanceId"),
        *with_ids(Collection.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *equal(Collection.status, filter.status),
        *one_of(Collection.status, filter.statuses, "statuses"),
        *one_of(Collection.collection_type, filter.types, "types"),
        *holds(Collection.status.in_(OPEN), filter.is_open),
        *owned(Collection.user_id, viewer.user_id, filter.mine),
        *between(Collection.created_at, filter.created_from, filter.created_before),
    )
    if filter.text:
        statement = statement.where(or_(*(_named(kind, filter.text) for kind in kinds.KINDS)))
    return statement


async def find(
    session: AsyncSession, viewer: Viewer, filter: CollectionFilter, args: PageArgs
) -> Page[Collection]:
    """Return a page of the collections that the viewer may see, newest first."""
    return await page(session, rows(viewer, filter), ORDERS, args)


LIVE = Live("col", Collection, rows, find, mark=attrgetter("version"))


def _named(kind: kinds.Kind, text: str) -> ColumnElement[bool]:
    """Whether the report or workflow has this text in its name."""
    source = kind.source.model
    named = select(source.id).where(*with_text(text, source.name))
    return getattr(Collection, kind.source.key).in_(named)  # type: ignore[no-any-return]


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
    ids = [one.id for one in collections]
    found = await session.execute(COUNTED, {"ids": ids})
    return {key: Counts() for key in ids} | {
        row.id: Counts(**{name: row._mapping[name] for name in Counts.__annotations__})
        for row in found
    }
