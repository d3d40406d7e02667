"""Tables of numbers for programs: one row for each number, in files that DuckDB reads.

A number keeps all its digits. One that is missing has its state and, in words, the page's reason.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from domain.charts.datasets import Cell, Dataset, Point
from domain.charts.formats import reason
from domain.exports.contents import Content, Part
from domain.exports.scans import Table
from domain.exports.values import value_of

NUMBER = "DECIMAL(38,10)"
# The columns of the numbers of widgets, with DuckDB's types.
COLUMNS: Mapping[str, str] = {
    "widget": "VARCHAR",
    "row": "VARCHAR",
    "source": "VARCHAR",
    "period": "VARCHAR",
    "first_day": "DATE",
    "last_day": "DATE",
    "dimension": "VARCHAR",
    "value": "VARCHAR",
    "metric": "VARCHAR",
    "split": "VARCHAR",
    "split_value": "VARCHAR",
    "title": "VARCHAR",
    "unit": "VARCHAR",
    "currency": "VARCHAR",
    "number": NUMBER,
    "state": "VARCHAR",
    "reason": "VARCHAR",
    "previous_number": NUMBER,
    "previous_state": "VARCHAR",
    "provisional": "BOOLEAN",
    "days": "INTEGER",
    "days_known": "INTEGER",
}


def of_widgets(content: Content, folder: Path) -> Table:
    """Write the numbers of all widgets into the folder, one in each row."""
    path = folder / "numbers.ndjson"
    with path.open("wb") as file:
        for part in content.parts:
            for row in _rows(part):
                file.write(orjson.dumps(row) + b"\n")
    types = ", ".join(f"{name}: '{type_}'" for name, type_ in COLUMNS.items())
    return Table(f"read_ndjson('{path}', columns={{{types}}})", path)


def _rows(part: Part) -> Iterator[dict[str, Any]]:
    start: dict[str, Any] = {**dict.fromkeys(COLUMNS), "widget": part.title}
    if part.unserved is not None:
        told = {"state": part.unserved.code, "reason": part.unserved.message}
        yield start | told | {"row": "not shown"}
    if part.dataset is not None:
        for point in part.dataset.points:
            yield from _of_point(start, part.dataset, point)
        yield from _of_totals(start, part.dataset)


def _of_point(start: dict[str, Any], dataset: Dataset, point: Point) -> Iterator[dict[str, Any]]:
    named = dataset.dimension is not None
    known = {
        "row": "point",
        "source": dataset.sources[point.source],
        "period": point.key,
        "first_day": point.start.isoformat(),
        "last_day": point.days.last.isoformat(),
        "dimension": dataset.dimension,
        "value": value_of(point) if named else None,
        "split": dataset.split,
        "split_value": point.split_value,
        "provisional": point.is_provisional,
        "days": point.coverage.days,
        "days_known": point.coverage.known,
    }
    yield from _numbers(start | known, dataset, point.source, point.cells, point.previous)


def _of_totals(start: dict[str, Any], dataset: Dataset) -> Iterator[dict[str, Any]]:
    for source, cells in enumerate(dataset.totals):
        coverage = dataset.source_coverage[source]
        known = {
            "row": "total",
            "source": dataset.sources[source],
            "first_day": dataset.days.start.isoformat(),
            "last_day": dataset.days.last.isoformat(),
            "provisional": dataset.is_provisional,
            "days": coverage.days,
            "days_known": coverage.known,
        }
        before = dataset.previous_totals[source] if dataset.previous_totals else None
        yield from _numbers(start | known, dataset, source, cells, before)


def _numbers(
    known: dict[str, Any],
    dataset: Dataset,
    source: int,
    cells: Iterable[Cell],
    previous: tuple[Cell, ...] | None,
) -> Iterator[dict[str, Any]]:
    for place, cell in enumerate(cells):
        measure = dataset.measure_of(source, place)
        before = previous[place] if previous else None
        yield known | {
            "metric": measure.name,
            "title": measure.title,
            "unit": measure.unit,
            "currency": measure.currency,
            "number": cell.digits,
            "state": cell.state,
            "reason": reason(cell) if cell.value is None else None,
            "previous_number": before.digits if before else None,
            "previous_state": before.state if before else None,
        }
