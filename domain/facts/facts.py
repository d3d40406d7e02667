"""What insights are made of: series of readings, and the facts or refusals found in them.

Numbers that people read are decimals. Probabilities are floating point, since nobody adds them up.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeAlias

from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.charts.datasets import OTHER, Coverage, Measure

Kind: TypeAlias = Literal[
    "trend",
    "level_change",
    "anomaly",
    "event",
    "comparison",
    "ranking",
    "concentration",
    "funnel",
    "saturation",
    "forecast",
    "quality",
]
# Why there is no fact: too few periods, too few of their days have results, privacy withheld too
# much, the metric cannot be added up as asked, amounts are in another currency, or all values are
# equal.
Code: TypeAlias = Literal[
    "NOT_ENOUGH_PERIODS", "NOT_COVERED", "SUPPRESSED", "NOT_ADDITIVE", "OTHER_CURRENCY", "CONSTANT"
]
OF_STATES: tuple[Code, ...] = ("SUPPRESSED", "OTHER_CURRENCY", "NOT_ADDITIVE")
DIGITS = 6  # of numbers that statistics estimate


@dataclass(frozen=True, slots=True)
class Subject:
    """What a fact is about: a metric as a whole, or for one value of a dimension."""

    metric: str
    dimension: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one period, or None and the state that says why there is none."""

    days: Days
    value: Decimal | None
    coverage: Coverage
    state: str = "VALUE"  # as of a Cell
    suppressed: Decimal = Decimal(0)  # the share of its rows whose dimensions privacy withheld
    is_provisional: bool = False
    source_ids: tuple[str, ...] = ()  # the aggregates that it was read from

    @property
    def covered(self) -> Decimal:
        """The share of its days that have a result, with or without rows."""
        days = self.coverage.days
        return Decimal(self.coverage.covered) / days if days else Decimal(0)

    @property
    def is_settled(self) -> bool:
        """Whether it has a value of all its days that will not change any more."""
        return self.value is not None and not self.is_provisional and self.covered == 1


@dataclass(frozen=True)
class Series:
    """A metric over consecutive periods, oldest first, as a whole or for one value."""

    measure: Measure
    level: Level
    readings: tuple[Reading, ...]
    dimension: str | None = None
    value: str | None = None  # None in a series of a dimension: privacy withheld it
    numerator: str | None = None  # of a ratio: the metrics whose sums it divides
    denominator: str | None = None
    marketplace_id: str | None = None

    @property
    def subject(self) -> Subject:
        """What its facts are about."""
        return Subject(self.measure.name, self.dimension, self.value)

    @property
    def is_named(self) -> bool:
        """Whether facts may name it: it is a whole, or a value that is shown."""
        return self.dimension is None or self.value not in (None, OTHER)

    @property
    def days(self) -> Days:
        """The days from its first to its last period. Raises ValueError where it has none."""
        return Days.spanning(one.days for one in self.readings)


@dataclass(frozen=True, slots=True)
class SeriesChange:
    """Where one series of results continues another."""

    days: Days  # of the later one
    changes: tuple[str, ...]  # version, parameters, time_zone
    version_before: int | None  # of the template
    version: int | None
    # The side that facts are found in, before or since. None: both, since they answer one question.
    kept: str | None = None


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the true number with this probability."""

    low: Decimal
    high: Decimal
    level: Decimal


@dataclass(frozen=True, slots=True)
class Number:
    """A named number that a fact rests on."""

    name: str
    value: Decimal
    of: str | None = None  # the value of a dimension that it is of


@dataclass(frozen=True)
class Fact:
    """Something that the numbers say, with how it was found and how sure it is."""

    kind: Kind
    subject: Subject
    period: Days  # that it speaks of
    effect: Decimal  # its size, as a share of what is usual: 0.12 is 12 percent more
    n: int  # periods that it was found in
    method: str
    reach: int = 1  # periods that the effect lasts
    interval: Interval | None = None  # of the effect; of a forecast: of the value
    p_value: float | None = None  # None: it is counted, not estimated
    adjusted: float | None = None  # the p value among all tests of a run
    doubt: float = 0.0  # the probability that it is there, but of another kind
    confidence: Decimal | None = None  # how often such facts are right; set by a run
    stake: Decimal | None = None  # money that it is about; set by a run, None where not known
    events: tuple[str, ...] = ()  # known days within its period
    by: str | None = None  # the dimension whose values made the difference
    change: SeriesChange | None = None  # of data quality: what continues what
    numbers: tuple[Number, ...] = ()
    source_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why there is no fact of a kind."""

    code: Code
    kind: Kind
    subject: Subject
    has: int | None = None  # periods there are, where they are too few
    needs: int | None = None


Finding: TypeAlias = Fact | Refusal


def rounded(value: float) -> Decimal:
    """An estimate as a decimal of six digits."""
    return Decimal(f"{value:.{DIGITS}g}") + 0


def sources(readings: Sequence[Reading]) -> tuple[str, ...]:
    """The aggregates that readings come from, each once and in order."""
    return tuple(dict.fromkeys(key for one in readings for key in one.source_ids))


@dataclass(frozen=True)
class Usable:
    """The settled readings of a series, with their places in it."""

    series: Series
    places: tuple[int, ...]
    readings: tuple[Reading, ...] = field(repr=False)
    values: tuple[float, ...] = field(repr=False)


MOST_LACKING = Decimal("0.2")  # share of the periods that may have no settled value


def usable(series: Series, kind: Kind, needs: int) -> Usable | Refusal:
    """The settled readings of a series, from the first that has a value to the last settled one.

    Refused where they are fewer than needed, where too many between them lack, or all are equal.
    """
    settled = [at for at, one in enumerate(series.readings) if one.is_settled]
    if not settled:
        return Refusal(_why(series.readings), kind, series.subject, 0, needs)
    span = series.readings[settled[0] : settled[-1] + 1]
    lacking = [one for one in span if not one.is_settled]
    if len(lacking) > MOST_LACKING * len(span):
        return Refusal(_why(lacking), kind, series.subject, len(settled), needs)
    if len(settled) < needs:
        return Refusal("NOT_ENOUGH_PERIODS", kind, series.subject, len(settled), needs)
    readings = tuple(series.readings[at] for at in settled)
    values = tuple(float(one.value) for one in readings if one.value is not None)
    if min(values) == max(values):
        return Refusal("CONSTANT", kind, series.subject, len(settled), needs)
    return Usable(series, tuple(settled), readings, values)


def _why(readings: Sequence[Reading]) -> Code:
    """The commonest reason why readings have no settled value."""
    if not readings:
        return "NOT_ENOUGH_PERIODS"
    for state in OF_STATES:
        if 2 * sum(one.state == state for one in readings) >= len(readings):
            return state
    return "NOT_COVERED"
