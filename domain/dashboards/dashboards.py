"""Creates, changes, copies, marks and deletes dashboards, and checks who may do so."""

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.bus import bus
from domain.dashboards import lists, sources
from domain.dashboards.configs import WidgetFilters
from domain.documents import in_words, kept, read
from domain.errors import Conflict, Forbidden, NotFound
from domain.models import Dashboard, DashboardFavorite, Widget
from domain.people import access
from domain.problems import Gathered, check_name, check_text, copy_name, refuse
from domain.viewer import Viewer

LONGEST_NAME = 200
LONGEST_DESCRIPTION = 5000
NO_CHANGE: Any = object()  # for what None would clear


@dataclass(frozen=True)
class DashboardSpec:
    """What a person decides about a dashboard, apart from its widgets."""

    name: str
    description: str | None = None
    filters: Any = field(default_factory=dict)
    is_public: bool = False
    template_type: str | None = None


@dataclass(frozen=True)
class DashboardChange:
    """A change of a dashboard. Fields that are None, or NO_CHANGE, stay as they are."""

    name: str | None = None
    description: Any = NO_CHANGE
    filters: Any = None
    is_public: bool | None = None
    template_type: Any = NO_CHANGE

    def columns(self) -> dict[str, Any]:
        """Check the change and return the new values by column. Raises Problems."""
        given: dict[str, Any] = {}
        wrong = Gathered()
        if self.name is not None:
            with wrong.also():
                given["name"] = _name(self.name, "change.name")
        if self.description is not NO_CHANGE:
            with wrong.also():
                given["description"] = _description(self.description, "change.description")
        if self.filters is not None:
            with wrong.also():
                given["filter_config"] = kept(read(WidgetFilters, self.filters, "change.filters"))
        wrong.refuse()
        if self.is_public is not None:
            given["is_public"] = self.is_public
        if self.template_type is not NO_CHANGE:
            given["template_type"] = self.template_type
        return given


class Outdated(Conflict):
    """Raised for a change made against an outdated version. It carries both versions."""

    def __init__(
        self, dashboard: Dashboard, current: dict[str, Any], yours: dict[str, Any]
    ) -> None:
        super().__init__(
            f"{dashboard.name!r} has changed since you read it: its version is now "
            f"{dashboard.version}, yours is {yours['version']}. Read it again, and repeat your "
            "change if you still want it.",
            field="version",
        )
        self.extensions["current"] = {"version": dashboard.version, **current}
        self.extensions["yours"] = yours


def _name(given: str, field: str) -> str:
    refuse(check_name(field, given, LONGEST_NAME))
    return given.strip()


def _description(given: str | None, field: str) -> str | None:
    refuse(check_text(field, given, 0, LONGEST_DESCRIPTION))
    return given


async def create(session: AsyncSession, viewer: Viewer, spec: DashboardSpec) -> Dashboard:
    """Create a dashboard of the viewer's, without widgets. Raises Problems."""
    dashboard = Dashboard(
        user_id=viewer.user_id, template_type=spec.template_type, is_public=spec.is_public
    )
    wrong = Gathered()
    with wrong.also():
        dashboard.name = _name(spec.name, "dashboard.name")
    with wrong.also():
        dashboard.description = _description(spec.description, "dashboard.description")
    with wrong.also():
        dashboard.filter_config = kept(read(WidgetFilters, spec.filters, "dashboard.filters"))
    wrong.refuse()
    session.add(dashboard)
    await session.flush()
    return dashboard


async def get(session: AsyncSession, public_id: str, *, field: str = "id") -> Dashboard:
    """Return the dashboard with this id if the viewer may see it. Raises NotFound."""
    return await access.get(session, "dash", Dashboard, public_id, field=field)


async def owned(
    session: AsyncSession, viewer: Viewer, public_id: str, to: str, *, field: str = "id"
) -> Dashboard:
    """Lock and return the dashboard for its owner. Raises NotFound, and Forbidden for others."""
    dashboard = await get(session, public_id, field=field)
    if dashboard.user_id != viewer.user_id:
        raise Forbidden(f"Only its owner can {to} the dashboard {dashboard.name!r}.", field=field)
    return await _locked(session, dashboard, field)


async def editable(session: AsyncSession, viewer: Viewer, public_id: str) -> Dashboard:
    """Lock and return the dashboard for somebody who may change it.

    Raises NotFound and Forbidden.
    """
    dashboard = await get(session, public_id)
    if dashboard.user_id != viewer.user_id:
        standing = (await lists.standings(session, [dashboard]))[dashboard.id]
        if standing.access not in lists.NEEDS["change"]:
            raise Forbidden(
                f"You may only view {dashboard.name!r}. To change it, ask its owner to share it "
                "with you for editing, or make a copy of your own.",
                field="id",
            )
    return await _locked(session, dashboard, "id")


