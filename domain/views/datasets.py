"""The figures of a view as Frames, and the charts that are drawn of them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from domain.aggregates.rollups import Figures
from domain.charts import charts
from domain.charts.datasets import OTHER, Coverage, Frame, Measure, Point, Span
from domain.charts.display import Display
from domain.views import metrics

if TYPE_CHECKING:
    from domain.views.drawing import Drawing

SPANS: dict[str, Span] = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
}
PLAIN = Display()


@dataclass(frozen=True)
class Numbers:
    """All figures that a view shows."""

    measures: Sequence[Measure]
    first: str | None  # the metric by which values of a dimension are ordered
    total: Figures
    by_value: Mapping[str, Sequence[Figures]]
    unit: str | None  # of the trend
    by_time: Sequence[Figures]
    before: Figures | None


def charts_of(drawing: "Drawing", numbers: Numbers) -> list[dict[str, Any]]:
    """Every chart of the view as Vega-Lite, in the order in which they are shown."""
    kinds = {
        "standard": _standard,
        "funnel": _funnel,
        "comparison": _comparison,
        "custom": _custom,
    }
    return [
        {"id": f"chart-{number}", **one}
        for number, one in enumerate(kinds[drawing.kind](drawing, numbers), start=1)
    ]


def _standard(drawing: "Drawing", numbers: Numbers) -> Iterator[dict[str, Any]]:
    """A line for the metrics of each unit, and a bar for the values of each dimension."""
    if numbers.unit is not None:
        for measures in _by_unit(numbers.measures):
            title = f"{_titles(measures)} by {numbers.unit}"
            frame = _frame(drawing, numbers, measures, numbers.by_time)
            yield _chart(frame, "line", title)
    measure = next((one for one in numbers.measures if one.name == numbers.first), None)
    for dimension, found in numbers.by_value.items():
        if measure is not None and found:
            frame = _frame(drawing, numbers, [measure], found, dimension)
            yield _chart(frame, "bar", f"{measure.title} by {dimension}")


def _funnel(drawing: "Drawing", numbers: Numbers) -> Iterator[dict[str, Any]]:
    known = {one.name: one for one in numbers.measures}
    stages = [known[name] for name in drawing.visual.funnel_stages or [] if name in known]
    if stages:
        frame = _frame(drawing, numbers, stages, [numbers.total])
        yield _chart(frame, "funnel", "Funnel")


def _comparison(drawing: "Drawing", numbers: Numbers) -> Iterator[dict[str, Any]]:
    """A bar for each metric beside what it was."""
    for measures in _by_unit(numbers.measures):
        frame = _frame(drawing, numbers, measures, [numbers.total])
        yield _chart(frame, "bar", f"{_titles(measures)} and what it was")


def _custom(drawing: "Drawing", numbers: Numbers) -> Iterator[dict[str, Any]]:
    """The widgets of the template; what they split a dimension by is left out.

    Cards and tables have no picture: they show the numbers.
    """
    known = {one.name: one for one in numbers.measures}
    for widget in drawing.config.widgets:
        if widget.chart_type is None:
            told = widget.model_dump(include={"title", "metrics", "dimension", "text"})
            yield {"widgetType": widget.widget_type, "chartType": None, "spec": None, **told}
            continue
        measures = [known[name] for name in widget.metrics if name in known]
        found: Sequence[Figures] = [numbers.total]
        dimension = widget.dimension
        if dimension is not None and dimension == drawing.config.date_column:
            found, dimension = numbers.by_time or found, None
        elif dimension is not None:
            found = numbers.by_value.get(dimension, ())
        frame = _frame(drawing, numbers, measures, found, dimension)
        yield _chart(frame, widget.chart_type, widget.title)


def _chart(frame: Frame, chart_type: str, title: str) -> dict[str, Any]:
    return {
        "title": title,
        "widgetType": "chart",
        "chartType": chart_type,
        "spec": charts.draw(frame, "chart", chart_type, title, PLAIN),
    }


def _by_unit(measures: Sequence[Measure]) -> Iterator[list[Measure]]:
    """Metrics of one unit share an axis; others would not be told by it."""
    for unit in dict.fromkeys(one.unit for one in measures):
        yield [one for one in measures if one.unit == unit]


def _titles(measures: Sequence[Measure]) -> str:
    if len(measures) > 3:
        return f"{measures[0].title} and {len(measures) - 1} more"
    return ", ".join(one.title for one in measures)


def _frame(
    drawing: "Drawing",
    numbers: Numbers,
    measures: Sequence[Measure],
    found: Sequence[Figures],
    dimension: str | None = None,
) -> Frame:
    total, before = numbers.total, numbers.before
    points = tuple(_point(one, measures, None if one is not total else before) for one in found)
    of_rows = metrics.quotient(metrics.count(total.suppressed_rows), metrics.count(total.row_count))
    return Frame(
        measures=tuple(measures),
        sources=(drawing.source,),
        level=SPANS[numbers.unit] if numbers.unit and found is numbers.by_time else "daily",
        points=points,
        start=drawing.start,
        end=drawing.end,
        dimension=dimension,
        comparison=drawing.visual.comparison if before else None,
        previous_start=before.period.start if before else None,
        previous_end=before.period.end if before else None,
        totals=(_cells(total, measures),),
        previous_totals=(_cells(before, measures),) if before else (),
        coverage=Coverage(**total.coverage),
        is_provisional=total.provisional,
        suppressed_share=of_rows.value,
        as_of=total.as_of,
    )


def _point(figures: Figures, measures: Sequence[Measure], before: Figures | None) -> Point:
    return Point(
        source=0,
        start=figures.period.start,
        end=figures.period.end,
        key=figures.period.key,
        cells=_cells(figures, measures),
        coverage=Coverage(**figures.coverage),
        value=figures.value,
        is_other=figures.value == OTHER,
        previous=_cells(before, measures) if before else None,
        is_provisional=figures.provisional,
        by_utc_day=figures.by_utc_day,
    )


def _cells(figures: Figures, measures: Sequence[Measure]) -> tuple[Any, ...]:
    cells = metrics.cells(figures)
    return tuple(cells[one.name] for one in measures)
