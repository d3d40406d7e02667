"""Watched dashboards: whoever watches one is told of odd weeks that are sure, new and recent."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.calendar.days import Days
from domain.insights import versions
from domain.models import Dashboard, DashboardInsight
from domain.notices import anomalies, notices
from domain.notices.notices import Added, NoticeTargetSpec
from domain.viewer import Viewer

SURE = Decimal("0.9")
RECENT = timedelta(weeks=4)  # before the end of the newest week


async def add(session: AsyncSession, viewer: Viewer, spec: NoticeTargetSpec) -> Added:
    """Add a target for the viewer's notices. Insights of a dashboard that it watches are made.

    Raises what `notices.add` raises.
    """
    added = await notices.add(session, viewer, spec)
    if spec.watched_dashboard_id is not None:
        await versions.asked(session, "dashboard_id", [spec.watched_dashboard_id])
    return added


async def tell(session: AsyncSession, dashboard_id: UUID, made: Sequence[UUID], days: Days) -> None:
    """Have watchers told of the odd weeks among insights that were made just now of these days."""
    row = DashboardInsight
    fresh = await session.scalars(
        select(row)
        .where(
            row.id.in_(made),
            row.insight_type == "anomaly",
            row.found_at == func.now(),
            row.confidence_score >= SURE,
            row.period_start >= days.end - RECENT,
        )
        .order_by(row.rank)
    )
    dashboard = await session.get_one(Dashboard, dashboard_id)
    await anomalies.raise_anomalies(session, dashboard, fresh.all())
