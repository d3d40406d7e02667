"""A run: all facts over the series of a dashboard, and those worth telling in their order.

Many tests are made at once, so false discoveries are controlled over the run. What is true but tiny
is not told, and nothing is told twice. The same series give the same facts in the same order.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from domain.charts.decimals import WIDE
from domain.facts import (
    anomalies,
    comparisons,
    concentration,
    confidence,
    forecasts,
    funnels,
    levels,
    quality,
    rankings,
    saturation,
    statistics,
    tails,
    trend,
)
from domain.facts.facts import Fact, Finding, Kind, Refusal, Series, SeriesChange, Subject
from domain.facts.sameness import distinct
from domain.facts.shapes import Shape
from domain.facts.totals import Measured

MOST = 10
LEAST_CONFIDENCE = Decimal("0.5")
DISCOVERY_RATE = 0.1  # of what is told, as expected by Benjamini and Hochberg
CENT = Decimal("0.01")
# The least effect that is told. Where a series is shorter than a year, its trend may be the season.
LEAST: MappingProxyType[Kind, Decimal] = MappingProxyType(
    {
        "trend": Decimal("0.1"),
        "level_change": Decimal("0.1"),
        "anomaly": Decimal("0.15"),
        "event": Decimal("0.15"),
        "comparison": Decimal("0.05"),
        "ranking": Decimal("0.1"),
        "concentration": Decimal("0.6"),
        "funnel": Decimal("0.05"),
        "saturation": Decimal("0.05"),
        "forecast": Decimal(0),
        "quality": Decimal("0.02"),
    }
)
LEAST_OF_SHORT = Decimal("0.3")
SHAPED: tuple[Kind, ...] = ("trend", "level_change", "anomaly")

Key: TypeAlias = tuple[str, str | None, str | None]
Item = TypeVar("Item")


@dataclass(frozen=True)
class Board:
    """The series of a dashboard or view: wholes, and their parts by the values of dimensions.

    A funnel names its metrics from the first step to the last. A saturation names a metric of cost
    and one of sales.
    """

    series: tuple[Series, ...]
    funnels: tuple[tuple[str, ...], ...] = ()
    saturations: tuple[tuple[str, str], ...] = ()
    change: SeriesChange | None = None  # where its newest series of results continues another

    @cached_property
    def _by_key(self) -> dict[Key, Series]:
        return {_key(one.subject): one for one in self.series}

    def get(self, metric: str | None, of: Subject) -> Series | None:
        """The series of a metric, for the same dimension and value."""
        return None if metric is None else self._by_key.get((metric, of.dimension, of.value))

    def measured(self, series: Series) -> Measured:
        """A series with the parts of its ratio."""
        of = series.subject
        return Measured(series, self.get(series.numerator, of), self.get(series.denominator, of))


@dataclass(frozen=True)
class Findings:
    """What a run found: the facts that are told, most worth first, and why others are not."""

    facts: tuple[Fact, ...]
    refusals: tuple[Refusal, ...]


def run(board: Board) -> Findings:
    """Find all facts, and choose those that are told."""
    found = everything(board)
    refusals = tuple(one for one in found if isinstance(one, Refusal))
    told = judged(board, [one for one in found if isinstance(one, Fact)])
    return Findings(tuple(distinct(told, MOST)), refusals)


def everything(board: Board) -> list[Finding]:
    """All facts and refusals, in the order of the series."""
    named = [one for one in board.series if one.is_named]
    wholes = [one for one in named if one.dimension is None]
    parts: dict[str, list[Measured]] = defaultdict(list)
    for one in board.series:
        if one.dimension is not None:
            parts[one.measure.name].append(board.measured(one))
    found: list[Finding] = []
    shapes = tails.shapes(named)
    for series in named:
        mine = parts[series.measure.name] if series.dimension is None else []
        found += _of_series(shapes[series.subject], board.measured(series), mine)
    for series in wholes:
        found += _of_parts(board.measured(series), parts[series.measure.name])
    return [*found, *_of_several(board), *_of_quality(board, wholes)]


def _of_series(
    shape: Shape | Refusal, whole: Measured, parts: Sequence[Measured]
) -> Iterator[Finding]:
    if isinstance(shape, Refusal):
        yield from (replace(shape, kind=kind) for kind in SHAPED)
        return
    yield _told_of_short(trend.find(shape), shape)
    yield levels.find(shape)
    yield from _several(anomalies.find(shape))
    if whole.series.dimension is not None:
        return
    for against in ("previous", "year"):
        for some in _by_dimension(parts) or [[]]:
            yield comparisons.find(shape, whole, some, against)
    yield forecasts.find(shape)


def _told_of_short(finding: Finding, shape: Shape) -> Finding:
    """A trend of less than a year, which may be the season, has to be large to be one."""
    if isinstance(finding, Refusal) or shape.has_year or abs(finding.effect) >= LEAST_OF_SHORT:
        return finding
    return replace(finding, p_value=1.0)


def _of_parts(whole: Measured, parts: Sequence[Measured]) -> Iterator[Finding]:
    for some in _by_dimension(parts):
        if whole.series.measure.kind == "additive":
            yield concentration.find(whole, some)
        else:
            yield from _several(rankings.find(whole, some))


def _of_several(board: Board) -> Iterator[Finding]:
    """What needs several metrics of the whole."""
    for names in board.funnels:
        steps = [board.get(name, Subject(name)) for name in names]
        known = [one for one in steps if one is not None]
        if len(known) == len(names) > 1:
            yield funnels.find(known)
    for cost_name, sales_name in board.saturations:
        cost, sales = (board.get(name, Subject(name)) for name in (cost_name, sales_name))
        if cost is not None and sales is not None:
            yield saturation.find(cost, sales)


def _of_quality(board: Board, wholes: Sequence[Series]) -> Iterator[Finding]:
    for series in wholes:
        yield from _several(quality.find(series))
    if board.change is not None and wholes:
        yield quality.changed(wholes[0], board.change)


def _by_dimension(parts: Iterable[Measured]) -> list[list[Measured]]:
    found: dict[str | None, list[Measured]] = defaultdict(list)
    for one in parts:
        found[one.series.dimension].append(one)
    return list(found.values())


def _several(found: tuple[Fact, ...] | Refusal) -> Iterator[Finding]:
    if isinstance(found, Refusal):
        yield found
    else:
        yield from found


def judged(board: Board, found: Sequence[Fact]) -> list[Fact]:
    """The facts that are sure and large enough, with confidence and stake, most worth first."""
    money = _Money(board)
    large = [one for one in _discoveries(found) if abs(one.effect) >= LEAST[one.kind]]
    return sorted(
        (
            replace(one, confidence=sure, stake=money.stake(one))
            for one in large
            if (sure := confidence.of(one)) >= LEAST_CONFIDENCE
        ),
        key=_worth,
    )


def _discoveries(found: Sequence[Fact]) -> list[Fact]:
    """The facts that hold against all tests of the run. Known days are a family of their own.

    A difference that a retail event on one side explains is none.
    """
    told: list[Fact] = []
    for is_event in (False, True):
        tested = [
            one for one in found if one.p_value is not None and (one.kind == "event") == is_event
        ]
        adjusted = statistics.benjamini_hochberg([one.p_value or 0.0 for one in tested])
        told += [
            replace(one, adjusted=q)
            for one, q in zip(tested, adjusted, strict=True)
            if q <= DISCOVERY_RATE and not (one.kind == "comparison" and one.events)
        ]
    return [*told, *(one for one in found if one.p_value is None)]


def _worth(fact: Fact) -> tuple[Decimal, Decimal, Decimal, str, str]:
    """The order: money times confidence, then confidence, then effect, then names."""
    sure, subject = fact.confidence or Decimal(0), fact.subject
    named = f"{fact.kind} {subject.metric} {subject.dimension} {subject.value} {fact.period.start}"
    return -(fact.stake or Decimal(0)) * sure, -sure, -abs(fact.effect), named, fact.method


class _Money:
    """What a usual period of a subject is worth: the metric's own money, or that beside it."""

    def __init__(self, board: Board) -> None:
        self._own: dict[Key, Decimal] = {}
        self._beside: dict[tuple[str | None, str | None], Decimal] = {}
        for series in board.series:
            if series.measure.kind != "additive" or series.measure.unit != "currency":
                continue
            values = [abs(one.value) for one in series.readings if one.value is not None]
            if not values:
                continue
            usual = sum(values, Decimal(0)) / len(values)
            self._own[_key(series.subject)] = usual
            place = (series.dimension, series.value)
            self._beside[place] = max(usual, self._beside.get(place, usual))

    def stake(self, fact: Fact) -> Decimal | None:
        """The money that an effect moves while it lasts; None where no money is known."""
        of = fact.subject
        usual = self._own.get(_key(of)) or self._beside.get((of.dimension, of.value))
        if usual is None and of.value is None:
            usual = self._beside.get((None, None))
        if usual is None:
            return None
        moved = WIDE.multiply(usual, abs(fact.effect) * fact.reach)
        return moved.quantize(CENT, context=WIDE)


def _key(subject: Subject) -> Key:
    return subject.metric, subject.dimension, subject.value
