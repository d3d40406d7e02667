"""What a view shows, made of results by DuckDB. No database, no network, and no float.

The same results give the same bytes: nothing here depends on the moment, on the order of files,
or on what else there is.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import orjson

from domain import ids
from domain.aggregates.rollups import Figures, Piece, aggregate
from domain.calendar.periods import Period, WeekStart
from domain.charts.datasets import OTHER, Measure
from domain.templates.metrics import ReportConfig
from domain.views import datasets, periods
from domain.views import metrics as view_metrics
from domain.views.datasets import Numbers
from domain.views.visualization import MOST_DIMENSIONS, MOST_METRICS, Visual

LARGEST = 512 * 1024  # bytes of all three documents together
DAY = timedelta(days=1)


class TooLarge(Exception):
    """It does not fit, not even with one value of each dimension."""


@dataclass(frozen=True)
class Drawing:
    """What is to be drawn: results of the local days `[start, end)` of a zone, and how."""

    kind: str  # standard, funnel, comparison, custom
    visual: Visual
    config: ReportConfig
    source: str  # its name
    zone: str
    start: date
    end: date
    pieces: Sequence[Piece]
    earlier: Sequence[Piece] = ()  # of the window that it is compared with
    week_start: WeekStart = "monday"
    prefix: str = "exec"  # of the ids of executions


@dataclass(frozen=True)
class Drawn:
    """The three documents of a view."""

    processed_data: dict[str, Any]
    charts_config: dict[str, Any]
    metrics_summary: dict[str, Any]

    @property
    def size(self) -> int:
        """Bytes, written down."""
        return sum(len(orjson.dumps(one)) for one in self.__dict__.values())


def process(drawing: Drawing, folder: Path) -> Drawn:
    """Draw it; every file lies under `folder`. Raises TooLarge and what DuckDB raises.

    Where it would be too large, fewer values of each dimension are shown.
    """
    top = drawing.visual.top
    while (made := _draw(drawing, folder, top)).size > LARGEST:
        if top == 1:
            raise TooLarge(f"It has {made.size:,} bytes; at most {LARGEST:,} are kept.")
        top //= 2
    return made


def _draw(drawing: Drawing, folder: Path, top: int) -> Drawn:
    numbers = _numbers(drawing, folder, top)
    data = {
        "dashboardType": drawing.kind,
        "startDate": drawing.start.isoformat(),
        "endDate": (drawing.end - DAY).isoformat(),
        "timeZone": drawing.zone,
        **_known(numbers.total),
        "metrics": [_described(one) for one in numbers.measures],
        "totals": _values(numbers.measures, numbers.total),
        **_parts(drawing, numbers),
    }
    return Drawn(
        processed_data=data,
        charts_config={"charts": datasets.charts_of(drawing, numbers)},
        metrics_summary=_summary(data),
    )


def _numbers(drawing: Drawing, folder: Path, top: int) -> Numbers:
    """All figures that it shows."""
    config = _narrowed(drawing)
    plain = config.model_copy(update={"dimensions": []})
    whole = Period("weekly", "all", drawing.start, drawing.end)
    found = aggregate(config, drawing.zone, drawing.pieces, [whole], folder, top)
    trend = _trend(drawing)
    by_time: list[Figures] = []
    if trend is not None:
        by_time = aggregate(plain, drawing.zone, drawing.pieces, trend.periods, folder)
    before = None
    if drawing.kind == "comparison":
        days = periods.before(drawing.start, drawing.end, drawing.visual.comparison)
        earlier = Period("weekly", "previous", *days)
        (before,) = aggregate(plain, drawing.zone, drawing.earlier, [earlier], folder)
    return Numbers(
        measures=[_measure(one) for one in config.metrics],
        first=next((one.name for one in config.metrics if one.kind == "additive"), None),
        total=next(one for one in found if one.dimension is None),
        by_value={
            name: [one for one in found if one.dimension == name] for name in config.dimensions
        },
        unit=trend.unit if trend else None,
        by_time=by_time,
        before=before,
    )


def _trend(drawing: Drawing) -> periods.Trend | None:
    if drawing.kind not in ("standard", "custom"):
        return None
    segments = [(one.start, one.end) for one in drawing.pieces]
    has_days = drawing.config.date_column is not None
    return periods.trend(
        drawing.start, drawing.end, segments, drawing.week_start, has_days=has_days
    )


def _narrowed(drawing: Drawing) -> ReportConfig:
    """The metrics and dimensions that are shown, in their order, and no others."""
    config, visual = drawing.config, drawing.visual
    declared = {metric.name: metric for metric in config.metrics}
    shown = visual.metrics or [*declared][:MOST_METRICS]
    dimensions: Iterable[str | None] = ()
    if drawing.kind == "funnel":
        shown = [*(visual.funnel_stages or []), *visual.metrics]
    elif drawing.kind == "custom":
        shown = [name for widget in config.widgets for name in widget.metrics]
        dimensions = [widget.dimension for widget in config.widgets]
    elif drawing.kind == "standard":
        chosen = visual.dimensions
        dimensions = config.dimensions[:MOST_DIMENSIONS] if chosen is None else chosen
    names = dict.fromkeys([*shown, *visual.benchmarks])
    known = [one for one in dict.fromkeys(dimensions) if one in config.dimensions]
    metrics = [declared[name] for name in names if name in declared]
    return config.model_copy(update={"metrics": metrics, "dimensions": known, "widgets": []})


def _measure(metric: Any) -> Measure:
    return Measure(metric.name, metric.title, metric.unit, metric.kind)


def _described(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "title": measure.title,
        "unit": measure.unit,
        "kind": measure.kind,
    }


def _known(figures: Figures) -> dict[str, Any]:
    """What is known of the figures: never a number for more than it is of."""
    return {
        "state": figures.state,
        "coverage": figures.coverage,
        "isProvisional": figures.provisional,
        "byUtcDay": figures.by_utc_day,
        "asOf": figures.as_of.isoformat() if figures.as_of else None,
        "rowCount": figures.row_count,
        "suppressedRows": figures.suppressed_rows,
        "undatedRows": figures.undated_rows,
    }


def _values(measures: Sequence[Measure], figures: Figures) -> dict[str, Any]:
    cells = view_metrics.cells(figures)
    return {one.name: view_metrics.shown(cells[one.name]) for one in measures}


def _parts(drawing: Drawing, numbers: Numbers) -> dict[str, Any]:
    """What this kind of dashboard has besides its totals."""
    parts: dict[str, Any] = {}
    if numbers.unit is not None:
        parts["trend"] = {"unit": numbers.unit, "points": _points(numbers, numbers.by_time)}
    if numbers.by_value:
        parts["distributions"] = [
            {"dimension": name, "orderedBy": numbers.first, "points": _groups(numbers, found)}
            for name, found in numbers.by_value.items()
        ]
    cells = view_metrics.cells(numbers.total)
    if drawing.kind == "funnel":
        stages = _stages(drawing, numbers.measures)
        parts["funnel"] = {"stages": view_metrics.funnel(stages, cells)}
    if numbers.before is not None:
        parts["comparison"] = _comparison(drawing, numbers, numbers.before)
    if drawing.kind == "custom":
        parts["widgets"] = [
            one.model_dump(mode="json", exclude_none=True) for one in drawing.config.widgets
        ]
    visual = drawing.visual
    parts["benchmarks"] = [
        view_metrics.benchmark(
            one,
            cells[one.name],
            visual.benchmarks[one.name],
            lower=one.name in visual.lower_is_better,
        )
        for one in numbers.measures
        if one.name in visual.benchmarks
    ]
    return parts


def _points(numbers: Numbers, found: Sequence[Figures]) -> list[dict[str, Any]]:
    return [
        {
            "key": one.period.key,
            "startDate": one.period.start.isoformat(),
            "endDate": (one.period.end - DAY).isoformat(),
            "state": one.state,
            "missingDays": one.coverage["missing"] + one.coverage["straddling"],
            "values": _values(numbers.measures, one),
        }
        for one in found
    ]


def _groups(numbers: Numbers, found: Sequence[Figures]) -> list[dict[str, Any]]:
    return [
        {
            "value": one.value,
            "isOther": one.value == OTHER,
            "state": one.state,
            "rowCount": one.row_count,
            "values": _values(numbers.measures, one),
        }
        for one in found
    ]


def _stages(drawing: Drawing, measures: Sequence[Measure]) -> list[Measure]:
    """The stages as they are declared; one that is not any more has no value."""
    known = {one.name: one for one in measures}
    gone = Measure("", "", "count", "none")
    return [
        known.get(name, replace(gone, name=name, title=name))
        for name in drawing.visual.funnel_stages or []
    ]


def _comparison(drawing: Drawing, numbers: Numbers, before: Figures) -> dict[str, Any]:
    now, then = view_metrics.cells(numbers.total), view_metrics.cells(before)
    return {
        "window": drawing.visual.comparison,
        "startDate": before.period.start.isoformat(),
        "endDate": (before.period.end - DAY).isoformat(),
        **_known(before),
        "executionIds": [ids.encode(drawing.prefix, key) for key in before.pieces],
        "metrics": {
            one.name: view_metrics.change(now[one.name], then[one.name]) for one in numbers.measures
        },
    }


def _summary(data: Mapping[str, Any]) -> dict[str, Any]:
    """The totals for a list of views: small, with what was met and what changed."""
    told = ("state", "coverage", "isProvisional", "asOf", "benchmarks")
    changes = data.get("comparison", {}).get("metrics", {})
    metrics = []
    for one in data["metrics"]:
        changed = changes.get(one["name"], {})
        compared = {name: changed[name] for name in ("change", "share") if changed}
        metrics.append({**one, **data["totals"][one["name"]], **compared})
    return {**{name: data[name] for name in told}, "metrics": metrics}
