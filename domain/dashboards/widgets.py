"""Adds, changes, moves and removes widgets, several at once: all of them or none."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any
from uuid import UUID, uuid4

import orjson
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.dashboards import dashboards, sources
from domain.dashboards.configs import DataSource, Position
from domain.dashboards.dashboards import Outdated
from domain.dashboards.sources import Ref, WidgetSource
from domain.dashboards.specs import Checked, Placed, WidgetSpec, check, overlaps, undeclared
from domain.documents import in_words, kept, tried
from domain.errors import NotFound
from domain.models import Dashboard, Widget
from domain.problems import Problem, refuse
from domain.templates.metrics import MOST_WIDGETS
from domain.viewer import Viewer

# Reading order, row by row. GraphQL and the domain list widgets in it.
AS_READ = (
    Widget.position_config["y"].as_integer(),
    Widget.position_config["x"].as_integer(),
    Widget.id,
)


@dataclass(frozen=True)
class Changed:
    """A change of a widget. What is not named stays as it is."""

    id: str
    spec: dict[str, Any]  # attributes of a WidgetSpec


@dataclass(frozen=True)
class Moved:
    """The new position of a widget."""

    id: str
    position: Any


@dataclass(frozen=True)
class WidgetsChange:
    """All changes to the widgets of a dashboard that are made at once."""

    add: list[WidgetSpec] = field(default_factory=list)
    change: list[Changed] = field(default_factory=list)
    move: list[Moved] = field(default_factory=list)
    remove: list[str] = field(default_factory=list)


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, version: int, wanted: WidgetsChange
) -> Dashboard:
    """Make all changes, or none. Raises Problems, NotFound, Forbidden.

    Raises Outdated if the dashboard is no longer in the version that the changes were made against.
    """
    dashboard = await dashboards.editable(session, viewer, public_id)
    there = await of(session, dashboard)
    if dashboard.version != version:
        current = {"widgets": [shown(one) for one in there]}
        raise Outdated(dashboard, current, {"version": version, "change": _submitted(wanted)})
    if wanted == WidgetsChange():
        return dashboard
    await _apply(session, viewer, dashboard, there, wanted)
    await dashboards.raise_version(session, dashboard)
    return dashboard


async def fill(
    session: AsyncSession, viewer: Viewer, dashboard: Dashboard, specs: list[WidgetSpec]
) -> None:
    """Give a new dashboard its first widgets. Raises Problems."""
    await _apply(session, viewer, dashboard, [], WidgetsChange(add=specs))


async def of(session: AsyncSession, dashboard: Dashboard) -> list[Widget]:
    """Return the widgets of a dashboard in reading order."""
    statement = select(Widget).where(Widget.dashboard_id == dashboard.id)
    return list(await session.scalars(statement.order_by(*AS_READ)))


def shown(widget: Widget) -> dict[str, Any]:
    """Return a widget in the names of the GraphQL schema, to show after a conflict."""
    return {
        "id": ids.encode("wgt", widget.id),
        "type": widget.widget_type.upper(),
        "chartType": widget.chart_type and widget.chart_type.upper(),
        "title": widget.title,
        "dataSource": in_words(DataSource, widget.data_source or None),
        "display": widget.display_config,
        "position": widget.position_config,
    }


async def _apply(
    session: AsyncSession,
    viewer: Viewer,
    dashboard: Dashboard,
    there: list[Widget],
    wanted: WidgetsChange,
) -> None:
    by_id = {one.id: one for one in there}
    removed = {_found(by_id, one, f"change.remove.{n}").id for n, one in enumerate(wanted.remove)}
    changed = [
        _found(by_id, one.id, f"change.change.{n}.id") for n, one in enumerate(wanted.change)
    ]
    moved = [_found(by_id, one.id, f"change.move.{n}.id") for n, one in enumerate(wanted.move)]
    checked, wrong = _checked(wanted, changed)
    positions, wrong_positions = _positions(wanted, moved)
    refuse([*_twice(changed, moved, removed), *wrong, *wrong_positions])
    new, known = await _sources(session, dashboard, wanted, checked)
    stay = [one for one in there if one.id not in removed]
    placed = _placed(stay, changed, moved, checked, positions)
    refuse([*undeclared(new, known), *overlaps(placed), *_many(placed)])
    for one in there:
        if one.id in removed:
            await session.delete(one)
    await _move(session, dashboard, moved, positions)
    rows = [*changed, *(_row(dashboard) for _ in wanted.add)]
    for row, spec in zip(rows, checked, strict=True):
        _write(row, spec)
    session.add_all(rows)
    await session.flush()
    await sources.keep(session, viewer, dashboard, set(known))


MOVE = text(
    """
    UPDATE dashboard_widgets SET position_config = moved.position
    FROM jsonb_to_recordset(CAST(:moved AS jsonb)) AS moved (id uuid, position jsonb)
    WHERE dashboard_widgets.id = moved.id AND dashboard_id = :dashboard
    """
)


async def _move(
    session: AsyncSession, dashboard: Dashboard, rows: list[Widget], positions: list[Position]
) -> None:
    """Move any number of widgets in one statement: people drag whole dashboards about."""
    moved = [
        {"id": str(row.id), "position": kept(position)}
        for row, position in zip(rows, positions, strict=True)
    ]
    if moved:
        values = {"moved": orjson.dumps(moved).decode(), "dashboard": dashboard.id}
        await session.execute(MOVE, values)


def _many(placed: list[Placed]) -> Iterator[Problem]:
    if len(placed) > MOST_WIDGETS:
        says = f"A dashboard has at most {MOST_WIDGETS} widgets; these would be {len(placed)}."
        yield Problem("change.add", says)


async def _sources(
    session: AsyncSession, dashboard: Dashboard, wanted: WidgetsChange, checked: list[Checked]
) -> tuple[list[Checked], dict[Ref, WidgetSource]]:
    """Return the widgets whose sources this change sets, and these sources."""
    as_before = {
        f"change.change.{number}"
        for number, one in enumerate(wanted.change)
        if "data_source" not in one.spec
    }
    new = [one for one in checked if one.field not in as_before]
    named = {ref for one in new for ref, _ in one.refs()}
    return new, await sources.known(session, dashboard, named)


def _found(by_id: dict[UUID, Widget], public_id: str, field: str) -> Widget:
    widget = by_id.get(ids.decode("wgt", public_id, field=field))
    if widget is None:
        raise NotFound(f"There is no widget {public_id!r} on this dashboard.", field=field)
    return widget


def _twice(changed: list[Widget], moved: list[Widget], removed: set[UUID]) -> Iterator[Problem]:
    """Yield a problem for each widget named twice: two changes of one widget may contradict."""
    seen = set(removed)
    for place, rows in (("change", changed), ("move", moved)):
        for number, row in enumerate(rows):
            if row.id in seen:
                says = f"{row.title!r} is named more than once in this change."
                yield Problem(f"change.{place}.{number}.id", says)
            seen.add(row.id)


def _checked(wanted: WidgetsChange, rows: list[Widget]) -> tuple[list[Checked], list[Problem]]:
    """Check the widgets as they will be: the changed ones, then the new ones."""
    specs = [
        (f"change.change.{number}", replace(_spec(row), **one.spec))
        for number, (row, one) in enumerate(zip(rows, wanted.change, strict=True))
    ]
    specs += [(f"change.add.{number}", one) for number, one in enumerate(wanted.add)]
    found: list[Checked] = []
    problems: list[Problem] = []
    for place, spec in specs:
        one, wrong = check(spec, place)
        problems += wrong
        if one is not None:
            found.append(one)
    return found, problems


def _positions(wanted: WidgetsChange, rows: list[Widget]) -> tuple[list[Position], list[Problem]]:
    found: list[Position] = []
    problems: list[Problem] = []
    for number in range(len(rows)):
        field = f"change.move.{number}.position"
        one, wrong = tried(Position, wanted.move[number].position, field)
        problems += wrong
        if one is not None:
            found.append(one)
    return found, problems


def _placed(
    stay: list[Widget],
    changed: list[Widget],
    moved: list[Widget],
    checked: list[Checked],
    positions: list[Position],
) -> list[Placed]:
    """Return the grid as it will be."""
    touched = {one.id for one in (*changed, *moved)}
    return [
        *(
            Placed(one.title, Position.model_validate(one.position_config))
            for one in stay
            if one.id not in touched
        ),
        *(
            Placed(row.title, position, f"change.move.{number}.position")
            for number, (row, position) in enumerate(zip(moved, positions, strict=True))
        ),
        *(Placed(one.title, one.position, f"{one.field}.position") for one in checked),
    ]


def _spec(row: Widget) -> WidgetSpec:
    return WidgetSpec(
        kind=row.widget_type,
        title=row.title,
        chart_type=row.chart_type,
        data_source=row.data_source or None,
        display=row.display_config,
        position=row.position_config,
    )


def _row(dashboard: Dashboard) -> Widget:
    key = uuid4()
    return Widget(id=key, widget_id=ids.encode("wgt", key), dashboard_id=dashboard.id)


def _write(row: Widget, one: Checked) -> None:
    row.widget_type = one.spec.kind
    row.chart_type = one.spec.chart_type
    row.title = one.title
    row.data_source = kept(one.data_source) if one.data_source is not None else {}
    row.display_config = kept(one.display)
    row.position_config = kept(one.position)


def _submitted(wanted: WidgetsChange) -> dict[str, Any]:
    """Return the change as it was submitted, in the names of the GraphQL schema."""
    names = {"kind": "type", "chart_type": "chartType", "data_source": "dataSource"}

    def words(given: dict[str, Any]) -> dict[str, Any]:
        told = {names.get(name, name): value for name, value in given.items() if value is not None}
        for name in ("type", "chartType"):
            if name in told:
                told[name] = told[name].upper()
        if "dataSource" in told:
            told["dataSource"] = in_words(DataSource, told["dataSource"])
        return told

    return {
        "add": [words(asdict(one)) for one in wanted.add],
        "change": [{"id": one.id, **words(one.spec)} for one in wanted.change],
        "move": [asdict(one) for one in wanted.move],
        "remove": wanted.remove,
    }
