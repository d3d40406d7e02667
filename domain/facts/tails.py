"""How heavy the tails of noise are: how far single periods stray by themselves. Pure.

Where single odd weeks are usual, each of them is no news. One series is too short to tell, so the
series of a run are looked at together: how many of them have tails like Student's t distribution
of which degrees of freedom. What each series shows itself then says how likely it is one of them.

The periods that stray most are not looked at, since they may be what is to be found. Of them is
only known that they are not nearer than the others.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from math import exp, inf, lgamma, log, log1p, pi

from domain.facts import statistics
from domain.facts.distributions import t_p, t_quantile
from domain.facts.facts import Refusal, Series, Subject
from domain.facts.shapes import Shape, Tails, of

# Heavier ones are taken for 8: the spread of such a series is widened by what strays, too.
FREEDOMS = (inf, 15.0, 8.0)
# How many series of each kind are taken for granted, beside those that there are.
EXPECTED = (2.0, 0.2, 0.2)
ROUNDS = 15  # of expectation and maximization
LEAST = 10  # usual periods of a series
STRAY = 25  # one of so many periods may be what is to be found


def shapes(series: Iterable[Series]) -> dict[Subject, Shape | Refusal]:
    """The shapes of the series of a run, or why one has none. Each knows its tails."""
    found = {one.subject: of(one) for one in sorted(series, key=_name)}
    seen = {
        subject: likelihoods(shape)
        for subject, shape in found.items()
        if isinstance(shape, Shape) and len(shape.plain) >= LEAST
    }
    tails = mixed(seen)
    return {
        subject: replace(one, tails=tails[subject])
        if isinstance(one, Shape) and subject in tails
        else one
        for subject, one in found.items()
    }


def _name(series: Series) -> tuple[str, str, str]:
    """What series are ordered by: sums of floating point depend on the order."""
    return series.measure.name, series.dimension or "", series.value or ""


def mixed(seen: Mapping[Subject, Sequence[float]]) -> dict[Subject, Tails]:
    """The probability of each freedom for each series, from the likelihoods of all of them."""
    shares = _normed(EXPECTED)
    found: list[list[float]] = []
    for _ in range(ROUNDS):
        found = [
            _normed([share * one for share, one in zip(shares, each, strict=True)])
            for each in seen.values()
        ]
        counts = [sum(column) for column in zip(*found, strict=True)] or [0.0] * len(EXPECTED)
        shares = _normed([more + one for more, one in zip(EXPECTED, counts, strict=True)])
    return {
        subject: tuple(zip(FREEDOMS, each, strict=True))
        for subject, each in zip(seen, found, strict=True)
    }


def _normed(weights: Sequence[float]) -> list[float]:
    total = sum(weights)
    return [one / total for one in weights]


def likelihoods(shape: Shape) -> list[float]:
    """How likely the residuals of a series are with each of the freedoms, up to a factor."""
    off = sorted(abs(shape.fit.residuals[at]) for at in shape.plain)
    middle = statistics.median(off)
    if middle <= 0:
        return [1.0] * len(FREEDOMS)
    scaled = [one / middle for one in off]  # half of the values are nearer than 1
    number = max(1, len(scaled) // STRAY)
    near = scaled[:-number]
    logs = [_log_likelihood(near, number, freedom) for freedom in FREEDOMS]
    best = max(logs)
    return [exp(one - best) for one in logs]


def _log_likelihood(near: Sequence[float], number: int, freedom: float) -> float:
    """Of these distances from 0, and of so many more that are at least as far as the last one."""
    scale = t_quantile(0.75, freedom)
    beyond = number * log(max(1e-300, t_p(near[-1] * scale, freedom)))
    if freedom == inf:
        return beyond - scale * scale / 2 * sum(one * one for one in near) + len(near) * _top(inf)
    part = scale * scale / freedom
    total = sum(log1p(part * one * one) for one in near)
    return beyond - (freedom + 1) / 2 * total + len(near) * _top(freedom)


@cache
def _top(freedom: float) -> float:
    """The logarithm of the density at 0, where half of the values are nearer than 1."""
    scale = log(t_quantile(0.75, freedom))
    if freedom == inf:
        return scale - log(2 * pi) / 2
    half = freedom / 2
    return scale + lgamma(half + 0.5) - lgamma(half) - log(freedom * pi) / 2
