"""What is read for widgets: sums of aggregates by period, and by places for values of a dimension.

A sum remembers why parts of it have no value, so that a cell can say so.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, TypeAlias
from uuid import UUID

from domain.calendar.units import Period
from domain.charts.datasets import SeriesSpan
from domain.charts.decimals import WIDE
from domain.dashboards.sources import WidgetSource
from domain.numbers.plans import Breakdown, ShownPeriods

NOTHING: frozenset[str] = frozenset()
SHOWN, COMPARED = 0, 1  # slots: the shown periods, and those they are compared with
# The places of shown values count from 1. The other places are:
ALL = 0  # all values together, if none is shown separately
WITHHELD = -1  # rows whose value was withheld for privacy
REST = -2  # all values that are not shown
WHOLE_RANGE = ""  # instead of a period's key: over all periods of the slot


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of a metric over several aggregates."""

    total: Decimal | None  # of the aggregates that have a value
    count: int  # of aggregates that have rows
    reasons: frozenset[str] = NOTHING  # why some of these aggregates have no value
    blanks: frozenset[str] = NOTHING  # why other aggregates have no rows

    @classmethod
    def of(cls, value: str | None, state: str | None, *, has_rows: bool) -> "Sum":
        """Return the metric of a single aggregate, as it is stored."""
        if value is not None:
            return cls(Decimal(value), 1)
        reason = frozenset({state or "MISSING"})
        return cls(None, 1, reason) if has_rows else cls(None, 0, blanks=reason)


Sums: TypeAlias = Mapping[str, Sum]  # by the name of the metric
NO_SUM = Sum(None, 0)
UNKNOWN = Sum(None, 2, frozenset({"NOT_ADDITIVE"}))


def added(parts: Sequence[Sums]) -> Sums:
    """Add up the same metrics of all parts."""
    if len(parts) == 1:
        return parts[0]
    names = dict.fromkeys(name for part in parts for name in part)
    return {name: _added([part[name] for part in parts if name in part]) for name in names}


def _added(given: Sequence[Sum]) -> Sum:
    values = [one.total for one in given if one.total is not None]
    total = values[0] if values else None
    for value in values[1:]:
        total = WIDE.add(total or Decimal(0), value)
    return Sum(
        total,
        sum(one.count for one in given),
        NOTHING.union(*(one.reasons for one in given)),
        NOTHING.union(*(one.blanks for one in given)),
    )


@dataclass(frozen=True)
class PeriodAggregate:
    """The aggregate of a period over all values of all dimensions."""

    id: UUID
    series: str
    instance_id: UUID
    period: Period
    metrics: Mapping[str, str | None]
    states: Mapping[str, str]
    state: str
    coverage: Mapping[str, int]
    is_provisional: bool
    by_utc_day: bool
    as_of: datetime | None
    row_count: int
    suppressed_rows: int
    generation: int

    def sums(self, names: Sequence[str]) -> Sums:
        """Return its metrics of these names."""
        has_rows = self.row_count > 0
        return {
            name: Sum.of(self.metrics.get(name), self.states.get(name), has_rows=has_rows)
            for name in names
        }


@dataclass(frozen=True)
class BreakdownSums:
    """The sums of a breakdown, by slot, place and key of the period."""

    sums: dict[tuple[int, int, str], dict[str, Sum]]
    values: dict[int, str]  # the shown values of the dimension, by place
    keys: dict[tuple[int, int], set[str]]  # truncated periods in which a place has rows
    truncated: dict[int, set[str]]  # by slot: periods in which the dimension is truncated


@dataclass(frozen=True)
class SourceNumbers:
    """What was read for one source of a widget."""

    source: WidgetSource
    shown: ShownPeriods
    aggregates: Mapping[str, PeriodAggregate]  # by the key of the period
    breakdown: Breakdown | None = None  # what is read by dimension, if anything
    sums: BreakdownSums | None = None  # what was read for it
    spans: Sequence[SeriesSpan] = ()  # the series that it is shown from
    # What the numbers of each period answer, by its key, and the periods that no total adds up.
    questions: Mapping[str, Any] = field(default_factory=dict)
    apart: frozenset[str] = NOTHING
