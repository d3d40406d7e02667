"""Datasets: what a widget shows, as typed values for tables, charts and exports alike.

Values are decimals and are never rounded. A cell without a value has a state that says why. A
dataset carries its coverage, so that a number is never shown for more days than it covers.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from decimal import Decimal

from domain.calendar.days import Days
from domain.calendar.units import Unit
from domain.charts.numerals import ENGLISH, Numerals

OTHER = "(other)"


@dataclass(frozen=True)
class Measure:
    """A metric as it is shown: the template's title, unit and kind."""

    name: str
    title: str
    unit: str  # count, currency, percent, ratio, users, seconds
    kind: str  # additive, ratio, distinct, none
    # ISO 4217, if the unit is currency. None if it is unknown, or if sources differ in it.
    currency: str | None = None
    numerals: Numerals = ENGLISH  # how its values are written


@dataclass(frozen=True)
class Cell:
    """A value, or the reason why there is none: NOT_ADDITIVE, NO_DENOMINATOR, NOTHING, ..."""

    value: Decimal | None = None
    state: str = "VALUE"

    def __post_init__(self) -> None:
        assert (self.value is None) == (self.state != "VALUE"), self

    @property
    def digits(self) -> str | None:
        """The value as text with all its digits, without trailing zeros."""
        if self.value is None:
            return None
        text = f"{self.value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text


@dataclass(frozen=True)
class Coverage:
    """How many days a period or range has, and how many of them have each kind of result."""

    days: int
    covered: int
    empty: int = 0
    suppressed: int = 0
    gap: int = 0
    missing: int = 0
    straddling: int = 0

    @property
    def known(self) -> int:
        """The number of days whose results are known, with rows or without."""
        return self.covered - self.suppressed - self.gap

    @staticmethod
    def total(parts: "Iterable[Coverage]") -> "Coverage":
        """Return the coverage of all parts together."""
        every = list(parts)
        names = [one.name for one in fields(Coverage)]
        return Coverage(**{name: sum(getattr(one, name) for one in every) for name in names})


@dataclass(frozen=True)
class Point:
    """A row of a table or a mark of a chart. Its cells are in the order of the measures.

    `key` is the period's key, or None if the point covers the whole range. `value` is the value of
    the dimension. In a dataset with a dimension, None means that it was withheld for privacy.
    """

    source: int  # index into the dataset's sources
    days: Days
    key: str | None
    cells: tuple[Cell, ...]
    coverage: Coverage
    value: str | None = None
    split_value: str | None = None  # of the second dimension, if the dataset has one
    is_other: bool = False  # all values together that have no point of their own
    previous: tuple[Cell, ...] | None = None  # cells of the period it is compared with
    previous_coverage: Coverage | None = None  # of that period
    is_provisional: bool = False
    by_utc_day: bool = False
    aggregate_ids: tuple[str, ...] = ()  # the aggregates that its lineage is traced from

    @property
    def start(self) -> date:
        """The first day."""
        return self.days.start

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.days.end


@dataclass(frozen=True)
class SeriesSpan:
    """Days whose numbers come from one series of a source, and what changed when it began."""

    source: int  # index into the dataset's sources
    series: str  # its hash
    days: Days
    version: int | None  # of the template; None for a workflow
    changes: tuple[str, ...]  # version, parameters, time_zone; empty for the first span
    is_added_up: bool  # whether totals count it

    @property
    def start(self) -> date:
        """The first day."""
        return self.days.start

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.days.end


@dataclass(frozen=True)
class Dataset:
    """Everything that a widget shows. Points are in display order."""

    measures: tuple[Measure, ...]
    sources: tuple[str, ...]  # their names
    level: Unit  # of the periods; `daily` only in the trend of a view
    points: tuple[Point, ...]
    days: Days
    dimension: str | None = None
    split: str | None = None  # a second dimension: a point is of a value of each
    over_time: bool = False
    comparison: str | None = None
    previous_days: Days | None = None  # the days they are compared with
    totals: tuple[tuple[Cell, ...], ...] = ()  # for each source, over the whole range
    previous_totals: tuple[tuple[Cell, ...], ...] = ()
    coverage: Coverage = field(default_factory=lambda: Coverage(0, 0))
    # For each source: the coverage of its totals, and of the totals they are compared with.
    source_coverage: tuple[Coverage, ...] = ()
    previous_source_coverage: tuple[Coverage, ...] = ()
    currencies: tuple[str | None, ...] = ()  # ISO 4217, of each source
    is_provisional: bool = False
    suppressed_share: Decimal | None = None  # of rows with dimensions withheld for privacy
    as_of: datetime | None = None
    series: tuple[SeriesSpan, ...] = ()  # source by source, oldest first

    @property
    def has_periods(self) -> bool:
        """Whether there is a point for each period, rather than one for the whole range."""
        return self.over_time or self.dimension is None

    @property
    def previous_coverage(self) -> Coverage | None:
        """The coverage of the days they are compared with. None without a comparison."""
        parts = self.previous_source_coverage
        return Coverage.total(parts) if parts else None

    @property
    def numerals(self) -> Numerals:
        """How the values of all metrics are written."""
        return self.measures[0].numerals if self.measures else ENGLISH

    def written_in(self, numerals: Numerals) -> "Dataset":
        """Return the same dataset, whose values are written in another way."""
        measures = tuple(replace(one, numerals=numerals) for one in self.measures)
        return replace(self, measures=measures)

    def measure_of(self, source: int, number: int) -> Measure:
        """Return a metric in the currency of a source."""
        measure = self.measures[number]
        if measure.unit != "currency" or not self.has_currencies:
            return measure
        return replace(measure, currency=self.currencies[source])

    @property
    def has_currencies(self) -> bool:
        """Whether the sources have different currencies. Amounts are then not comparable."""
        return len(set(self.currencies)) > 1

    def currency_of(self, source: int) -> str | None:
        """Return the currency of a source. None if it is unknown."""
        return self.currencies[source] if self.currencies else None


@dataclass(frozen=True)
class Unserved:
    """The reason why a widget shows no dataset."""

    # NO_DATA, NOT_ADDITIVE, UNKNOWN_METRIC, UNKNOWN_DIMENSION, NOT_SHARED, TOO_LARGE, FILE_LOST,
    # INVALID, FAILED
    code: str
    message: str
    field: str | None = None
