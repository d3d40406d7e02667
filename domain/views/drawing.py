"""Draws a view: computes its documents from results in DuckDB. No database, network or floats.

The same results give the same bytes: nothing here depends on the current time, on the order of
files, or on what else exists.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from domain import ids
from domain.aggregates.rollups import Limits, Rollup, aggregate
from domain.calendar.units import Period
from domain.charts import comparisons
from domain.charts.datasets import OTHER, Coverage, Measure
from domain.templates.metrics import ReportConfig
from domain.views import datasets, metrics, periods
from domain.views.datasets import ViewRollups
from domain.views.inputs import ViewInputs
from domain.views.visualization import MOST_DIMENSIONS, MOST_SHOWN, metrics_shown

LARGEST = 512 * 1024  # bytes of all three documents together


class TooLarge(Exception):
    """Raised for a view that is too large even with one value of each dimension."""


@dataclass(frozen=True)
class ViewDocuments:
    """The three documents of a view."""

    processed_data: dict[str, Any]
    charts_config: dict[str, Any]
    metrics_summary: dict[str, Any]

    @property
    def size(self) -> int:
        """Their size as JSON, in bytes."""
        return sum(len(orjson.dumps(one)) for one in self.__dict__.values())


def draw(inputs: ViewInputs, folder: Path) -> ViewDocuments:
    """Draw a view whose files all lie under `folder`. Raises TooLarge, and what DuckDB raises.

    A view that is too large shows fewer values of each dimension.
    """
    top = inputs.visualization.top
    while (made := _draw(inputs, folder, top)).size > LARGEST:
        if top == 1:
            raise TooLarge(f"The view has {made.size:,} bytes; it may have at most {LARGEST:,}.")
        top //= 2
    return made


def _draw(inputs: ViewInputs, folder: Path, top: int) -> ViewDocuments:
    rollups = _rollups(inputs, folder, top)
    data = {
        "dashboardType": inputs.dashboard_type,
        "startDate": inputs.days.start.isoformat(),
        "endDate": inputs.days.last.isoformat(),
        "timeZone": inputs.zone,
        **_known(rollups.total),
        "metrics": [_described(one) for one in rollups.measures],
        "totals": _values(rollups.measures, rollups.total),
        **_parts(inputs, rollups),
    }
    return ViewDocuments(
        processed_data=data,
        charts_config={"charts": datasets.charts_of(inputs, rollups)},
        metrics_summary=_summary(data),
    )


def _rollups(inputs: ViewInputs, folder: Path, top: int) -> ViewRollups:
    """Roll up everything that the view shows."""
    config = _narrowed(inputs)
    plain = config.model_copy(update={"dimensions": []})
    whole = Period("weekly", "all", inputs.days)
    rolled_up = partial(aggregate, amounts=inputs.amounts)
    found = rolled_up(config, inputs.zone, inputs.results, [whole], folder, limits=Limits(top))
    trend = _trend(inputs)
    by_time: list[Rollup] = []
    if trend is not None:
        by_time = rolled_up(plain, inputs.zone, inputs.results, trend.periods, folder)
    before = None
    if inputs.dashboard_type == "comparison":
        days = periods.before(inputs.days, inputs.visualization.comparison)
        earlier = Period("weekly", "previous", days)
        (before,) = rolled_up(plain, inputs.zone, inputs.earlier, [earlier], folder)
    return ViewRollups(
        measures=[_measure(one, inputs.amounts.home) for one in config.metrics],
        order_by=next((one.name for one in config.metrics if one.kind == "additive"), None),
        total=next(one for one in found if one.dimension is None),
        by_value={
            name: [one for one in found if one.dimension == name] for name in config.dimensions
        },
        unit=trend.unit if trend else None,
        by_time=by_time,
        before=before,
    )


def _trend(inputs: ViewInputs) -> periods.Trend | None:
    if inputs.dashboard_type not in ("standard", "custom"):
        return None
    segments = [one.days for one in inputs.results]
    has_days = inputs.config.date_column is not None
    return periods.trend(inputs.days, segments, inputs.week_start, has_days=has_days)


def _narrowed(inputs: ViewInputs) -> ReportConfig:
    """Return the configuration with only the metrics and dimensions shown, in display order."""
    config, visualization = inputs.config, inputs.visualization
    declared = {metric.name: metric for metric in config.metrics}
    dimensions: Iterable[str | None] = ()
    if inputs.dashboard_type == "custom":
        dimensions = [widget.dimension for widget in config.widgets]
    elif inputs.dashboard_type == "standard":
        chosen = visualization.dimensions
        dimensions = config.dimensions[:MOST_DIMENSIONS] if chosen is None else chosen
    names = metrics_shown(inputs.dashboard_type, visualization, config)
    known = [one for one in dict.fromkeys(dimensions) if one in config.dimensions]
    kept = [declared[name] for name in names if name in declared]
    narrowed = {"metrics": kept[:MOST_SHOWN], "dimensions": known[:MOST_DIMENSIONS], "widgets": []}
    return config.model_copy(update=narrowed)


def _measure(metric: Any, currency: str | None) -> Measure:
    money = currency if metric.unit == "currency" else None
    return Measure(metric.name, metric.title, metric.unit, metric.kind, money)


def _described(measure: Measure) -> dict[str, Any]:
    return {
        "name": measure.name,
        "title": measure.title,
        "unit": measure.unit,
        "kind": measure.kind,
        **({"currency": measure.currency} if measure.unit == "currency" else {}),
    }


def _known(rollup: Rollup) -> dict[str, Any]:
    """Return what a rollup covers, so that no number is shown for more days than it covers."""
    return {
        "state": rollup.state,
        "coverage": rollup.coverage,
        "isProvisional": rollup.is_provisional,
        "byUtcDay": rollup.by_utc_day,
        "asOf": rollup.as_of.isoformat() if rollup.as_of else None,
        "rowCount": rollup.row_count,
        "suppressedRows": rollup.suppressed_rows,
        "undatedRows": rollup.undated_rows,
    }


def _values(measures: Sequence[Measure], rollup: Rollup) -> dict[str, Any]:
    cells = metrics.cells(rollup)
    return {one.name: metrics.shown(cells[one.name]) for one in measures}


def _parts(inputs: ViewInputs, rollups: ViewRollups) -> dict[str, Any]:
    """Return the parts of a view of this dashboard type besides its totals."""
    parts: dict[str, Any] = {}
    if rollups.unit is not None:
        parts["trend"] = {"unit": rollups.unit, "points": _points(rollups, rollups.by_time)}
    if rollups.by_value:
        parts["distributions"] = [
            {"dimension": name, "orderedBy": rollups.order_by, "points": _groups(rollups, found)}
            for name, found in rollups.by_value.items()
        ]
    cells = metrics.cells(rollups.total)
    if inputs.dashboard_type == "funnel":
        stages = _stages(inputs, rollups.measures)
        parts["funnel"] = {"stages": metrics.funnel(stages, cells)}
    if rollups.before is not None:
        parts["comparison"] = _comparison(inputs, rollups, rollups.before)
    if inputs.dashboard_type == "custom":
        parts["widgets"] = [
            one.model_dump(mode="json", exclude_none=True) for one in inputs.config.widgets
        ]
    visualization = inputs.visualization
    parts["benchmarks"] = [
        metrics.benchmark(
            one,
            cells[one.name],
            visualization.targets[one.name],
            lower=one.name in visualization.lower_is_better,
        )
        for one in rollups.measures
        if one.name in visualization.targets
    ]
    return parts


def _points(rollups: ViewRollups, found: Sequence[Rollup]) -> list[dict[str, Any]]:
    return [
        {
            "key": one.period.key,
            "startDate": one.period.start.isoformat(),
            "endDate": one.period.days.last.isoformat(),
            "state": one.state,
            "missingDays": one.coverage["missing"] + one.coverage["straddling"],
            "values": _values(rollups.measures, one),
        }
        for one in found
    ]


def _groups(rollups: ViewRollups, found: Sequence[Rollup]) -> list[dict[str, Any]]:
    return [
        {
            "value": one.value,
            "isOther": one.value == OTHER,
            "state": one.state,
            "rowCount": one.row_count,
            "values": _values(rollups.measures, one),
        }
        for one in found
    ]


def _stages(inputs: ViewInputs, measures: Sequence[Measure]) -> list[Measure]:
    """Return the stages of the funnel.

    A stage that is no longer declared stays, without a value.
    """
    known = {one.name: one for one in measures}
    gone = Measure("", "", "count", "none")
    return [
        known.get(name, replace(gone, name=name, title=name))
        for name in inputs.visualization.funnel_stages or []
    ]


def _comparison(inputs: ViewInputs, rollups: ViewRollups, before: Rollup) -> dict[str, Any]:
    now, then = metrics.cells(rollups.total), metrics.cells(before)
    why_not = comparisons.obstacle(Coverage(**rollups.total.coverage), Coverage(**before.coverage))
    return {
        "window": inputs.visualization.comparison,
        "startDate": before.period.start.isoformat(),
        "endDate": before.period.days.last.isoformat(),
        **_known(before),
        "executionIds": [ids.encode(inputs.prefix, key) for key in before.segment_ids],
        "notComparable": why_not,
        "metrics": {
            one.name: metrics.change(now[one.name], then[one.name], why_not)
            for one in rollups.measures
        },
    }


def _summary(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return the totals for lists of views, with benchmarks and changes, but nothing large."""
    copied = ("state", "coverage", "isProvisional", "asOf", "benchmarks")
    compared_with = data.get("comparison", {})
    changes = compared_with.get("metrics", {})
    earlier = {
        name: compared_with[given]
        for name, given in (("previousCoverage", "coverage"), ("notComparable", "notComparable"))
        if compared_with
    }
    summaries = []
    for one in data["metrics"]:
        changed = changes.get(one["name"], {})
        compared = {name: changed[name] for name in ("change", "share") if changed}
        summaries.append({**one, **data["totals"][one["name"]], **compared})
    return {**{name: data[name] for name in copied}, **earlier, "metrics": summaries}
