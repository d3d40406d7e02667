"""The numbers that questions are answered from, and the periods that stand for their days. Pure.

Aggregates are kept by week, month and quarter. Days are answered by the longest periods that make
them up exactly, so that a metric that cannot be added up has its own number for the month. Days
that no periods make up are answered by the whole weeks within them, and the answer says so.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Level, WeekStart
from domain.charts.datasets import Coverage
from domain.dashboards.sources import WidgetSource
from domain.facts.facts import Reading, Series, Subject, sources
from domain.facts.run import Board
from domain.facts.totals import NOTHING, Measured

COARSEST: tuple[Level, ...] = ("quarterly", "monthly", "weekly")


@dataclass(frozen=True)
class Span:
    """Consecutive periods of one level."""

    level: Level
    days: Days
    is_exact: bool  # whether they are just the days that were named


@dataclass(frozen=True)
class Amount:
    """The number of a metric over some days, or the state that says why there is none."""

    value: Decimal | None
    state: str
    coverage: Coverage
    is_provisional: bool = False
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Numbers:
    """The series of one source at each level."""

    source: WidgetSource
    boards: Mapping[Level, Board]
    week_start: WeekStart = "monday"

    @property
    def days(self) -> Days | None:
        """The days from the first to the last that have results; None without any."""
        spans = [
            Days.spanning(one.days for one in known)
            for board in self.boards.values()
            for series in board.series[:1]
            if (known := [one for one in series.readings if one.coverage.covered])
        ]
        if not spans:
            return None
        weekly = self.boards.get("weekly")
        if weekly is not None and weekly.series:
            covered = [one for one in weekly.series[0].readings if one.coverage.covered]
            if covered:
                return Days.spanning(one.days for one in covered)
        return Days.spanning(spans)

    def measured(
        self, level: Level, metric: str, dimension: str | None = None, value: str | None = None
    ) -> Measured | None:
        """A metric with the parts of its ratio, as a whole or for a value."""
        board = self.boards.get(level)
        if board is None:
            return None
        series = board.get(metric, Subject(metric, dimension, value))
        return None if series is None else board.measured(series)

    def parts(self, level: Level, metric: str, dimension: str) -> list[Measured]:
        """A metric for each named value of a dimension."""
        board = self.boards.get(level)
        if board is None:
            return []
        return [
            board.measured(one)
            for one in board.series
            if one.measure.name == metric and one.dimension == dimension and one.is_named
        ]

    def span(self, days: Days, among: Sequence[Level] = COARSEST) -> Span | None:
        """The periods that stand for these days; None if they have no whole period."""
        for level in among:
            if level in self.boards and self._is_exact(level, days):
                return Span(level, days, True)
        level = among[-1]
        inside = [
            one.days for one in units.periods(level, days, self.week_start) if days.covers(one.days)
        ]
        if not inside or level not in self.boards:
            return None
        return Span(level, Days.spanning(inside), False)

    def spans(self, *days: Days) -> list[Span] | None:
        """Periods of one level that stand for each of these ranges of days."""
        for level in COARSEST:
            if level in self.boards and all(self._is_exact(level, one) for one in days):
                return [Span(level, one, True) for one in days]
        found = [self.span(one, ("weekly",)) for one in days]
        return None if None in found else [one for one in found if one is not None]

    def _is_exact(self, level: Level, days: Days) -> bool:
        if not days.length:
            return False
        parts = units.periods(level, days, self.week_start)
        return parts[0].start == days.start and parts[-1].end == days.end


def places(series: Series, days: Days) -> list[int]:
    """The places of a series within these days."""
    return [at for at, one in enumerate(series.readings) if days.covers(one.days)]


def amount(measured: Measured, days: Days) -> Amount:
    """The metric over all periods within these days. Days without any result are left out."""
    rows = measured.series.readings
    inside = places(measured.series, days)
    known = [at for at in inside if rows[at].state != "MISSING" and rows[at].coverage.covered]
    coverage = _coverage([rows[at] for at in inside], days)
    if not known:
        return Amount(None, "MISSING", coverage)
    value = measured.total(known)
    ids = sources([rows[at] for at in known])
    if value is None:
        return Amount(None, _why(measured, known), coverage, source_ids=ids)
    provisional = any(rows[at].is_provisional for at in known)
    return Amount(value, "VALUE", coverage, provisional, ids)


def _coverage(readings: Sequence[Reading], days: Days) -> Coverage:
    """The coverage of the days. Those that have no period are missing."""
    total = Coverage.total(one.coverage for one in readings)
    lacking = max(0, days.length - total.days)
    return Coverage(
        total.days + lacking,
        total.covered,
        total.empty,
        total.suppressed,
        total.gap,
        total.missing + lacking,
        total.straddling,
    )


def _why(measured: Measured, known: Sequence[int]) -> str:
    rows = [measured.series.readings[at] for at in known]
    states = {one.state for one in rows if one.value is None}
    for state in ("SUPPRESSED", "OTHER_CURRENCY"):
        if state in states:
            return state
    if states and states <= {*NOTHING}:
        return "EMPTY"
    if "DATA_GAP" in states:
        return "DATA_GAP"
    if measured.is_ratio:
        parts = measured.parts(known)
        return "NO_DENOMINATOR" if parts is not None else "NOT_ADDITIVE"
    return "NOT_ADDITIVE"


def readings_within(measured: Measured, days: Days) -> Iterator[Reading]:
    """The readings of a series within these days, oldest first."""
    for at in places(measured.series, days):
        yield measured.series.readings[at]
