"""Robust statistics of short series, in floating point. Pure.

Each has its textbook form and no thresholds: `tests/insights/test_statistics.py` compares them with
scipy, pymannkendall and ruptures.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import inf, sqrt
from operator import mul

from domain.insights.distributions import NORMAL, normal_p

MAD_TO_SIGMA = 1.4826  # of a normal distribution


def mean(values: Sequence[float]) -> float:
    """The mean. Raises ZeroDivisionError for no values."""
    return sum(values) / len(values)


def median(values: Sequence[float]) -> float:
    """The median. Raises IndexError for no values."""
    return _middle(sorted(values))


def _middle(ordered: Sequence[float]) -> float:
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def deviation(values: Sequence[float]) -> float:
    """The sample's standard deviation; 0 for fewer than two values."""
    if len(values) < 2:
        return 0.0
    centre = mean(values)
    return sqrt(sum((one - centre) ** 2 for one in values) / (len(values) - 1))


def spread(values: Sequence[float], centre: float | None = None) -> float:
    """The median absolute deviation, scaled to the standard deviation of normal values."""
    at = median(values) if centre is None else centre
    return MAD_TO_SIGMA * median([abs(one - at) for one in values])


def running_median(values: Sequence[float], half: int) -> list[float]:
    """The median of each value and `half` neighbours on each side; of as many as near the edges.

    Near an edge the window keeps its length and stays within the series.
    """
    n, width = len(values), min(2 * half + 1, len(values))
    window = sorted(values[:width])
    middles = [_middle(window)]
    for end in range(width, n):
        del window[bisect_left(window, values[end - width])]
        insort(window, values[end])
        middles.append(_middle(window))
    return [middles[min(max(0, at - half), n - width)] for at in range(n)]


def hampel(values: Sequence[float], half: int, limit: float) -> list[int]:
    """The places that are more than `limit` spreads away from their running median."""
    usual = running_median(values, half)
    found = []
    for at, value in enumerate(values):
        start = min(max(0, at - half), max(0, len(values) - 2 * half - 1))
        around = values[start : start + 2 * half + 1]
        if abs(value - usual[at]) > limit * spread(around, usual[at]):
            found.append(at)
    return found


@dataclass(frozen=True, slots=True)
class MannKendall:
    """The test of Mann and Kendall: whether later values tend to be larger."""

    s: int  # pairs that rise, less pairs that fall
    variance: float  # of s for independent values, corrected for ties
    n: int

    def z(self, inflation: float = 1.0) -> float:
        """The standardised s. `inflation` is how much dependence widens its variance."""
        if self.s == 0 or self.variance <= 0:
            return 0.0
        return (self.s - (1 if self.s > 0 else -1)) / sqrt(self.variance * inflation)

    def p(self, inflation: float = 1.0) -> float:
        """The two-sided p value."""
        return normal_p(self.z(inflation))


def mann_kendall(values: Sequence[float]) -> MannKendall:
    """The test of Mann and Kendall, with the correction for ties."""
    n, s, earlier = len(values), 0, list[float]()
    for value in values:
        left, right = bisect_left(earlier, value), bisect_right(earlier, value)
        s += left - (len(earlier) - right)
        earlier.insert(right, value)
    variance = n * (n - 1) * (2 * n + 5) - _ties(earlier)
    return MannKendall(s, variance / 18, n)


def _ties(ordered: Sequence[float]) -> int:
    total, run = 0, 1
    for before, value in zip(ordered, [*ordered[1:], inf], strict=True):
        if value == before:
            run += 1
            continue
        total += run * (run - 1) * (2 * run + 5)
        run = 1
    return total


def hamed_rao(values: Sequence[float], slope: float, level: float = 0.05) -> float:
    """How much the autocorrelation of the ranks widens the variance of Mann and Kendall's s.

    By Hamed and Rao (1998): only autocorrelations that are significant at the level count.
    """
    n = len(values)
    ranks = ranked([value - slope * at for at, value in enumerate(values)])
    limit = NORMAL.inv_cdf(1 - level / 2) / sqrt(n)
    total = 0.0
    for lag, r in enumerate(autocorrelations(ranks, n - 1), 1):
        if abs(r) > limit:
            total += (n - lag) * (n - lag - 1) * (n - lag - 2) * r
    return 1 + 2 / (n * (n - 1) * (n - 2)) * total


def ranked(values: Sequence[float]) -> list[float]:
    """The rank of each value, from 1; equal values share the mean of their ranks."""
    ordered = sorted(values)
    return [(bisect_left(ordered, one) + bisect_right(ordered, one) + 1) / 2 for one in values]


def autocorrelations(values: Sequence[float], most: int) -> list[float]:
    """The autocorrelations at lags 1 to `most`; zeros for a constant series."""
    centre = mean(values)
    off = [one - centre for one in values]
    whole = sum(map(mul, off, off))
    if not whole:
        return [0.0] * most
    return [sum(map(mul, off, off[lag:])) / whole for lag in range(1, most + 1)]


@dataclass(frozen=True, slots=True)
class Slope:
    """The slope of Theil and Sen, and an interval that holds it."""

    value: float
    low: float
    high: float


def theil_sen(
    values: Sequence[float],
    times: Sequence[float] | None = None,
    level: float = 0.95,
    inflation: float = 1.0,
) -> Slope:
    """The median of the slopes of all pairs, with Sen's interval at this level.

    `inflation` is how much dependence widens the variance. Raises IndexError for one value.
    """
    at = times or range(len(values))
    pairs = sorted(
        (later - value) / (then - now)
        for place, (value, now) in enumerate(zip(values, at, strict=True))
        for later, then in zip(values[place + 1 :], at[place + 1 :], strict=True)
    )
    wide = sqrt(max(0.0, mann_kendall(values).variance) * inflation)
    wide *= NORMAL.inv_cdf((1 + level) / 2)
    upper = min(round((len(pairs) + wide) / 2), len(pairs) - 1)
    lower = max(round((len(pairs) - wide) / 2) - 1, 0)
    return Slope(_middle(pairs), pairs[lower], pairs[upper])


def change_points(values: Sequence[float], penalty: float, shortest: int = 1) -> list[int]:
    """Where the mean changes: the first place of each segment but the first, by PELT.

    Minimises the squared distances from the means of the segments, plus a penalty for each change.
    """
    n = len(values)
    sums = [0.0, *accumulate(values)]
    squares = [0.0, *accumulate(one * one for one in values)]
    best, before = [-penalty] + [inf] * n, [0] * (n + 1)
    starts: list[int] = []
    for end in range(shortest, n + 1):
        starts.append(end - shortest)
        costs = {}
        for start in starts:
            total = sums[end] - sums[start]
            inside = squares[end] - squares[start] - total * total / (end - start)
            costs[start] = best[start] + inside
        first = min(costs, key=costs.__getitem__)
        best[end], before[end] = costs[first] + penalty, first
        starts = [start for start in starts if costs[start] <= best[end]]
    found, at = [], n
    while at and (at := before[at]):
        found.append(at)
    return found[::-1]


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """The adjusted p values: the least rate of false discoveries at which each is a discovery."""
    count, least = len(p_values), 1.0
    adjusted = [1.0] * count
    order = sorted(range(count), key=p_values.__getitem__)
    for rank in range(count, 0, -1):
        at = order[rank - 1]
        least = min(least, p_values[at] * count / rank)
        adjusted[at] = least
    return adjusted