async def _locked(session: AsyncSession, dashboard: Dashboard, field: str) -> Dashboard:
    """Lock the current row. Nobody else changes it until this transaction ends."""
    statement = (
        select(Dashboard)
        .where(Dashboard.id == dashboard.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    )
    found = (await session.scalars(statement)).one_or_none()
    if found is None:  # deleted or no longer shared, just now
        raise NotFound(f"There is no dashboard {ids.encode('dash', dashboard.id)!r}.", field=field)
    return found


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, version: int, wanted: DashboardChange
) -> Dashboard:
    """Change a dashboard. A change that is already there changes nothing and never conflicts.

    Raises Outdated if the dashboard is no longer in the version that the change was made against.
    """
    columns = wanted.columns()
    dashboard = await editable(session, viewer, public_id)
    new = {name: value for name, value in columns.items() if getattr(dashboard, name) != value}
    if "is_public" in new and dashboard.user_id != viewer.user_id:
        raise Forbidden(
            f"Only its owner can publish or unpublish {dashboard.name!r}.",
            field="change.isPublic",
        )
    if not new:
        return dashboard
    if dashboard.version != version:
        raise Outdated(dashboard, _shown(dashboard), {"version": version, **_words(columns)})
    for name, value in new.items():
        setattr(dashboard, name, value)
    await raise_version(session, dashboard)
    return dashboard


def _words(columns: dict[str, Any]) -> dict[str, Any]:
    """Return the columns and values in the names of the GraphQL schema."""
    known = {"filter_config": "filters", "is_public": "isPublic", "template_type": "templateType"}
    told = {known.get(name, name): value for name, value in columns.items()}
    if told.get("templateType"):
        told["templateType"] = told["templateType"].upper()
    if "filters" in told:
        told["filters"] = in_words(WidgetFilters, told["filters"])
    return told


def _shown(dashboard: Dashboard) -> dict[str, Any]:
    columns = ("name", "description", "filter_config", "is_public", "template_type")
    return _words({name: getattr(dashboard, name) for name in columns})


async def raise_version(session: AsyncSession, dashboard: Dashboard) -> None:
    """Raise the version, under the row's lock, and tell watchers."""
    dashboard.version += 1
    await session.flush()
    bus.changed(session, dashboard.id)


async def remove(session: AsyncSession, viewer: Viewer, public_id: str) -> str:
    """Delete a dashboard with its widgets and shares. Reports and their numbers stay."""
    dashboard = await owned(session, viewer, public_id, "delete")
    await session.delete(dashboard)
    await session.flush()
    bus.changed(session, dashboard.id)
    return public_id


async def duplicate(
    session: AsyncSession, viewer: Viewer, public_id: str, name: str | None
) -> Dashboard:
    """Make a private copy with all widgets, owned by the viewer.

    Raises Forbidden if the viewer may see a source only through the original.
    """
    original = await get(session, public_id)
    copy = Dashboard(
        name=_name(name or copy_name(original.name, LONGEST_NAME), "name"),
        description=original.description,
        user_id=viewer.user_id,
        template_type=original.template_type,
        layout_config=original.layout_config,
        filter_config=original.filter_config,
    )
    session.add(copy)
    await session.flush()
    for one in await session.scalars(select(Widget).where(Widget.dashboard_id == original.id)):
        session.add(
            Widget(
                widget_id=one.widget_id,
                dashboard_id=copy.id,
                widget_type=one.widget_type,
                chart_type=one.chart_type,
                title=one.title,
                data_source=one.data_source,
                display_config=one.display_config,
                position_config=one.position_config,
            )
        )
    await session.flush()
    await sources.copy(session, viewer, original, copy)
    return copy


async def favorite(
    session: AsyncSession, viewer: Viewer, public_id: str, favorite: bool
) -> Dashboard:
    """Add the dashboard to the viewer's favourites, or remove it from them."""
    dashboard = await get(session, public_id)
    mark = {"dashboard_id": dashboard.id, "user_id": viewer.user_id}
    if favorite:
        await session.execute(insert(DashboardFavorite).values(mark).on_conflict_do_nothing())
    else:
        await session.execute(delete(DashboardFavorite).filter_by(**mark))
    return dashboard
