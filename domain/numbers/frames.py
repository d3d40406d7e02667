"""Frames out of lines: points with their cells, totals, and what all of it covers. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from domain.aggregates.rollups import PLACES, WIDE
from domain.amc.marketplaces import currency_of
from domain.calendar.periods import Level, Period
from domain.charts.datasets import Cell, Coverage, Frame, Measure, Point
from domain.dashboards.configs import DataSource
from domain.dashboards.sources import Source
from domain.numbers import sums as widget_sums
from domain.numbers.lines import NOTHING, WHOLE_WINDOW, Line
from domain.numbers.slices import Whole
from domain.numbers.sums import Sums
from domain.numbers.windows import Window
from domain.templates.metrics import Metric

DAYS = tuple(one.name for one in fields(Coverage))


@dataclass(frozen=True)
class Part:
    """What a frame shows of one of its sources."""

    source: Source
    window: Window
    wholes: Mapping[str, Whole]  # by the key of the period
    whole: Line
    lines: Sequence[Line]
    is_filtered: bool = False

    @property
    def declared(self) -> dict[str, Metric]:
        """The metrics of the source, by name."""
        return {one.name: one for one in self.source.config.metrics}


def build(shown: DataSource, level: Level, parts: Sequence[Part]) -> Frame:
    """The frame of these parts, in the order of the sources."""
    cells = [_Cells(part, shown) for part in parts]
    totals = [one.totals() for one in cells]
    before = [one for part in parts for one in part.window.before]
    there = [whole for part in parts for whole in _shown(part)]
    return Frame(
        measures=tuple(_measures(shown, parts)),
        sources=tuple(part.source.name for part in parts),
        level=level,
        points=tuple(point for number, one in enumerate(cells) for point in one.points(number)),
        start=min(part.window.start for part in parts),
        end=max(part.window.end for part in parts),
        dimension=shown.dimension,
        over_time=shown.over_time or shown.dimension is None,
        comparison=shown.comparison,
        previous_start=min((one.start for one in before), default=None),
        previous_end=max((one.end for one in before), default=None),
        totals=tuple(now for now, _ in totals),
        previous_totals=tuple(then for _, then in totals) if shown.comparison else (),
        coverage=_added(one.coverage() for one in cells),
        is_provisional=any(one.is_provisional for one in there),
        suppressed_share=_share(there),
        as_of=_newest(there),
    )


def _shown(part: Part) -> Iterator[Whole]:
    return (part.wholes[one.key] for one in part.window.periods if one.key in part.wholes)


def _measures(shown: DataSource, parts: Sequence[Part]) -> Iterator[Measure]:
    currencies = {currency_of(part.source.marketplace_id) for part in parts}
    currency = currencies.pop() if len(currencies) == 1 else None
    for name in shown.metrics:
        one = parts[0].declared[name]
        money = currency if one.unit == "currency" else None
        yield Measure(one.name, one.title, one.unit, one.kind, money)


def _share(there: Sequence[Whole]) -> Decimal | None:
    rows = sum(one.row_count for one in there)
    if not rows:
        return None
    taken = Decimal(sum(one.suppressed_rows for one in there))
    return WIDE.divide(taken, Decimal(rows)).quantize(PLACES, context=WIDE)


def _newest(there: Sequence[Whole]) -> datetime | None:
    return max((one.as_of for one in there if one.as_of is not None), default=None)


def _added(given: Iterable[Coverage]) -> Coverage:
    rows = list(given)
    return Coverage(**{name: sum(getattr(one, name) for one in rows) for name in DAYS})


class _Cells:
    """The cells of one part of a frame."""

    def __init__(self, part: Part, shown: DataSource) -> None:
        self._part, self._shown = part, shown
        self._declared = part.declared
        self._metrics = [self._declared[name] for name in shown.metrics]
        self._names = widget_sums.names_of(self._metrics, self._declared)
        self._by_period = shown.over_time or shown.dimension is None

    def points(self, source: int) -> Iterator[Point]:
        """Its points in their order: lines one after the other, each oldest first."""
        for line in self._part.lines:
            if not self._by_period:
                yield self._point(source, line, WHOLE_WINDOW, self._part.window)
                continue
            for one, before in self._pairs():
                window = Window((one,), () if before is None else (before,))
                yield self._point(source, line, one.key, window)

    def totals(self) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
        """The cells of the whole range, and of what it is compared with."""
        lines = self._part.lines if self._part.is_filtered else [self._part.whole]
        now = [sums for line in lines for sums in line.now.values()]
        before = [sums for line in lines for sums in line.before.values()]
        window = self._part.window
        return self._cells(now, window.periods), self._cells(before, window.before)

    def coverage(self) -> Coverage:
        """The days of the range."""
        lines = self._part.lines if self._part.is_filtered else ()
        hidden = NOTHING.union(*(line.hidden for line in lines))
        return self._coverage(self._part.window.periods, hidden)

    def _pairs(self) -> Iterator[tuple[Period, Period | None]]:
        window = self._part.window
        previous = window.previous or (None,) * len(window.periods)
        return zip(window.periods, previous, strict=True)

    def _point(self, source: int, line: Line, key: str, window: Window) -> Point:
        before = line.before
        if self._by_period:
            before = {one.key: before[one.key] for one in window.before if one.key in before}
        there = [
            self._part.wholes[one.key] for one in window.periods if one.key in self._part.wholes
        ]
        return Point(
            source=source,
            start=window.start,
            end=window.end,
            key=key or None,
            cells=self._cells([line.now[key]] if key in line.now else [], window.periods),
            coverage=self._coverage(window.periods, line.hidden),
            value=line.value,
            is_other=line.is_other,
            previous=self._cells(list(before.values()), window.before)
            if self._shown.comparison
            else None,
            is_provisional=any(one.is_provisional for one in there),
            by_utc_day=any(one.by_utc_day for one in there),
            aggregate_ids=tuple(str(one.id) for one in there),
        )

    def _cells(self, given: Sequence[Sums], periods: Sequence[Period]) -> tuple[Cell, ...]:
        """A cell for each metric; without any sums, what is known of the periods."""
        parts = given or [widget_sums.blank(self._names, self._states(periods))]
        sums = widget_sums.together(parts)
        return tuple(widget_sums.cell(one, sums, self._declared) for one in self._metrics)

    def _states(self, periods: Sequence[Period]) -> Iterator[str]:
        """Why something has no rows in these periods."""
        for period in periods:
            whole = self._part.wholes.get(period.key)
            state = "MISSING" if whole is None else whole.state
            yield "EMPTY" if state == "DATA" else state

    def _coverage(self, periods: Sequence[Period], hidden: frozenset[str]) -> Coverage:
        """The days of the periods; of those in which a number is hidden nothing is known."""
        return _added(self._days(one, is_hidden=one.key in hidden) for one in periods)

    def _days(self, period: Period, *, is_hidden: bool) -> Coverage:
        whole = self._part.wholes.get(period.key)
        if whole is None or is_hidden:
            days = (period.end - period.start).days
            return Coverage(days, 0, missing=days)
        return Coverage(**{name: whole.coverage.get(name, 0) for name in DAYS})
