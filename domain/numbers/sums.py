"""Numbers of several aggregates as one: added up where they may be, or why there is none. Pure.

It follows `domain/aggregates/rollups.py`: a sum of weeks is what the sum of their results would be.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from domain.aggregates.rollups import PLACES, WIDE
from domain.charts.datasets import Cell
from domain.templates.metrics import Metric

# Of several reasons the first one is told: what something might be added to comes before nothing.
REASONS = ("NOT_ADDITIVE", "SUPPRESSED", "NO_DENOMINATOR", "NOTHING", "EMPTY", "MISSING")
NO_REASON: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Sum:
    """A metric of some aggregates."""

    total: Decimal | None  # of those that have a value
    count: int  # aggregates that have rows
    reasons: frozenset[str] = NO_REASON  # of these, why some have no value
    blanks: frozenset[str] = NO_REASON  # why others have no rows


Sums: TypeAlias = Mapping[str, Sum]
NONE = Sum(None, 0)
UNSURE = Sum(None, 2, frozenset({"NOT_ADDITIVE"}))


def of(value: str | None, state: str | None, *, has_rows: bool) -> Sum:
    """One aggregate's metric, as it is stored."""
    if value is not None:
        return Sum(Decimal(value), 1)
    reason = frozenset({state or "MISSING"})
    return Sum(None, 1, reason) if has_rows else Sum(None, 0, blanks=reason)


def blank(names: Iterable[str], states: Iterable[str]) -> Sums:
    """Metrics of periods that have no rows, for these reasons."""
    return dict.fromkeys(names, Sum(None, 0, blanks=frozenset(states)))


def together(parts: Sequence[Sums]) -> Sums:
    """The same metrics of all of these."""
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
        NO_REASON.union(*(one.reasons for one in given)),
        NO_REASON.union(*(one.blanks for one in given)),
    )


def names_of(metrics: Sequence[Metric], declared: Mapping[str, Metric]) -> list[str]:
    """The metrics that are summed to show these: themselves and what their ratios are made of."""
    wanted = [name for metric in metrics for name in (metric.name, *parts_of(metric, declared))]
    return list(dict.fromkeys(wanted))


def parts_of(metric: Metric, declared: Mapping[str, Metric]) -> tuple[str, ...]:
    """What may be added up in its place: itself, or both parts of a ratio. Nothing if neither."""
    if metric.kind == "additive":
        return (metric.name,)
    parts = tuple(_parts(metric))
    ours = [declared.get(name) for name in parts]
    return parts if parts and all(one and one.kind == "additive" for one in ours) else ()


def _parts(metric: Metric) -> Iterator[str]:
    if metric.kind == "ratio":
        yield metric.numerator or ""
        yield metric.denominator or ""


def cell(metric: Metric, sums: Sums, declared: Mapping[str, Metric]) -> Cell:
    """The value of a metric, or why there is none."""
    own = sums.get(metric.name, NONE)
    if own.count <= 1:  # nothing has been added up, so it may be shown whatever it is
        return _valued(own)
    if "NOT_ADDITIVE" in own.reasons:
        return Cell(None, "NOT_ADDITIVE")
    if own.total is None and own.reasons and metric.kind != "ratio":
        return _valued(own)
    parts = parts_of(metric, declared)
    if not parts:
        return Cell(None, "NOT_ADDITIVE")
    if metric.kind == "additive":
        return _valued(own)
    return _ratio(own, *(sums.get(name, NONE) for name in parts))


def _valued(one: Sum) -> Cell:
    if one.total is not None:
        return Cell(one.total)
    known = one.reasons or one.blanks
    return Cell(None, next((reason for reason in REASONS if reason in known), "MISSING"))


def _ratio(own: Sum, above: Sum, below: Sum) -> Cell:
    # Where some of the results lack a part, it would be a ratio of different weeks.
    if "MISSING" in own.reasons:
        return Cell(None, "MISSING")
    for part in (above, below):
        if part.total is None:
            return _valued(part)
    assert above.total is not None
    assert below.total is not None
    if not below.total:
        return Cell(None, "NO_DENOMINATOR")
    return Cell(WIDE.divide(above.total, below.total).quantize(PLACES, context=WIDE))
