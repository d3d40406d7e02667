"""Turns the rollups of a view into datasets, and draws its charts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.aggregates.rollups import Rollup
from domain.calendar import units
from domain.calendar.units import Noun
from domain.charts import charts
from domain.charts.datasets import OTHER, Coverage, Dataset, Measure, Point
from domain.charts.display import Display
from domain.templates.metrics import MOST_WIDGETS
from domain.views import metrics
from domain.views.inputs import ViewInputs

PLAIN = Display()
MOST_CHARTS = MOST_WIDGETS  # of a view


@dataclass(frozen=True)
class ViewRollups:
    """All rollups that a view shows."""

    measures: Sequence[Measure]
    order_by: str | None  # the metric that orders the values of a dimension
    total: Rollup
    by_value: Mapping[str, Sequence[Rollup]]  # by the name of the dimension
    unit: Noun | None  # of the trend
    by_time: Sequence[Rollup]
    before: Rollup | None  # of the earlier window, for a comparison


def charts_of(inputs: ViewInputs, rollups: ViewRollups) -> list[dict[str, Any]]:
    """Return every chart of the view as Vega-Lite, in display order."""
    types = {
        "standard": _standard,
        "funnel": _funnel,
        "comparison": _comparison,
        "custom": _custom,
    }
    return [
        {"id": f"chart-{number}", **one}
        for number, one in enumerate(types[inputs.dashboard_type](inputs, rollups), start=1)
    ]


def _standard(inputs: ViewInputs, rollups: ViewRollups) -> Iterator[dict[str, Any]]:
    """Yield a line chart for the metrics of each unit, and a bar chart for each dimension."""
    if rollups.unit is not None:
        for measures in _by_unit(rollups.measures):
            title = f"{_titles(measures)} by {rollups.unit}"
            dataset = _dataset(inputs, rollups, measures, rollups.by_time)
            yield _chart(dataset, "line", title)
    measure = next((one for one in rollups.measures if one.name == rollups.order_by), None)
    for dimension, found in rollups.by_value.items():
        if measure is not None and found:
            dataset = _dataset(inputs, rollups, [measure], found, dimension)
            yield _chart(dataset, "bar", f"{measure.title} by {dimension}")


def _funnel(inputs: ViewInputs, rollups: ViewRollups) -> Iterator[dict[str, Any]]:
    known = {one.name: one for one in rollups.measures}
    stages = [known[name] for name in inputs.visualization.funnel_stages or [] if name in known]
    if stages:
        dataset = _dataset(inputs, rollups, stages, [rollups.total])
        yield _chart(dataset, "funnel", "Funnel")


def _comparison(inputs: ViewInputs, rollups: ViewRollups) -> Iterator[dict[str, Any]]:
    """Yield bars for the metrics of each unit, beside the values they are compared with."""
    for measures in _by_unit(rollups.measures):
        dataset = _dataset(inputs, rollups, measures, [rollups.total])
        yield _chart(dataset, "bar", f"{_titles(measures)}, compared")


def _custom(inputs: ViewInputs, rollups: ViewRollups) -> Iterator[dict[str, Any]]:
    """Yield the widgets of the template, without their split dimension.

    Metric cards, tables and texts have no chart; they show their numbers.
    """
    known = {one.name: one for one in rollups.measures}
    for widget in inputs.config.widgets:
        if widget.chart_type is None:
            shown = widget.model_dump(include={"title", "metrics", "dimension", "text"})
            yield {"widgetType": widget.widget_type, "chartType": None, "spec": None, **shown}
            continue
        measures = [known[name] for name in widget.metrics if name in known]
        found: Sequence[Rollup] = [rollups.total]
        dimension = widget.dimension
        if dimension is not None and dimension == inputs.config.date_column:
            found, dimension = rollups.by_time or found, None
        elif dimension is not None:
            found = rollups.by_value.get(dimension, ())
        dataset = _dataset(inputs, rollups, measures, found, dimension)
        yield _chart(dataset, widget.chart_type, widget.title)


def _chart(dataset: Dataset, chart_type: str, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "widgetType": "chart",
        "chartType": chart_type,
        "spec": charts.draw(dataset, "chart", chart_type, title, PLAIN),
    }


def _by_unit(measures: Sequence[Measure]) -> Iterator[list[Measure]]:
    """Group metrics by unit, because only metrics of one unit can share an axis."""
    for unit in dict.fromkeys(one.unit for one in measures):
        yield [one for one in measures if one.unit == unit]


def _titles(measures: Sequence[Measure]) -> str:
    if len(measures) > 3:
        return f"{measures[0].title} and {len(measures) - 1} more"
    return ", ".join(one.title for one in measures)


def _dataset(
    inputs: ViewInputs,
    rollups: ViewRollups,
    measures: Sequence[Measure],
    found: Sequence[Rollup],
    dimension: str | None = None,
) -> Dataset:
    total, before = rollups.total, rollups.before
    points = tuple(_point(one, measures, None if one is not total else before) for one in found)
    share = metrics.quotient(metrics.count(total.suppressed_rows), metrics.count(total.row_count))
    earlier = Coverage(**before.coverage) if before else None
    return Dataset(
        measures=tuple(measures),
        sources=(inputs.source,),
        level=units.named(rollups.unit) if rollups.unit and found is rollups.by_time else "daily",
        points=points,
        days=inputs.days,
        dimension=dimension,
        comparison=inputs.visualization.comparison if before else None,
        previous_days=before.period.days if before else None,
        totals=(_cells(total, measures),),
        previous_totals=(_cells(before, measures),) if before else (),
        coverage=Coverage(**total.coverage),
        source_coverage=(Coverage(**total.coverage),),
        previous_source_coverage=(earlier,) if earlier else (),
        currencies=(inputs.amounts.home,),
        is_provisional=total.is_provisional,
        suppressed_share=share.value,
        as_of=total.as_of,
    )


def _point(rollup: Rollup, measures: Sequence[Measure], before: Rollup | None) -> Point:
    return Point(
        source=0,
        days=rollup.period.days,
        key=rollup.period.key,
        cells=_cells(rollup, measures),
        coverage=Coverage(**rollup.coverage),
        value=rollup.value,
        is_other=rollup.value == OTHER,
        previous=_cells(before, measures) if before else None,
        previous_coverage=Coverage(**before.coverage) if before else None,
        is_provisional=rollup.is_provisional,
        by_utc_day=rollup.by_utc_day,
    )


def _cells(rollup: Rollup, measures: Sequence[Measure]) -> tuple[Any, ...]:
    cells = metrics.cells(rollup)
    return tuple(cells[one.name] for one in measures)
