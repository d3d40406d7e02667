"""Finds the insights of boards: facts that are worth telling, worded, with what they rest on. Pure.

The same aggregates give the same insights, to the byte.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from typing import Any

from domain.amc.marketplaces import currency_of
from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.charts.datasets import Cell
from domain.dashboards.configs import DimensionFilter
from domain.dashboards.sources import Ref, WidgetSource
from domain.facts import run
from domain.facts.facts import Fact, Interval, Kind, Refusal
from domain.facts.sameness import is_sure_oddity
from domain.insights import boards, texts
from domain.insights.boards import SourceBoard
from domain.insights.contents import filters_key, only_value
from domain.insights.reading import SourceRows
from domain.numbers.plans import declared_of

VERSION = "facts-2"  # of the methods and of the words
REFUSAL = "refusal"
MOST_REFUSALS = 5  # of a source
# The period is part of what they say. A trend that goes on is the same insight a week later.
OF_A_PERIOD: frozenset[Kind] = frozenset(
    {"level_change", "anomaly", "event", "comparison", "funnel", "forecast"}
)


@dataclass(frozen=True)
class Found:
    """An insight, or why there is none, before it is stored."""

    source: WidgetSource
    type: str
    text: str
    key: str  # the same in the next run, if it is found again
    data_points: dict[str, Any]
    level: Level
    confidence: Decimal | None = None
    stake: Decimal | None = None
    currency: str | None = None
    metric: str | None = None
    dimension: str | None = None
    value: str | None = None
    days: Days | None = None
    filters: tuple[DimensionFilter, ...] = ()  # of the widgets that show it


def find(rows: Sequence[SourceRows]) -> list[Found]:
    """Find the insights of all sources, most worth first, and then what could not be told.

    Each source has at most ten for each set of filters, and they stand by themselves: who may see
    only some of the sources sees theirs. What two sets of filters say alike is told once.
    """
    told: list[tuple[Fact, Found]] = []
    refused: list[Found] = []
    for made in boards.build(rows):
        found = run.run(made.board)
        told += [(fact, _found(made, fact)) for fact in found.facts]
        refused += _refusals(made, found.refusals)
    told.sort(key=lambda pair: -_worth(pair[0]))  # stable: equal ones keep their source's order
    told = _with_odd(told)
    once: dict[tuple[Ref, str], Found] = {}
    for one in (*(one for _, one in told), *refused):
        once.setdefault((one.source.ref, one.key), one)
    return list(once.values())


def _with_odd(told: list[tuple[Fact, Found]]) -> list[tuple[Fact, Found]]:
    """Give the best sure odd week a place among the first ten, which are shown together."""
    at = next((at for at, (fact, _) in enumerate(told) if is_sure_oddity(fact)), 0)
    if at < run.MOST:
        return told
    return [*told[: run.MOST - 1], told[at], *told[run.MOST - 1 : at], *told[at + 1 :]]


def _worth(fact: Fact) -> Decimal:
    return (fact.stake or Decimal(0)) * (fact.confidence or Decimal(0))


def _found(made: SourceBoard, fact: Fact) -> Found:
    source, level = made.source, boards.LEVEL
    subject = fact.subject
    dimension, value, filters = subject.dimension, subject.value, made.filters
    if dimension is None and (only := only_value(filters)) is not None:
        (dimension, value), filters = only, ()
    parts = [fact.kind, subject.metric, dimension or "", value or ""]
    parts += [fact.method] if fact.kind in ("comparison", "quality") else []
    parts += [fact.period.start.isoformat()] if fact.kind in OF_A_PERIOD else []
    parts += [str(filters_key(filters))] if filters else []
    return Found(
        source=source,
        type=fact.kind,
        text=texts.text(fact, source, level, made.days.last.year, made.filters),
        key="|".join(parts),
        data_points=_data_points(fact),
        level=level,
        confidence=fact.confidence,
        stake=fact.stake,
        currency=currency_of(source.marketplace_id),
        metric=subject.metric,
        dimension=dimension,
        value=value,
        days=fact.period,
        filters=filters,
    )


def _data_points(fact: Fact) -> dict[str, Any]:
    return {
        "method": fact.method,
        "n": fact.n,
        "effect": _digits(fact.effect),
        "interval": _interval(fact.interval),
        "pValue": None if fact.p_value is None else f"{fact.p_value:.3g}",
        "adjustedPValue": None if fact.adjusted is None else f"{fact.adjusted:.3g}",
        "numbers": [
            {"name": one.name, "value": _digits(one.value), "of": one.of} for one in fact.numbers
        ],
        "events": list(fact.events),
        "aggregateIds": list(fact.source_ids),
    }


def _interval(one: Interval | None) -> dict[str, str | None] | None:
    if one is None:
        return None
    return {"low": _digits(one.low), "high": _digits(one.high), "level": _digits(one.level)}


def _digits(value: Decimal) -> str | None:
    return Cell(value).digits


def _refusals(made: SourceBoard, refused: Iterable[Refusal]) -> list[Found]:
    """Why nothing is told of some metrics as a whole: once for each reason, with the metrics.

    What is constant, or cannot be added up, is as it should be and is not told.
    """
    declared = declared_of(made.source)
    lacking = [
        one
        for one in refused
        if one.subject.dimension is None
        and one.code in ("NOT_ENOUGH_PERIODS", "NOT_COVERED", "SUPPRESSED")
        and one.kind == "trend"
    ]
    found = []
    order = sorted(lacking, key=lambda one: (one.code, one.has or 0, one.needs or 0))
    for (code, has, needs), group in groupby(order, lambda one: (one.code, one.has, one.needs)):
        same = list(group)
        names = list(dict.fromkeys(one.subject.metric for one in same))
        titles = [declared[name].title for name in names]
        found.append(
            Found(
                source=made.source,
                type=REFUSAL,
                text=texts.refusal(same[0], titles, boards.LEVEL),
                key=f"{REFUSAL}|{code}|{has}|{needs}",
                data_points={"code": code, "has": has, "needs": needs, "metrics": names},
                level=boards.LEVEL,
            )
        )
    return found[:MOST_REFUSALS]
