"""Dashboards shown to other people: to look at, or to change too."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus
from domain.dashboards import dashboards, lists, sources, widgets
from domain.dashboards.sources import WidgetSource
from domain.db import transaction
from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.models import Dashboard, DashboardShare, User
from domain.viewer import Viewer

MOST_SHARES = 100  # of a dashboard
WHO = text("SELECT user_of_address(:address)")


async def share(
    session: AsyncSession, viewer: Viewer, public_id: str, email: str, permission: str
) -> Dashboard:
    """Show it to one more person, or let one who is shown it do more, or less.

    Raises NotFound for an unknown address, Forbidden to others than the owner, Conflict where it
    is shared with too many people.
    """
    dashboard = await dashboards.owned(session, viewer, public_id, "share", field="dashboardId")
    person = await _person(session, email)
    if person == viewer.user_id:
        raise Invalid("It is yours already; name somebody else.", field="email")
    others = select(func.count()).where(
        DashboardShare.dashboard_id == dashboard.id, DashboardShare.shared_with_user_id != person
    )
    if (await session.scalar(others) or 0) >= MOST_SHARES:
        raise Conflict(
            f"A dashboard is shared with at most {MOST_SHARES} people. Take it from somebody, or "
            "make it public.",
            field="email",
        )
    made = insert(DashboardShare).values(
        dashboard_id=dashboard.id,
        shared_by_user_id=viewer.user_id,
        shared_with_user_id=person,
        permission_level=permission,
    )
    await session.execute(
        made.on_conflict_do_update(
            index_elements=["dashboard_id", "shared_with_user_id"],
            set_={"permission_level": permission},
        )
    )
    bus.changed(session, dashboard.id)
    return dashboard


async def _person(session: AsyncSession, email: str) -> UUID:
    found: UUID | None = await session.scalar(WHO, {"address": email.strip()})
    if found is None:
        raise NotFound(f"Nobody who may sign in has the address {email[:320]!r}.", field="email")
    return found


async def unshare(session: AsyncSession, viewer: Viewer, public_id: str, email: str) -> Dashboard:
    """Show it to this person no more. Whom it is not shared with it needs not be taken from.

    Raises NotFound for an unknown address, Forbidden to others than the owner.
    """
    dashboard = await dashboards.owned(session, viewer, public_id, "share", field="dashboardId")
    # By the share, so that it can be taken from somebody who may not sign in any more.
    person = select(User.id).where(func.lower(User.email) == email.strip().lower())
    gone = await session.execute(
        delete(DashboardShare)
        .where(
            DashboardShare.dashboard_id == dashboard.id,
            DashboardShare.shared_with_user_id.in_(person),
        )
        .returning(DashboardShare.id)
    )
    if not gone.all():
        await _person(session, email)
    bus.changed(session, dashboard.id)
    return dashboard


async def shares(session: AsyncSession, of: list[Dashboard]) -> dict[UUID, list[DashboardShare]]:
    """Whom these dashboards are shown to, for their owner; nothing for anybody else."""
    found: dict[UUID, list[DashboardShare]] = {}
    rows = await session.execute(
        select(Dashboard.id, DashboardShare)
        .outerjoin(DashboardShare, DashboardShare.dashboard_id == Dashboard.id)
        .where(
            Dashboard.id.in_([one.id for one in of]),
            Dashboard.user_id == func.app_user_id(),
        )
        .order_by(DashboardShare.created_at, DashboardShare.id)
    )
    for key, row in rows:
        found.setdefault(key, [])
        if row is not None:
            found[key].append(row)
    return found


@dataclass(frozen=True)
class Served:
    """Whether a widget has its numbers for somebody."""

    id: UUID
    is_served: bool


@dataclass(frozen=True)
class Sight:
    """What a person may do with a dashboard, and is shown of it."""

    access: str | None  # None: it is not shown at all
    sources: list[WidgetSource]
    hidden_sources: list[WidgetSource]
    widgets: list[Served]


async def sight(viewer: Viewer, dashboard: Dashboard, email: str) -> Sight:
    """What the person with this address sees, as the database decides it for that person.

    Raises Forbidden to others than the owner, NotFound for an unknown address.
    """
    if dashboard.user_id != viewer.user_id:
        raise Forbidden(f"Only its owner can look at {dashboard.name!r} as somebody else.")
    async with transaction(viewer) as session:
        person = await _person(session, email)
        every = (await sources.shown(session, [dashboard]))[dashboard.id]
        there = await widgets.of(session, dashboard)
    access, shown = await _as(Viewer(user_id=person, email=email, name=""), dashboard)
    refs = {one.ref for one in shown}
    return Sight(
        access=access,
        sources=shown,
        hidden_sources=[one for one in every if one.ref not in refs],
        widgets=[
            Served(one.id, access is not None and sources.refs_of([one]) <= refs) for one in there
        ],
    )


async def _as(person: Viewer, dashboard: Dashboard) -> tuple[str | None, list[WidgetSource]]:
    """What the dashboard is to somebody, and the sources that are shown then."""
    async with transaction(person) as session:
        if await session.scalar(select(Dashboard.id).where(Dashboard.id == dashboard.id)) is None:
            return None, []
        standing = (await lists.standings(session, [dashboard]))[dashboard.id]
        shown = await sources.shown(session, [dashboard])
        return standing.access, shown[dashboard.id]
