"""The rows that a chart draws, out of a frame: which series there are, and a row for each mark.

A row has a number to draw and the exact digits to read. Its `part` says what it is: a `value`; a
`gap`, a value that is not there for a reason; a `hole`, where there is no point at all; and a
`band`, a period of which no series knows anything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeAlias

from domain.calendar import periods
from domain.calendar.periods import Period
from domain.charts.datasets import Cell, Frame, Point
from domain.charts.display import Display
from domain.charts.kinds import is_timed
from domain.charts.themes import Colours
from domain.charts.words import category, coverage_of, days_of, known, period_of, reason, value_of

Row: TypeAlias = dict[str, Any]
ABSENT = "not collected"
WHOLE: tuple[str | None, bool] = (None, False)  # what privacy took, or no dimension at all


@dataclass(frozen=True)
class Series:
    """Marks of one colour: a metric of a source, over time also of a value of the dimension."""

    number: int
    name: str
    source: int
    measure: int
    value: tuple[str | None, bool] = WHOLE  # the dimension's, and whether it is the rest
    is_withheld: bool = False

    @property
    def tone(self) -> str:
        """Whether it is grey, as all values that are not among the first ones together are."""
        if self.value[1]:
            return "other"
        return "withheld" if self.is_withheld else "own"


@dataclass(frozen=True)
class Rows:
    """What is drawn: places on the axis in their order, series in theirs, and the rows."""

    is_timed: bool
    places: tuple[str, ...]
    series: tuple[Series, ...]
    rows: tuple[Row, ...]

    @property
    def has_values(self) -> bool:
        """Whether there is anything to draw."""
        return any(row["y"] is not None or row["before"] is not None for row in self.rows)


def made(frame: Frame, display: Display) -> Rows:
    """The rows of a frame, in the order of its axis."""
    ordered = sorted(frame.points, key=lambda point: point.is_other)
    series = tuple(_series(frame, ordered))
    if is_timed(frame):
        return _over_time(frame, ordered, series, display)
    return _over_values(frame, ordered, series, display)


def axes(frame: Frame) -> list[tuple[str, str | None]]:
    """The units of its metrics, each of which has an axis."""
    return list(dict.fromkeys((one.unit, one.currency) for one in frame.measures))


def turns(names: Sequence[str], tones: Sequence[str]) -> list[int]:
    """When each name gets its colour; -1 where it is grey. It goes by name, not by place: so
    charts of the same values agree about their colours, by whatever they are ordered.
    """
    own = sorted((n for n, tone in enumerate(tones) if tone == "own"), key=names.__getitem__)
    found = {n: turn for turn, n in enumerate(own)}
    return [found.get(n, -1) for n in range(len(names))]


def tints(names: Sequence[str], tones: Sequence[str], colours: Colours) -> list[str]:
    """A colour for each name: greys for the rest and for what privacy took."""
    greys = {"other": colours.other, "withheld": colours.withheld}
    own = (colours.series[turn % len(colours.series)] for turn in turns(names, tones))
    return [greys.get(tone, colour) for tone, colour in zip(tones, own, strict=True)]


def _series(frame: Frame, points: Sequence[Point]) -> Iterator[Series]:
    splits = is_timed(frame) and frame.dimension is not None
    values = dict.fromkeys((one.value, one.is_other) for one in points) if splits else [WHOLE]
    held = {(one.source, (one.value, one.is_other) if splits else WHOLE) for one in points}
    taken: dict[str, int] = {}
    numbers = count()
    for value in values:
        for source in (one for one in range(len(frame.sources)) if (one, value) in held):
            for number, measure in enumerate(frame.measures):
                parts = [category(*value)] if splits else []
                parts += [frame.sources[source]] if len(frame.sources) > 1 else []
                parts += [measure.title] if len(frame.measures) > 1 or not parts else []
                name = once(" · ".join(parts), taken)
                withheld = splits and value == WHOLE
                yield Series(next(numbers), name, source, number, value, withheld)


def once(name: str, taken: dict[str, int]) -> str:
    """The name, numbered if it was given before: two things are never drawn as one."""
    taken[name] = taken.get(name, 0) + 1
    return name if taken[name] == 1 else once(f"{name} ({taken[name]})", taken)


def _over_time(
    frame: Frame, points: Sequence[Point], series: tuple[Series, ...], display: Display
) -> Rows:
    axis = _periods(frame)
    years = len({one.start.year for one in axis})
    names = {one.key: period_of(frame.level, one.start, years) for one in axis}
    at = {(one.source, one.value, one.is_other, one.key): one for one in points}
    rows: list[Row] = []
    for period in axis:
        place = names[period.key]
        found = []
        for one in series:
            point = at.get((one.source, *one.value, period.key))
            found.append(
                _row(frame, one, place, point, display)
                if point
                else {**_hole(frame, one), **_nothing(place, period)}
            )
        if all(row["y"] is None for row in found):
            rows.append({**_nothing(place, period), **_why(found)})
            found = [{**row, "part": "hole"} for row in found]  # the band says it once for all
        rows += found
    return Rows(True, tuple(names.values()), series, tuple(rows))


def _periods(frame: Frame) -> list[Period]:
    """The periods of the axis, with those that have no point; a key is named once."""
    from_sunday = any((one.key or "").startswith("W") for one in frame.points)
    every = periods.touched(frame.start, frame.end, "sunday" if from_sunday else "monday")
    found = {one.key: one for one in every if one.level == frame.level}
    for one in frame.points:
        key = one.key or ""
        found.setdefault(key, Period("weekly", key, one.start, one.end))  # days are too
    return sorted(found.values(), key=lambda one: (one.start, one.key))


def _over_values(
    frame: Frame, points: Sequence[Point], series: tuple[Series, ...], display: Display
) -> Rows:
    taken: dict[str, int] = {}
    values = dict.fromkeys((one.value, one.is_other) for one in points)
    names = {value: once(category(*value), taken) for value in values}
    rows = []
    for point in points:
        place = names[(point.value, point.is_other)]
        rows += [
            {**_row(frame, one, place, point, display), "tone": _tone(point)}
            for one in series
            if one.source == point.source
        ]
    return Rows(False, tuple(names.values()), series, tuple(rows))


def _tone(point: Point) -> str:
    """Whether a mark is grey, whatever its series."""
    if point.is_other:
        return "other"
    return "withheld" if point.value is None else "own"


def _row(frame: Frame, series: Series, place: str, point: Point, display: Display) -> Row:
    measure = frame.measures[series.measure]
    axis = axes(frame).index((measure.unit, measure.currency))
    cell = point.cells[series.measure]
    before = point.previous[series.measure] if point.previous else None
    is_partial = known(point.coverage) < point.coverage.days
    kept = "provisional" if point.is_provisional else "final"
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
        "was": value_of(before, measure, display.decimals) if before else "",
        "days": days_of(point.start, point.end),
        "coverage": coverage_of(point.coverage),
        "status": reason(cell) if cell.value is None else kept,
        "isProvisional": point.is_provisional,
        "isPartial": is_partial,
        "isOpen": cell.value is not None and (point.is_provisional or is_partial),
    }


def _drawn(cell: Cell) -> float | None:
    return None if cell.value is None else float(cell.value)


def _hole(frame: Frame, series: Series) -> Row:
    measure = frame.measures[series.measure]
    axis = axes(frame).index((measure.unit, measure.currency))
    return {"part": "hole", "series": series.name, "number": series.number, "axis": axis}


def _nothing(place: str, period: Period) -> Row:
    return {
        "place": place,
        "y": None,
        "before": None,
        "value": ABSENT,
        "was": "",
        "days": days_of(period.start, period.end),
        "coverage": f"0 of {(period.end - period.start).days}",
        "status": ABSENT,
        "isOpen": False,
    }


def _why(found: Sequence[Row]) -> Row:
    """A band's reasons, each once."""
    reasons = ", ".join(dict.fromkeys(row["status"] for row in found)) or ABSENT
    coverages = list(dict.fromkeys(row["coverage"] for row in found))
    told = {"coverage": coverages[0]} if len(coverages) == 1 else {"coverage": ""}
    return {"part": "band", "value": reasons, "status": reasons, **told}
