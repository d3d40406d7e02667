"""Shares dashboards with other people, for viewing or for editing, and hands them over."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.bus import bus
from domain.dashboards import dashboards, lists, sources, widgets
from domain.dashboards.sources import WidgetSource
from domain.db import transaction
from domain.errors import Conflict, Forbidden, Invalid, NotFound
from domain.models import Dashboard, DashboardShare, User
from domain.people import people
from domain.viewer import Viewer

MOST_SHARES = 100  # of a dashboard
WHO = text("SELECT user_of_address(:address)")
HAND_OVER = text("SELECT hand_over_dashboard(:board, :person)")


async def share(
    session: AsyncSession, viewer: Viewer, public_id: str, email: str, permission: str
) -> Dashboard:
    """Share the dashboard with an address, or change what the person who has it may do.

    The answer is the same whether or not anybody has the address. A person who gets it later gets
    the share. Raises Invalid for what is no address, Forbidden for anybody but the owner, and
    Conflict where the dashboard is shared with too many people.
    """
    dashboard = await dashboards.owned(session, viewer, public_id, "share", field="dashboardId")
    address = _address(email)
    if address.lower() == viewer.email.lower():
        raise Invalid("The dashboard is already yours; name somebody else.", field="email")
    others = select(func.count()).where(
        DashboardShare.dashboard_id == dashboard.id, ~_is_of(address)
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
        email=address,
        permission_level=permission,
    )
    await session.execute(
        made.on_conflict_do_update(
            index_elements=["dashboard_id", text("lower(email)")],
            set_={"permission_level": permission},
        )
    )
    bus.changed(session, dashboard.id)
    return dashboard


def _address(email: str) -> str:
    address = email.strip()
    if not people.is_address(address):
        raise Invalid(f"{email[: people.LONGEST]!r} is not an e-mail address.", field="email")
    return address


def _is_of(address: str) -> ColumnElement[bool]:
    return func.lower(DashboardShare.email) == address.lower()


async def unshare(session: AsyncSession, viewer: Viewer, public_id: str, email: str) -> Dashboard:
    """Stop sharing the dashboard with this address. Without a share, nothing changes.

    Raises Forbidden for anybody but the owner.
    """
    dashboard = await dashboards.owned(session, viewer, public_id, "share", field="dashboardId")
    await session.execute(
        delete(DashboardShare).where(
            DashboardShare.dashboard_id == dashboard.id, _is_of(email.strip())
        )
    )
    bus.changed(session, dashboard.id)
    return dashboard


async def transfer(session: AsyncSession, viewer: Viewer, public_id: str, email: str) -> Dashboard:
    """Make somebody else the owner of the dashboard. The viewer may still edit it.

    Shares stay. Raises Forbidden for anybody but the owner, NotFound for an address of nobody whom
    the viewer shares an instance with, and Conflict if they are no member of an instance that the
    dashboard shows.
    """
    dashboard = await dashboards.owned(session, viewer, public_id, "transfer")
    key = await session.scalar(WHO, {"address": _address(email)})
    person = None if key is None else await session.get(User, key)  # of a common instance
    if person is None:
        raise NotFound("Nobody whom you share an instance with has this address.", field="email")
    if person.id == viewer.user_id:
        return dashboard
    of_both = DashboardShare.dashboard_id == dashboard.id, _is_of(person.email)
    await session.execute(delete(DashboardShare).where(*of_both))
    mine = insert(DashboardShare).values(
        dashboard_id=dashboard.id,
        shared_by_user_id=viewer.user_id,
        email=viewer.email,
        permission_level="edit",
    )
    await session.execute(mine.on_conflict_do_nothing())
    if not await session.scalar(HAND_OVER, {"board": dashboard.id, "person": person.id}):
        raise Conflict(
            f"{person.name} is no member of an instance whose numbers {dashboard.name!r} shows. "
            "Make them one first, or take those widgets off.",
            field="email",
        )
    bus.changed(session, dashboard.id)
    await session.refresh(dashboard)
    return dashboard


async def shares(session: AsyncSession, of: list[Dashboard]) -> dict[UUID, list[DashboardShare]]:
    """Return the shares of these dashboards, for their owner. Others get nothing."""
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
    """Whether a widget has numbers for a person."""

    id: UUID
    is_served: bool


@dataclass(frozen=True)
class Sight:
    """What a person may do with a dashboard, and what the person sees of it."""

    access: str | None  # None: the person does not see it
    sources: list[WidgetSource]
    hidden_sources: list[WidgetSource]
    widgets: list[Served]


async def sight(viewer: Viewer, dashboard: Dashboard, email: str) -> Sight:
    """Return what the person with this address sees, as the database decides for that person.

    For an address that nobody has, it is what a person would see who gets it. Raises Invalid for
    what is no address, and Forbidden for anybody but the owner.
    """
    if dashboard.user_id != viewer.user_id:
        raise Forbidden(f"Only its owner can view {dashboard.name!r} as somebody else.")
    address = _address(email)
    async with transaction(viewer) as session:
        person: UUID | None = await session.scalar(WHO, {"address": address})
        every = (await sources.shown(session, [dashboard]))[dashboard.id]
        there = await widgets.of(session, dashboard)
        permission = await session.scalar(
            select(DashboardShare.permission_level).where(
                DashboardShare.dashboard_id == dashboard.id, _is_of(address)
            )
        )
    access, shown = await _as(Viewer(person or uuid4(), email=address, name=""), dashboard)
    if person is None and permission is not None:
        access, shown = permission.upper(), [one for one in every if one.is_shown]
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
    """Return a person's access to the dashboard, and the sources shown to that person."""
    async with transaction(person) as session:
        if await session.scalar(select(Dashboard.id).where(Dashboard.id == dashboard.id)) is None:
            return None, []
        standing = (await lists.standings(session, [dashboard]))[dashboard.id]
        shown = await sources.shown(session, [dashboard])
        return standing.access, shown[dashboard.id]
