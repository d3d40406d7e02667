"""Notices of odd weeks of a dashboard: who watches it, and whether they may be told.

A notice is written for each target that watches the dashboard. Row-level security shows a notice
to its person as long as it shows the insight, and only then it is delivered. So the rule of who
sees an insight stands once, in the database.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql import func

from domain import ids
from domain.bus import bus
from domain.bus.queues import Job
from domain.db import transaction
from domain.models import Dashboard, DashboardInsight, Notice, NoticeTarget, User
from domain.models.notices import ANOMALY
from domain.viewer import Viewer


async def raise_anomalies(
    session: AsyncSession, dashboard: Dashboard, insights: Iterable[DashboardInsight]
) -> None:
    """Write a notice of each of these insights for each target that watches the dashboard.

    No target is told twice of the same odd week, whatever metric shows it. Two statements and as
    many jobs as there are notices.
    """
    targets = list(await session.scalars(_watching(dashboard.id)))
    rows = [_row(target, dashboard, one) for one in insights for target in targets]
    if not rows:
        return
    made = insert(Notice).values(rows).on_conflict_do_nothing().returning(Notice.id)
    for key in await session.scalars(made):
        bus.changed(session, key)
        bus.later(session, Job.DELIVER_NOTICE, key.hex)


def _watching(dashboard: UUID) -> Any:
    """Select one target for each address: the oldest, so that a newer one does not repeat it."""
    place = (NoticeTarget.user_id, NoticeTarget.kind, NoticeTarget.address)
    return (
        select(NoticeTarget.id)
        .ext(distinct_on(*place))
        .join(User, User.id == NoticeTarget.user_id)
        .where(
            NoticeTarget.watched_dashboard_id == dashboard,
            NoticeTarget.is_active,
            User.is_active,
        )
        .order_by(*place, NoticeTarget.created_at, NoticeTarget.id)
    )


def _row(target: UUID, dashboard: Dashboard, one: DashboardInsight) -> dict[str, Any]:
    return {
        "target_id": target,
        "event": ANOMALY,
        "dedupe_key": _week(one),
        "dashboard_insight_id": one.id,
        "payload": {
            "name": dashboard.name,
            "text": one.insight_text,
            "source": one.source_name,
            "object": ids.encode("dash", dashboard.id),
            "insight": ids.encode("ins", one.id),
        },
        "due_at": func.now(),
    }


def _week(one: DashboardInsight) -> str:
    """What an odd week is told by once: its source, the value that is odd, and its first day."""
    source = (one.report_id or one.workflow_id or one.id).hex
    value = "" if one.value is None else f"{one.dimension}={one.value}"
    return f"{source} {one.period_start} {value}"


async def may_be_told(notice: Notice, person: UUID) -> bool:
    """Return whether the person sees the notice, and with it the insight that it tells of."""
    async with transaction(Viewer(user_id=person, email="", name="")) as session:
        return await session.scalar(select(Notice.id).where(Notice.id == notice.id)) is not None
