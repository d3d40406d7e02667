"""Lists dashboards, and describes the viewer's access to each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Uuid, bindparam, exists, func, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Dashboard, DashboardFavorite, DashboardShare, DashboardSource, Report
from domain.pages.filters import between, equal, holds, one_of, with_text
from domain.pages.pages import Orders, Page, PageArgs, by, by_name, page
from domain.viewer import Viewer

ORDERS = Orders(
    Dashboard.id,
    {
        "created_at": by(Dashboard.created_at),
        "updated_at": by(Dashboard.updated_at),
        "name": by_name(Dashboard.name),
    },
)
MOST_REPORTS = 24  # most reports shown of those that name a dashboard
MOST_DASHBOARDS = 24  # most dashboards shown of those that show a report


@dataclass(frozen=True)
class DashboardFilter:
    """Which dashboards to list. A field that is None matches all."""

    mine: bool | None = None
    shared_with_me: bool | None = None
    is_public: bool | None = None
    is_favorite: bool | None = None
    template_type: str | None = None
    name: str | None = None
    template_types: Sequence[str] | None = None
    text: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: DashboardFilter, args: PageArgs
) -> Page[Dashboard]:
    """Return a page of the dashboards that the viewer owns or may see, newest first."""
    me = viewer.user_id
    shared = exists().where(
        DashboardShare.dashboard_id == Dashboard.id, DashboardShare.shared_with_user_id == me
    )
    marked = exists().where(
        DashboardFavorite.dashboard_id == Dashboard.id, DashboardFavorite.user_id == me
    )
    statement = select(Dashboard).where(
        Dashboard.user_id.is_not(None),
        *holds(Dashboard.user_id == me, filter.mine),
        *holds(shared, filter.shared_with_me),
        *holds(Dashboard.is_public, filter.is_public),
        *holds(marked, filter.is_favorite),
        *equal(Dashboard.template_type, filter.template_type),
        *one_of(Dashboard.template_type, filter.template_types, "templateTypes"),
        *with_text(filter.name, Dashboard.name, Dashboard.description),
        *with_text(filter.text, Dashboard.name, Dashboard.description),
        *between(Dashboard.created_at, filter.created_from, filter.created_before),
    )
    return await page(session, statement, ORDERS, args)


@dataclass(frozen=True)
class Standing:
    """The viewer's access to a dashboard, and whether it is a favourite."""

    access: str  # OWNER, EDIT, VIEW, PUBLIC
    is_favorite: bool


# The acts on a dashboard, and the kinds of access that each of them takes.
NEEDS = {
    "change": ("OWNER", "EDIT"),
    "duplicate": ("OWNER", "EDIT", "VIEW", "PUBLIC"),
    "publish": ("OWNER",),
    "share": ("OWNER",),
    "transfer": ("OWNER",),
    "delete": ("OWNER",),
}


async def viewer_can(session: AsyncSession, rows: list[Dashboard]) -> dict[UUID, list[str]]:
    """Return the acts of the viewer on each dashboard, in one statement."""
    known = await standings(session, rows)
    return {
        one.id: [name for name, access in NEEDS.items() if known[one.id].access in access]
        for one in rows
    }


STANDINGS = text(
    """
    SELECT asked.id,
        CASE WHEN d.user_id = app_user_id() THEN 'OWNER'
            ELSE coalesce(upper(s.permission_level), 'PUBLIC') END AS access,
        f.id IS NOT NULL AS is_favorite
    FROM unnest(:ids) AS asked (id)
    LEFT JOIN dashboards d ON d.id = asked.id
    LEFT JOIN dashboard_shares s
        ON s.dashboard_id = asked.id AND s.shared_with_user_id = app_user_id()
    LEFT JOIN dashboard_favorites f ON f.dashboard_id = asked.id AND f.user_id = app_user_id()
    """
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))


async def standings(session: AsyncSession, dashboards: list[Dashboard]) -> dict[UUID, Standing]:
    """Return the viewer's standing on each of these dashboards, in one statement."""
    found = await session.execute(STANDINGS, {"ids": [one.id for one in dashboards]})
    return {row.id: Standing(row.access, row.is_favorite) for row in found}


async def reports(session: AsyncSession, dashboards: list[Dashboard]) -> dict[UUID, list[Report]]:
    """Return the newest reports that name each of these dashboards, if the viewer may see them."""
    place = (
        func.row_number()
        .over(
            partition_by=Report.dashboard_id,
            order_by=(Report.created_at.desc(), Report.id.desc()),
        )
        .label("place")
    )
    keys = [one.id for one in dashboards]
    numbered = select(Report.id, place).where(Report.dashboard_id.in_(keys)).subquery()
    rows = await session.scalars(
        select(Report)
        .join(numbered, numbered.c.id == Report.id)
        .where(numbered.c.place <= MOST_REPORTS)
        .order_by(numbered.c.place)
    )
    found: dict[UUID, list[Report]] = {key: [] for key in keys}
    for row in rows:
        if row.dashboard_id is not None:
            found[row.dashboard_id].append(row)
    return found


async def of_reports(session: AsyncSession, reports: list[Report]) -> dict[UUID, list[Dashboard]]:
    """Return the newest dashboards that show each of these reports, if the viewer may see them."""
    keys = [one.id for one in reports]
    newest = (Dashboard.created_at.desc(), Dashboard.id.desc())
    place = func.row_number().over(partition_by=DashboardSource.report_id, order_by=newest)
    numbered = (
        select(DashboardSource.report_id, Dashboard.id, place.label("place"))
        .join(Dashboard, Dashboard.id == DashboardSource.dashboard_id)
        .where(DashboardSource.report_id.in_(keys))
        .subquery()
    )
    rows = await session.execute(
        select(numbered.c.report_id, Dashboard)
        .join(numbered, numbered.c.id == Dashboard.id)
        .where(numbered.c.place <= MOST_DASHBOARDS)
        .order_by(numbered.c.place)
    )
    found: dict[UUID, list[Dashboard]] = {key: [] for key in keys}
    for key, dashboard in rows:
        found[key].append(dashboard)
    return found
