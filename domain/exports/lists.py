"""Lists a person's exports, and counts them."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.exports.exports import OPEN
from domain.models import ReportExport
from domain.pages import Asked, Page, page
from domain.viewer import Viewer


@dataclass(frozen=True)
class ExportFilter:
    """Which exports to list. A field that is None matches all."""

    state: str | None = None
    format: str | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: ExportFilter, asked: Asked
) -> Page[ReportExport]:
    """Return a page of the viewer's exports, newest first."""
    statement = select(ReportExport).where(ReportExport.exported_by == viewer.user_id)
    if filter.state is not None:
        statement = statement.where(ReportExport.state == filter.state)
    if filter.format is not None:
        statement = statement.where(ReportExport.export_format == filter.format)
    return await page(session, statement, (ReportExport.exported_at, ReportExport.id), asked)


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
