"""Turns a dataset into the rows that a chart draws: a row for each mark of each series.

A row has a float to draw and the exact digits to read. Its `part` says what it is:

* `value`: a point with a value.
* `gap`: a point without a value.
* `hole`: there is no point.
* `band`: a period in which no series has a value.
* `turn`: a period with which another series of the report begins.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from domain.calendar import units
from domain.calendar.units import Period
from domain.charts import histories
from domain.charts.comparisons import obstacle
from domain.charts.datasets import Cell, Dataset, Point
from domain.charts.display import Display
from domain.charts.formats import category, coverage_of, days_of, period_of, reason, value_of
from domain.charts.themes import Colours

Row: TypeAlias = dict[str, Any]
ABSENT = "not collected"
WHOLE: tuple[str | None, bool] = (None, False)  # withheld for privacy, or no dimension at all


@dataclass(frozen=True)
class Series:
    """Marks of one colour: a metric of a source, and of a value of what divides the marks.

    That is the dimension over time, and the split by the values of a dimension.
    """

    number: int
    name: str
    source: int
    measure: int
    value: tuple[str | None, bool] = WHOLE  # and whether it is "(other)"
    is_withheld: bool = False

    @property
    def tone(self) -> str:
        """The tone: "own", or for a grey series "other" or "withheld"."""
        if self.value[1]:
            return "other"
        return "withheld" if self.is_withheld else "own"


@dataclass(frozen=True)
class Rows:
    """What a chart draws: the places on its axis, its series, and the rows, all in order."""

    has_periods: bool
    places: tuple[str, ...]
    series: tuple[Series, ...]
    rows: tuple[Row, ...]

    @property
    def has_values(self) -> bool:
        """Whether any row has a value to draw."""
        return any(row["y"] is not None or row["before"] is not None for row in self.rows)


def made(dataset: Dataset, display: Display) -> Rows:
    """Make the rows of a dataset, in the order of its axis."""
    ordered = sorted(dataset.points, key=lambda point: point.is_other)
    series = tuple(_series(dataset, ordered))
    if dataset.has_periods:
        return _over_time(dataset, ordered, series, display)
    return _over_values(dataset, ordered, series, display)


def axes(dataset: Dataset) -> list[tuple[str, str | None]]:
    """The units of the metrics, and each currency of money. Each has an axis of its own."""
    sources = range(max(1, len(dataset.sources)))
    every = [
        dataset.measure_of(source, number)
        for number in range(len(dataset.measures))
        for source in sources
    ]
    return list(dict.fromkeys((one.unit, one.currency) for one in every))


def turns(names: Sequence[str], tones: Sequence[str]) -> list[int]:
    """Return the index of each name's colour, or -1 if it is grey.

    Names get their colours in alphabetical order. So charts of the same values use the same
    colours, whatever metric orders them.
    """
    own = sorted((n for n, tone in enumerate(tones) if tone == "own"), key=names.__getitem__)
    found = {n: turn for turn, n in enumerate(own)}
    return [found.get(n, -1) for n in range(len(names))]


def tints(names: Sequence[str], tones: Sequence[str], colours: Colours) -> list[str]:
    """Return a colour for each name. Other values and withheld values are grey."""
    greys = {"other": colours.other, "withheld": colours.withheld}
    own = (colours.series[turn % len(colours.series)] for turn in turns(names, tones))
    return [greys.get(tone, colour) for tone, colour in zip(tones, own, strict=True)]


def _series(dataset: Dataset, points: Sequence[Point]) -> Iterator[Series]:
    by = dataset.dimension if dataset.has_periods else dataset.split
    values = dict.fromkeys(_divided(dataset, one) for one in points) or [WHOLE]
    held = {(one.source, _divided(dataset, one)) for one in points}
    taken: dict[str, int] = {}
    numbers = count()
    for value in values:
        for source in (one for one in range(len(dataset.sources)) if (one, value) in held):
            for number, measure in enumerate(dataset.measures):
                parts = [category(*value, by)] if by is not None else []
                parts += [dataset.sources[source]] if len(dataset.sources) > 1 else []
                parts += [measure.title] if len(dataset.measures) > 1 or not parts else []
                name = once(" · ".join(parts), taken)
                withheld = by is not None and value == WHOLE
                yield Series(next(numbers), name, source, number, value, withheld)


def _divided(dataset: Dataset, point: Point) -> tuple[str | None, bool]:
    """The value that decides the series of a point."""
    if dataset.has_periods:
        return (point.value, point.is_other) if dataset.dimension is not None else WHOLE
    if dataset.split is None:
        return WHOLE
    return point.split_value, point.is_other


def once(name: str, taken: dict[str, int]) -> str:
    """Return the name, numbered if it is taken, so that two things are never drawn as one."""
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else once(f"{name} ({taken[name]})", taken)


def _over_time(
    dataset: Dataset, points: Sequence[Point], series: tuple[Series, ...], display: Display
) -> Rows:
    axis = _periods(dataset)
    years = len({one.start.year for one in axis})
    names = {one.key: period_of(dataset.level, one.start, years) for one in axis}
    at = {(one.source, one.value, one.is_other, one.key): one for one in points}
    rows: list[Row] = []
    for period in axis:
        place = names[period.key]
        found = []
        for one in series:
            point = at.get((one.source, *one.value, period.key))
            found.append(
                _row(dataset, one, place, point, display)
                if point
                else {**_hole(dataset, one), **_nothing(place, period)}
            )
        if all(row["y"] is None for row in found):
            rows.append({**_nothing(place, period), **_why(found)})
            found = [{**row, "part": "hole"} for row in found]  # the band shows the reason once
        rows += found
    _mark_lone(rows, series)
    rows += _turns(dataset, axis, names)
    return Rows(True, tuple(names.values()), series, tuple(rows))


def _mark_lone(rows: Sequence[Row], series: Sequence[Series]) -> None:
    """Mark values between two gaps, which an area cannot show."""
    for one in series:
        own = [row for row in rows if row.get("series") == one.name]
        there = [False, *(row["y"] is not None for row in own), False]
        for place, row in enumerate(own, start=1):
            row["isAlone"] = there[place] and not there[place - 1] and not there[place + 1]


def _turns(dataset: Dataset, axis: Sequence[Period], names: Mapping[str, str]) -> Iterator[Row]:
    """Yield a row for each period with which another series of the report begins."""
    for turn in histories.turns(dataset):
        first = next((one for one in axis if one.days.overlaps(turn.span.days)), None)
        if first is not None:
            place = {"place": names[first.key], "days": days_of(first.days)}
            told = {"status": turn.what, "label": turn.label}
            yield {"part": "turn", **place, "y": None, "before": None, **told}


def _periods(dataset: Dataset) -> list[Period]:
    """Return the periods of the axis, including those without a point."""
    found: dict[str, Period] = {}
    if dataset.level != "daily":  # on this level each day has a point
        week_start = units.week_start_of(one.key or "" for one in dataset.points)
        every = units.periods(dataset.level, dataset.days, week_start)
        found = {one.key: one for one in every}
    for one in dataset.points:
        key = one.key or ""
        found.setdefault(key, Period(dataset.level, key, one.days))
    return sorted(found.values(), key=lambda one: (one.start, one.key))


def _over_values(
    dataset: Dataset, points: Sequence[Point], series: tuple[Series, ...], display: Display
) -> Rows:
    taken: dict[str, int] = {}
    values = dict.fromkeys((one.value, one.is_other) for one in points)
    names = {value: once(category(*value, dataset.dimension), taken) for value in values}
    rows = []
    for point in points:
        place = names[(point.value, point.is_other)]
        rows += [
            {**_row(dataset, one, place, point, display), "tone": _tone(point)}
            for one in series
            if one.source == point.source and one.value == _divided(dataset, point)
        ]
    return Rows(False, tuple(names.values()), series, tuple(rows))


def _tone(point: Point) -> str:
    """Return the tone of a mark, whatever the tone of its series."""
    if point.is_other:
        return "other"
    return "withheld" if point.value is None else "own"


def _row(dataset: Dataset, series: Series, place: str, point: Point, display: Display) -> Row:
    measure = dataset.measure_of(series.source, series.measure)
    axis = axes(dataset).index((measure.unit, measure.currency))
    cell = point.cells[series.measure]
    before = point.previous[series.measure] if point.previous else None
    is_partial = point.coverage.known < point.coverage.days
    status = "provisional" if point.is_provisional else "final"
    return {
        "part": "gap" if cell.value is None else "value",
        "place": place,
        "series": series.name,
        "axis": axis,
        "number": series.number,
        "slot": f"slot {series.number}",
        "past": f"past {series.number}",
        "y": _drawn(cell),
        "before": _drawn(before) if before else None,
        "digits": None if cell.value is None else str(cell.value),
        "value": value_of(cell, measure, display.decimals),
        "was": _was(point, value_of(before, measure, display.decimals)) if before else "",
        "days": days_of(point.days),
        "coverage": coverage_of(point.coverage),
        "status": reason(cell) if cell.value is None else status,
        "isProvisional": point.is_provisional,
        "isPartial": is_partial,
        "isOpen": cell.value is not None and (point.is_provisional or is_partial),
    }


def _was(point: Point, value: str) -> str:
    why_not = obstacle(point.coverage, point.previous_coverage)
    return f"{value}, not comparable: {why_not}" if why_not else value


def _drawn(cell: Cell) -> float | None:
    return None if cell.value is None else float(cell.value)


def _hole(dataset: Dataset, series: Series) -> Row:
    measure = dataset.measure_of(series.source, series.measure)
    axis = axes(dataset).index((measure.unit, measure.currency))
    return {"part": "hole", "series": series.name, "number": series.number, "axis": axis}


def _nothing(place: str, period: Period) -> Row:
    return {
        "place": place,
        "y": None,
        "before": None,
        "value": ABSENT,
        "was": "",
        "days": days_of(period.days),
        "coverage": f"0 of {period.days.length}",
        "status": ABSENT,
        "isOpen": False,
    }


def _why(found: Sequence[Row]) -> Row:
    """Return the reasons of a band, each once, and its coverage if all series have the same."""
    reasons = ", ".join(dict.fromkeys(row["status"] for row in found)) or ABSENT
    coverages = list(dict.fromkeys(row["coverage"] for row in found))
    coverage = coverages[0] if len(coverages) == 1 else ""
    return {"part": "band", "value": reasons, "status": reasons, "coverage": coverage}
