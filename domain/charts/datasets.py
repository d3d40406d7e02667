"""What a widget shows, as typed values: the same for a table, a chart and an export.

Nothing here is rounded or floating: a value is its digits, or there is none and its state says
why. A frame knows what it covers, so that no number is shown for more than it is.
"""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Literal, TypeAlias

from domain.calendar.periods import Level

OTHER = "(other)"
# How long a point's period is; a view's trend has days too.
Span: TypeAlias = Level | Literal["daily"]


@dataclass(frozen=True)
class Measure:
    """A metric as it is shown: the template's title, unit and kind."""

    name: str
    title: str
    unit: str  # count, currency, percent, ratio, users, seconds
    kind: str  # additive, ratio, distinct, none
    currency: str | None = None  # ISO 4217, of a currency


@dataclass(frozen=True)
class Cell:
    """A value, or why there is none: NOT_ADDITIVE, NO_DENOMINATOR, NOTHING, SUPPRESSED, ..."""

    value: Decimal | None = None
    state: str = "VALUE"

    def __post_init__(self) -> None:
        assert (self.value is None) == (self.state != "VALUE"), self

    @property
    def digits(self) -> str | None:
        """The value as text, without zeros that say nothing."""
        if self.value is None:
            return None
        text = f"{self.value:f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
        return "0" if text == "-0" else text


@dataclass(frozen=True)
class Coverage:
    """The days of what is shown, by what is known of them."""

    days: int
    covered: int
    empty: int = 0
    suppressed: int = 0
    gap: int = 0
    missing: int = 0
    straddling: int = 0


@dataclass(frozen=True)
class Point:
    """One row of a table, one mark of a chart: cells in the order of the measures.

    `start` and `end` are the days `[start, end)`; `key` is the period's, None for a whole range.
    `value` is the dimension's; None in a frame with a dimension is what privacy took.
    """

    source: int  # its place among the frame's sources
    start: date
    end: date
    key: str | None
    cells: tuple[Cell, ...]
    coverage: Coverage
    value: str | None = None
    is_other: bool = False  # all values that are not among the first ones
    previous: tuple[Cell, ...] | None = None  # of the period it is compared with
    is_provisional: bool = False
    by_utc_day: bool = False
    aggregate_ids: tuple[str, ...] = ()  # what it was made of, for lineage


@dataclass(frozen=True)
class Frame:
    """All that a widget shows. Points are in the order in which they are shown."""

    measures: tuple[Measure, ...]
    sources: tuple[str, ...]  # their names
    level: Span
    points: tuple[Point, ...]
    start: date
    end: date  # the days [start, end)
    dimension: str | None = None
    over_time: bool = False
    comparison: str | None = None
    previous_start: date | None = None
    previous_end: date | None = None
    totals: tuple[tuple[Cell, ...], ...] = ()  # for each source, over the range
    previous_totals: tuple[tuple[Cell, ...], ...] = ()
    coverage: Coverage = field(default_factory=lambda: Coverage(0, 0))
    is_provisional: bool = False
    suppressed_share: Decimal | None = None  # of rows, those that privacy took dimensions from
    as_of: datetime | None = None


@dataclass(frozen=True)
class Unserved:
    """Why a widget cannot be shown; the others are."""

    # NO_DATA, NOT_ADDITIVE, UNKNOWN_METRIC, UNKNOWN_DIMENSION, NOT_SHARED, TOO_LARGE, INVALID
    code: str
    message: str
    field: str | None = None
