"""Arranges datasets for the sheets of a workbook, as the native charts of Excel take them."""

from dataclasses import dataclass, field
from typing import Any

from domain.amc import dimensions
from domain.charts import shares
from domain.charts.datasets import Cell, Dataset, Measure, Point
from domain.charts.formats import category, days_of
from domain.exports import values


@dataclass(frozen=True)
class Series:
    """A column of numbers: a metric of a source, and of a value over time or of the split."""

    title: str
    measure: Measure
    source: int
    place: int  # of the metric
    value: tuple[str | None, bool] | None = None


@dataclass
class Grid:
    """Rows of a dataset by their names, with a cell for each series."""

    head: str
    series: list[Series]
    rows: dict[str, dict[int, Cell]] = field(default_factory=dict)


def grid_of(dataset: Dataset) -> Grid:
    """Arrange a dataset as a chart needs it: periods or values down, series across."""
    by = dataset.split or (dataset.dimension if dataset.over_time else None)
    by_period = dataset.has_periods
    grid = Grid("Days" if by_period else dimensions.title(dataset.dimension or "days"), [])
    at: dict[tuple[int, int, Any], int] = {}
    for point in dataset.points:
        value = point.value if dataset.split is None else point.split_value
        own = (value, point.is_other) if by is not None else None
        name = days_of(point.days) if by_period else values.value_of(point, dataset.dimension)
        row = grid.rows.setdefault(name, {})
        for place, cell in enumerate(point.cells):
            key = (point.source, place, own)
            if key not in at:
                at[key] = len(grid.series)
                grid.series.append(_series(dataset, point, place, own))
            row[at[key]] = cell
    return grid


def stages_of(dataset: Dataset) -> Grid:
    """Arrange a dataset as a funnel: metrics down, sources across, each over the whole range."""
    columns = [
        Series(one if len(dataset.sources) > 1 else "Total", dataset.measures[0], number, 0)
        for number, one in enumerate(dataset.sources)
    ]
    grid = Grid("Stage", columns)
    for place, measure in enumerate(dataset.measures):
        cells = (shares.totals(dataset, one.source)[place] for one in columns)
        grid.rows.setdefault(measure.title, {}).update(enumerate(cells))
    return grid


def _series(
    dataset: Dataset, point: Point, place: int, own: tuple[str | None, bool] | None
) -> Series:
    measure = dataset.measure_of(point.source, place)
    parts = [measure.title] if len(dataset.measures) > 1 or own is None else []
    by = dataset.split or dataset.dimension
    parts += [category(*own, by)] if own is not None else []
    parts += [dataset.sources[point.source]] if len(dataset.sources) > 1 else []
    return Series(", ".join(parts), measure, point.source, place, own)
