"""Watches a dashboard: finds what has changed since a watcher last looked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.errors import NotFound
from domain.models import Dashboard, DashboardShare, InsightRun
from domain.viewer import Viewer


@dataclass(frozen=True)
class Snapshot:
    """A dashboard as a watcher sees it at one moment."""

    dashboard: Dashboard
    layout: int
    data: int
    insights: datetime | None  # when they were last made
    sharing: tuple[object, ...]

    def since(self, before: "Snapshot | None") -> list[str]:
        """Return which of LAYOUT, DATA, INSIGHTS and SHARING have changed since a snapshot."""
        if before is None:
            return []
        return [
            name
            for name, was, is_now in (
                ("LAYOUT", before.layout, self.layout),
                ("DATA", before.data, self.data),
                ("INSIGHTS", before.insights, self.insights),
                ("SHARING", before.sharing, self.sharing),
            )
            if was != is_now
        ]


async def look(
    session: AsyncSession, viewer: Viewer, public_id: str, before: Snapshot | None
) -> Snapshot | None:
    """Return the dashboard as it is now, or None if it is deleted and the viewer owned it.

    Raises NotFound for everybody else, and once the dashboard is no longer shared with the viewer.
    """
    key = ids.decode("dash", public_id, field="id")
    made_at = select(InsightRun.made_at).where(InsightRun.dashboard_id == key).scalar_subquery()
    found = await session.execute(select(Dashboard, made_at).where(Dashboard.id == key))
    dashboard, made = found.one_or_none() or (None, None)
    if dashboard is None:
        if before is not None and before.dashboard.user_id == viewer.user_id:
            return None
        raise NotFound(f"There is no dashboard {public_id!r}.", field="id")
    shares = await session.execute(
        select(DashboardShare.shared_with_user_id, DashboardShare.permission_level)
        .where(DashboardShare.dashboard_id == key)
        .order_by(DashboardShare.id)
    )
    sharing = (dashboard.is_public, *(tuple(one) for one in shares))
    return Snapshot(dashboard, dashboard.version, dashboard.data_version, made, sharing)
