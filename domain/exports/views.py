"""Reads a view as the parts of an export: its totals, its periods, and its dimensions."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from domain.calendar.days import Days
from domain.charts.datasets import Cell, Coverage, Dataset, Measure, Point
from domain.charts.display import Display
from domain.dashboards.configs import COLUMNS, Position
from domain.db import transaction
from domain.exports.contents import Content, Part
from domain.models import DashboardView, Report, ReportExport, Workflow
from domain.viewer import Viewer
from domain.views import lists

HEIGHT = 4  # rows of a part


async def of_view(viewer: Viewer, export: ReportExport) -> Content:
    """Read a view as the viewer sees it now."""
    async with transaction(viewer) as session:
        view = await session.get_one(DashboardView, export.dashboard_view_id)
        data = (await lists.contents(session, [view]))[view.id].processed_data
        model: Any = Report if view.report_id is not None else Workflow
        source = await session.get_one(model, view.report_id or view.workflow_id)
    return Content(title=source.name, parts=list(_parts(source.name, data)))


def _parts(name: str, data: Mapping[str, Any]) -> Iterator[Part]:
    every = [("Totals", _dataset(name, data, ()))]
    if trend := data.get("trend"):
        every.append(("By period", _dataset(name, data, trend["points"], level=trend["unit"])))
    for one in data.get("distributions", ()):
        title = f"By {one['dimension']}"
        every.append((title, _dataset(name, data, one["points"], dimension=one["dimension"])))
    for number, (title, dataset) in enumerate(every):
        place = Position(x=0, y=number * HEIGHT, width=COLUMNS, height=HEIGHT)
        yield Part(title, "table", None, Display(), place, dataset)


def _dataset(
    name: str, data: Mapping[str, Any], points: Sequence[Mapping[str, Any]], **more: Any
) -> Dataset:
    measures = tuple(
        Measure(one["name"], one["title"], one["unit"], one["kind"], one.get("currency"))
        for one in data["metrics"]
    )
    days = _days(data)
    coverage = Coverage(**data["coverage"])
    as_of = data.get("asOf")
    return Dataset(
        measures=measures,
        sources=(name,),
        points=tuple(_point(one, measures, data) for one in points),
        days=days,
        totals=(_cells(data["totals"], measures),),
        coverage=coverage,
        source_coverage=(coverage,),
        currencies=(next((one.currency for one in measures if one.currency), None),),
        is_provisional=data["isProvisional"],
        as_of=datetime.fromisoformat(as_of) if as_of else None,
        **{"level": "weekly", **more},
    )


def _point(one: Mapping[str, Any], measures: Sequence[Measure], data: Mapping[str, Any]) -> Point:
    days = _days(one if "startDate" in one else data)
    missing = one.get("missingDays", 0)
    coverage = Coverage(days.length, days.length - missing, missing=missing)
    return Point(
        source=0,
        days=days,
        key=one.get("key"),
        cells=_cells(one["values"], measures),
        coverage=coverage if "missingDays" in one else Coverage(**data["coverage"]),
        value=one.get("value"),
        is_other=one.get("isOther", False),
        is_provisional=data["isProvisional"],
    )


def _days(data: Mapping[str, Any]) -> Days:
    start, last = (date.fromisoformat(data[name]) for name in ("startDate", "endDate"))
    return Days.from_last(start, last)


def _cells(values: Mapping[str, Any], measures: Sequence[Measure]) -> tuple[Cell, ...]:
    found = (values[one.name] for one in measures)
    return tuple(
        Cell(None if one["value"] is None else Decimal(one["value"]), one["state"]) for one in found
    )
