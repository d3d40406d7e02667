"""Lists a person's exports, and counts them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.exports.exports import OPEN
from domain.models import ReportExport
from domain.pages.filters import between, one_of
from domain.pages.pages import NEVER_YET, Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ORDERS = Orders(
    ReportExport.id,
    {
        "created_at": by(ReportExport.exported_at),
        "completed_at": by(ReportExport.completed_at, null=NEVER_YET),
    },
)


@dataclass(frozen=True)
class ExportFilter:
    """Which exports to list. A field that is None matches all."""

    states: Sequence[str] | None = None
    formats: Sequence[str] | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: ExportFilter, args: PageArgs
) -> Page[ReportExport]:
    """Return a page of the viewer's exports, newest first."""
    statement = select(ReportExport).where(
        ReportExport.exported_by == viewer.user_id,
        *one_of(ReportExport.state, filter.states, "states"),
        *one_of(ReportExport.export_format, filter.formats, "formats"),
        *between(ReportExport.exported_at, filter.created_from, filter.created_before),
    )
    return await page(session, statement, ORDERS, args)


@dataclass(frozen=True)
class Usage:
    """How many exports a person has, how many of them are not over, and the size of their files."""

    count: int
    open: int
    size_bytes: int


async def usage(session: AsyncSession, viewer: Viewer) -> Usage:
    """Count the viewer's exports and the bytes of their files, in one statement."""
    is_open = ReportExport.state.in_(OPEN)
    has_file = ReportExport.state == "completed"
    size = func.coalesce(func.sum(ReportExport.file_size_bytes).filter(has_file), 0)
    row = (
        await session.execute(
            select(func.count(), func.count().filter(is_open), size).where(
                ReportExport.exported_by == viewer.user_id
            )
        )
    ).one()
    return Usage(row[0], row[1], int(row[2] or 0))
