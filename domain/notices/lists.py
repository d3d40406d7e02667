"""Lists notices and the targets they go to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Notice, NoticeTarget
from domain.pages.feed import Live
from domain.pages.filters import between, one_of, with_id
from domain.pages.pages import KEPT, NEVER_YET, Across, Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ORDERS = Orders(
    Notice.id,
    {
        "created_at": by(Notice.created_at),
        "sent_at": by(Notice.sent_at, null=NEVER_YET),
    },
)
TARGET_ORDERS = Orders(NoticeTarget.id, {"created_at": by(NoticeTarget.created_at)})


@dataclass(frozen=True)
class NoticeFilter:
    """Which notices to list. A field that is None matches all."""

    target_id: str | None = None
    events: Sequence[str] | None = None
    states: Sequence[str] | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


@lru_cache(KEPT)
def rows(viewer: Viewer, filter: NoticeFilter) -> Select[Any]:
    """Select the viewer's notices."""
    return (
        select(Notice)
        .join(NoticeTarget, NoticeTarget.id == Notice.target_id)
        .where(
            NoticeTarget.user_id == viewer.user_id,
            *with_id(Notice.target_id, "ntg", filter.target_id, "targetId"),
            *one_of(Notice.event, filter.events, "events"),
            *one_of(Notice.state, filter.states, "states"),
            *between(Notice.created_at, filter.created_from, filter.created_before),
        )
    )


async def find(
    session: AsyncSession, viewer: Viewer, filter: NoticeFilter, args: PageArgs
) -> Page[Notice]:
    """Return a page of the viewer's notices, newest first."""
    targets = [
        NoticeTarget.user_id == viewer.user_id,
        *with_id(NoticeTarget.id, "ntg", filter.target_id, "targetId"),
    ]
    across = Across(Notice.target_id, select(NoticeTarget.id).where(*targets))
    return await page(session, rows(viewer, filter), ORDERS, args, across=across)


LIVE = Live(
    "ntc",
    Notice,
    rows,
    find,
    mark=lambda row: (row.state, row.attempts, row.last_error),
    is_own=True,
)


async def targets(session: AsyncSession, viewer: Viewer, args: PageArgs) -> Page[NoticeTarget]:
    """Return a page of the viewer's notice targets, newest first."""
    statement = select(NoticeTarget).where(NoticeTarget.user_id == viewer.user_id)
    return await page(session, statement, TARGET_ORDERS, args)
