"""Robust statistics of short series, in floating point. Pure.

Each has its textbook form and no thresholds: `tests/facts/test_statistics.py` compares them with
scipy and pymannkendall.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf, sqrt

from domain.facts.distributions import NORMAL, normal_p

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
