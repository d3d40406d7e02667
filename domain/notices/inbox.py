"""The inbox of a person: what happened to what is theirs, read or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.bus import bus
from domain.models import InboxEntry
from domain.pages.feed import Live
from domain.pages.filters import between, holds, one_of, with_ids
from domain.pages.pages import KEPT, Orders, Page, PageArgs, by, page
from domain.problems import Problem, Problems
from domain.sentences import has_at_most
from domain.viewer import Viewer

MOST_MARKED = 100
MOST_COUNTED = 1000
ORDERS = Orders(InboxEntry.id, {"created_at": by(InboxEntry.created_at)})
TELL = text(
    "SELECT tell(:who, :event, :key, :place, NULL, :cause, :object, :source, :name, :reason, false)"
)


@dataclass(frozen=True)
class InboxFilter:
    """Which entries to list. A field that is None matches all."""

    is_read: bool | None = None
    events: Sequence[str] | None = None
    instance_ids: Sequence[str] | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True)
class Marked:
    """How many entries were changed, and how many are not read now."""

    count: int
    unread: int


async def put(
    session: AsyncSession,
    event: str,
    who: UUID,
    place: UUID,
    dedupe_key: str,
    payload: Mapping[str, Any],
) -> None:
    """Put an event of a schedule into a person's inbox, once. For the engine."""
    cause = uuid4()
    given = {"who": who, "event": event, "key": dedupe_key, "place": place, "cause": cause}
    told = {
        "object": payload.get("execution") or payload.get("schedule"),
        "source": payload.get("report"),
        "name": payload.get("name"),
        "reason": payload.get("reason"),
    }
    await session.execute(TELL, {**given, **told})
    bus.changed(session, cause)


@lru_cache(KEPT)
def rows(viewer: Viewer, filter: InboxFilter) -> Select[Any]:
    """Select the viewer's entries. Raises NotFound."""
    return select(InboxEntry).where(
        InboxEntry.user_id == viewer.user_id,
        *holds(InboxEntry.read_at.is_not(None), filter.is_read),
        *one_of(InboxEntry.event, filter.events, "events"),
        *with_ids(InboxEntry.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *between(InboxEntry.created_at, filter.created_from, filter.created_before),
    )


async def find(
    session: AsyncSession, viewer: Viewer, filter: InboxFilter, args: PageArgs
) -> Page[InboxEntry]:
    """Return a page of the viewer's entries, newest first. Raises NotFound."""
    return await page(session, rows(viewer, filter), ORDERS, args)


LIVE = Live("inb", InboxEntry, rows, find, mark=lambda row: row.read_at, is_own=True)


async def mark(session: AsyncSession, public_ids: Sequence[str], *, is_read: bool) -> Marked:
    """Mark entries of the viewer's as read or not. Raises NotFound for what is no id of one."""
    if len(public_ids) > MOST_MARKED:
        raise Problems([Problem.of("ids", has_at_most(MOST_MARKED, "value", len(public_ids)))])
    keys = [ids.decode("inb", one, field=f"ids.{at}") for at, one in enumerate(public_ids)]
    return await _mark(session, InboxEntry.id.in_(keys), is_read=is_read)


async def mark_all(session: AsyncSession, until: datetime | None) -> Marked:
    """Mark all entries of the viewer's as read, up to this moment."""
    return await _mark(session, *([] if until is None else [InboxEntry.created_at <= until]))


async def _mark(session: AsyncSession, *which: Any, is_read: bool = True) -> Marked:
    was = InboxEntry.read_at.is_(None) if is_read else InboxEntry.read_at.is_not(None)
    marked = await session.execute(
        update(InboxEntry)
        .where(InboxEntry.user_id == func.app_user_id(), was, *which)
        .values(read_at=func.now() if is_read else None)
        .returning(InboxEntry.id)
        .execution_options(synchronize_session=False)
    )
    keys = marked.scalars().all()
    bus.changed(session, *keys[:MOST_COUNTED])
    return Marked(len(keys), await _unread(session))


async def unread_of(session: AsyncSession, viewers: Sequence[Any]) -> dict[Any, int]:
    """Return the number of entries that the viewer has not read, for each of these viewers."""
    number = await _unread(session)
    return {one.id: number for one in viewers}


async def _unread(session: AsyncSession) -> int:
    mine = select(InboxEntry.id).where(
        InboxEntry.user_id == func.app_user_id(), InboxEntry.read_at.is_(None)
    )
    counted = select(func.count()).select_from(mine.limit(MOST_COUNTED).subquery())
    return int(await session.scalar(counted) or 0)
