"""Which facts are about the same thing, so that only the one most worth is told."""

from collections.abc import Iterable
from decimal import Decimal
from types import MappingProxyType

from domain.facts.facts import Fact, Kind

MOST_OF_A_KIND = 3
SURE = Decimal("0.9")
MOVEMENTS = frozenset[Kind]({"trend", "level_change", "comparison", "saturation"})
DAYS = frozenset[Kind]({"anomaly", "event"})
ONCE = MappingProxyType[Kind, int]({"forecast": 2})  # of these, at most so many


def distinct(ranked: Iterable[Fact], most: int) -> list[Fact]:
    """The first facts of a ranking, at most so many, without any that says the same as another.

    Of the odd periods of one value, the surest is told: its cost rather than its impressions.
    """
    every = list(ranked)
    ordered = [one for one in every if not _is_explained(one, every)]
    told: list[Fact] = []
    for fact in ordered:
        alike = sum(one.kind == fact.kind for one in told)
        if alike >= ONCE.get(fact.kind, MOST_OF_A_KIND):
            continue
        if any(same(fact, one) for one in told):
            continue
        told.append(_surest(fact, ordered, told))
        if len(told) == most:
            break
    return _with_odd(told, ordered, most)


def is_sure_oddity(fact: Fact) -> bool:
    """Whether it is an odd period that people want to know of, however little money it moves."""
    return fact.kind == "anomaly" and (fact.confidence or 0) >= SURE


def _with_odd(told: list[Fact], ordered: Iterable[Fact], most: int) -> list[Fact]:
    """What is told, with the best sure oddity in the last place if larger facts left it none."""
    if len(told) < most or any(map(is_sure_oddity, told)):
        return told
    kept = told[:-1]
    new = (
        one for one in ordered if is_sure_oddity(one) and not any(same(one, each) for each in kept)
    )
    found = next(new, None)
    return told if found is None else [*kept, found]


def _is_explained(fact: Fact, every: Iterable[Fact]) -> bool:
    """Whether a comparison only shows a single odd period, which says why."""
    if fact.kind != "comparison":
        return False
    return any(
        one.kind == "anomaly"
        and (one.effect > 0) == (fact.effect > 0)
        and (one.confidence or 0) >= (fact.confidence or 0)
        and same(one, fact)
        for one in every
    )


def _surest(fact: Fact, ranked: Iterable[Fact], told: Iterable[Fact]) -> Fact:
    """The surest of the anomalies of the same value and period that say something new."""
    if fact.kind != "anomaly":
        return fact
    of = (fact.subject.dimension, fact.subject.value, fact.period)
    alike = [
        one
        for one in ranked
        if one.kind == "anomaly" and (one.subject.dimension, one.subject.value, one.period) == of
    ]
    new = [one for one in alike if not any(same(one, other) for other in told)]
    return max(new, key=lambda one: one.confidence or 0)


def same(one: Fact, other: Fact) -> bool:
    """Whether two facts are about the same thing."""
    if one.kind in MOVEMENTS and other.kind in MOVEMENTS:
        return _moves_alike(one, other)
    if one.kind in DAYS and other.kind in DAYS:
        return _same_days(one, other)
    if {one.kind, other.kind} <= MOVEMENTS | DAYS:
        # A comparison with an odd period on one side says no more than the odd period does.
        return (
            "comparison" in (one.kind, other.kind)
            and one.subject.metric == other.subject.metric
            and one.period.overlaps(other.period)
        )
    if one.kind != other.kind:
        return False
    if one.kind == "quality":
        return one.method == other.method
    return one.subject == other.subject or _is_under_two_names(one, other)


def _is_under_two_names(one: Fact, other: Fact) -> bool:
    """Whether the facts are of the same rows, as those of a campaign and those of its id are."""
    return (
        bool(one.numbers)
        and one.subject.dimension != other.subject.dimension
        and one.subject.metric == other.subject.metric
        and one.period == other.period
        and [each.value for each in one.numbers] == [each.value for each in other.numbers]
    )


def _moves_alike(one: Fact, other: Fact) -> bool:
    """One subject moves once. A part that moves as its whole does, or another part, is no news."""
    if one.subject == other.subject:
        return True
    is_up = one.effect > 0
    return one.subject.metric == other.subject.metric and is_up == (other.effect > 0)


def _same_days(one: Fact, other: Fact) -> bool:
    """An event is told once. So are odd periods of one metric, or of one value."""
    if one.kind == other.kind == "event":
        return bool(set(one.events) & set(other.events))
    alike = one.subject.metric == other.subject.metric or (
        one.subject.dimension,
        one.subject.value,
    ) == (other.subject.dimension, other.subject.value)
    return alike and one.period.overlaps(other.period)
