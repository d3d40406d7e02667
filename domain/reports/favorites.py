"""Favourites of reports: a person's own, whatever their role."""

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.bus import bus
from domain.models import DashboardFavorite, Report, ReportFavorite
from domain.people import access
from domain.viewer import Viewer


async def mark(session: AsyncSession, viewer: Viewer, public_id: str, is_favorite: bool) -> Report:
    """Add the report to the viewer's favourites, or remove it and its dashboard from them."""
    report = await access.get(session, "rpt", Report, public_id, field="id")
    mine = {"report_id": report.id, "user_id": viewer.user_id}
    if is_favorite:
        await session.execute(insert(ReportFavorite).values(mine).on_conflict_do_nothing())
    else:
        await session.execute(delete(ReportFavorite).filter_by(**mine))
        of_dashboard = {"dashboard_id": report.dashboard_id, "user_id": viewer.user_id}
        await session.execute(delete(DashboardFavorite).filter_by(**of_dashboard))
    bus.changed(session, report.id)
    return report
