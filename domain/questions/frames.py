"""Sets a question against the numbers there are: its days, its periods and its breakdown. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.charts.datasets import Measure
from domain.charts.formats import days_of
from domain.facts.totals import Measured
from domain.questions.answers import Lacking
from domain.questions.numbers import COARSEST, Numbers, Span
from domain.questions.understood import Kind, Understood

USUAL = 4  # weeks that are compared, where no days are named
RANKED: frozenset[Kind] = frozenset({"which", "why"})
COURSE: frozenset[Kind] = frozenset({"when", "trend", "next", "odd", "attention", "data"})
LEVEL_NAMES = MappingProxyType({"weekly": "week", "monthly": "month", "quarterly": "quarter"})


@dataclass(frozen=True)
class Breakdown:
    """The values of a dimension that an answer needs, in which periods."""

    dimension: str
    values: tuple[str, ...]  # empty: all
    level: Level
    days: Days


@dataclass(frozen=True)
class Frame:
    """A question with the days and periods that answer it."""

    asked: Understood
    level: Level
    days: Days
    span: Span | None = None
    before: Span | None = None
    breakdown: Breakdown | None = None

    @property
    def values(self) -> tuple[str | None, ...]:
        """The values that the question names, or None for the whole."""
        return tuple(value for _, value in self.asked.values) or (None,)

    def measured(self, numbers: Numbers, metric: str, value: str | None = None) -> Measured:
        """A metric at the level of the question. Raises Lacking where there is none."""
        dimension = None if value is None or self.breakdown is None else self.breakdown.dimension
        found = numbers.measured(self.level, metric, dimension, value)
        if found is None:
            raise Lacking(
                "NOT_COVERED",
                f"There is no result of {value or metric} in these days."
                if value
                else "No results have been collected yet.",
            )
        return found

    def measure(self, numbers: Numbers, metric: str) -> Measure:
        """How a metric is shown."""
        return self.measured(numbers, metric).series.measure


def frame(asked: Understood, numbers: Numbers, dimensions: tuple[str, ...]) -> Frame:
    """Return the periods that answer a question, before its breakdown is read.

    `dimensions` are those of which values are known. Raises Lacking.
    """
    data = numbers.days
    if data is None:
        raise Lacking("NOT_COVERED", "No results have been collected yet.")
    dimension = _dimension(asked, dimensions)
    if asked.kind in COURSE:
        level: Level = asked.unit or "weekly"
        if level not in numbers.boards:
            raise Lacking("NOT_COVERED", f"There are no numbers by {LEVEL_NAMES[level]}.")
        days = asked.days or data
        return Frame(asked, level, days, breakdown=_breakdown(asked, dimension, level, data))
    if asked.kind in ("compare", "why") and not _compares_values(asked):
        now, before = _compared(asked, numbers, data)
        both = Days.spanning([now.days, before.days])
        needed = _breakdown(asked, dimension, now.level, both)
        return Frame(asked, now.level, now.days, now, before, needed)
    days = asked.days or data
    span = _span(asked, numbers, days, data)
    return Frame(
        asked,
        span.level,
        span.days,
        span,
        breakdown=_breakdown(asked, dimension, span.level, span.days),
    )


def _compares_values(asked: Understood) -> bool:
    several = len(asked.values) > 1 or len(asked.metrics) > 1
    return asked.kind == "compare" and several and asked.against is None


def _dimension(asked: Understood, dimensions: tuple[str, ...]) -> str | None:
    """The one dimension of a question: aggregates are kept by one dimension at a time."""
    named = list(dict.fromkeys(one for one, _ in asked.values))
    if len(named) > 1 or (named and asked.dimension not in (None, *named)):
        both = " and ".join(
            dict.fromkeys([*named, *([asked.dimension] if asked.dimension else [])])
        )
        raise Lacking(
            "NO_SUCH_BREAKDOWN",
            f"The numbers are kept by one dimension at a time, not by {both} together. A widget "
            "with two filters reads them from the results.",
        )
    if named:
        return named[0]
    if asked.dimension is not None:
        return asked.dimension
    if asked.kind not in RANKED:
        return None
    if not dimensions and asked.kind == "which":
        raise Lacking("NO_SUCH_BREAKDOWN", "These numbers have no dimension to choose from.")
    return dimensions[0] if dimensions else None


def _breakdown(
    asked: Understood, dimension: str | None, level: Level, days: Days
) -> Breakdown | None:
    if dimension is None:
        return None
    values = tuple(value for _, value in asked.values)
    if not values and asked.kind not in RANKED:
        return None
    wants_all = asked.kind == "which" and len(values) < 2
    return Breakdown(dimension, () if wants_all else values, level, days)


def _span(asked: Understood, numbers: Numbers, days: Days, data: Days) -> Span:
    if not days.overlaps(data):
        raise not_covered(days, data)
    among = (asked.unit or "weekly",) if asked.wants_average else COARSEST
    span = numbers.span(days, among)
    if span is None:
        week = units.period("weekly", days.start, numbers.week_start).days
        raise Lacking(
            "NOT_COVERED",
            f"Numbers are kept by week, month and quarter, so {days_of(days)} has none of its own. "
            f"Ask for the week of {days_of(Days.from_last(week.start, week.start))}.",
        )
    return span


def _compared(asked: Understood, numbers: Numbers, data: Days) -> tuple[Span, Span]:
    """The periods of now and before."""
    days = asked.days
    if days is None:
        end = units.floor(data.end, "weekly", numbers.week_start)
        days = Days(end - timedelta(days=7 * USUAL), end)
    if isinstance(asked.against, Days):
        before = asked.against
    else:
        before = year_before(days) if asked.against == "year" else previous(days)
    if not days.overlaps(data):
        raise not_covered(days, data)
    if not before.overlaps(data):
        raise not_covered(before, data)
    if days.end > data.end and not isinstance(asked.against, Days):
        short = data.end - days.start  # the period is running: as many days of the one before
        days, before = Days(days.start, data.end), Days(before.start, before.start + short)
    spans = numbers.spans(days, before)
    if spans is None:
        raise Lacking(
            "NOT_COVERED",
            f"Numbers are kept by week, month and quarter, and {days_of(days)} has no whole week.",
        )
    return spans[0], spans[1]


def not_covered(days: Days, data: Days) -> Lacking:
    """The reason for days outside of the data."""
    return Lacking(
        "NOT_COVERED",
        f"There is no data for {days_of(days)}. The data cover {days_of(data)}.",
    )


def previous(days: Days) -> Days:
    """The days before these that are as long: the month before, or as many days."""
    for level in ("quarterly", "monthly"):
        parts = units.periods(level, days)
        if parts[0].start == days.start and parts[-1].end == days.end:
            return Days(units.back(days.start, level, len(parts)), days.start)
    return Days.before(days.start, days.length)


def year_before(days: Days) -> Days:
    """The same days a year earlier: weeks 52 weeks before, months the same months."""
    for level in ("quarterly", "monthly"):
        parts = units.periods(level, days)
        if parts[0].start == days.start and parts[-1].end == days.end:
            return Days(
                days.start.replace(year=days.start.year - 1),
                days.end.replace(year=days.end.year - 1),
            )
    return Days(units.back(days.start, "weekly", 52), units.back(days.end, "weekly", 52))
