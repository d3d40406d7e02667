"""Anomalies: single periods far from what trend, level and season leave. Known days are events."""

from dataclasses import replace
from math import inf

from domain.facts import events, facts
from domain.facts.distributions import t_p, t_quantile
from domain.facts.facts import Fact, Interval, Refusal
from domain.facts.shapes import Shape

LEAST = 10  # periods
MOST = 3  # of a series
ODD, USUAL = 2.5, 1.5  # spreads: what is less is no second anomaly, and no event
LEVEL = 0.95
METHOD = "robust residual (Hampel, MAD)"


def find(shape: Shape) -> tuple[Fact, ...] | Refusal:
    """The periods that are least usual, the oddest first; and each retail event by itself."""
    series = shape.series
    if shape.n < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "anomaly", series.subject, shape.n, LEAST)
    left = shape.fit.residuals
    plain, wide = shape.plain, shape.spread
    if wide <= 0:
        return Refusal("CONSTANT", "anomaly", series.subject, shape.n, LEAST)
    freedom = max(3.0, len(plain) / 3)  # the median deviation of n values is worth that many
    odd = sorted(plain, key=lambda at: (-abs(left[at]), at))[:MOST]
    odd = [at for at in odd if at == odd[0] or abs(left[at]) > ODD * wide]
    found = [_fact(shape, at, wide, freedom, looks=len(plain)) for at in odd]
    country = events.country_of(series.marketplace_id)
    for at, names in shape.known.items():
        # Among left out weeks, an event cannot be told from a change of level.
        if at in shape.fit.step_among or abs(left[at]) < USUAL * wide:
            continue
        told = _fact(shape, at, wide, freedom, looks=len(shape.known))
        found.append(replace(told, kind="event", events=names))
    return tuple(_named(one, country) for one in found)


def _fact(shape: Shape, at: int, wide: float, freedom: float, *, looks: int) -> Fact:
    left, expected = shape.fit.residuals[at], shape.fit.expected[at]
    margin = wide * t_quantile((1 + LEVEL) / 2, freedom)
    effect, low, high = (
        facts.rounded(shape.change(expected, expected + one))
        for one in (left, left - margin, left + margin)
    )
    p_value = _strays(shape, left / wide, freedom) if wide < inf else 1.0
    reading = shape.usable.readings[at]
    assert reading.value is not None
    return Fact(
        kind="anomaly",
        subject=shape.series.subject,
        period=reading.days,
        effect=effect,
        n=shape.n,
        method=METHOD,
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=min(1.0, p_value * looks),
        numbers=(
            facts.Number("value", reading.value),
            facts.Number("expected", shape.amount(expected)),
        ),
        source_ids=reading.source_ids,
    )


def _strays(shape: Shape, spreads: float, freedom: float) -> float:
    """The probability that noise with tails like these strays so many spreads."""
    return sum(share * t_p(spreads, min(freedom, tails)) for tails, share in shape.tails)


def _named(fact: Fact, country: str) -> Fact:
    """The fact with the smaller known days of its period, which may explain it."""
    if fact.events:
        return fact
    return replace(fact, events=tuple(one.name for one in events.within(fact.period, country)))
