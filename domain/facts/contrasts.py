"""Contrasts: whether the mean of some periods differs from that of others by more than noise."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from domain.facts import statistics
from domain.facts.distributions import t_p, t_quantile

MOST_CORRELATED = 0.9


@dataclass(frozen=True, slots=True)
class Contrast:
    """The difference of two means, or of one mean from 0, with its standard error."""

    difference: float
    error: float
    freedom: float

    @property
    def t(self) -> float:
        """The difference in standard errors; 0 where there is no noise to compare it with."""
        return self.difference / self.error if self.error > 0 else 0.0

    @property
    def p(self) -> float:
        """The two-sided p value."""
        return t_p(self.t, self.freedom)

    def interval(self, level: float) -> tuple[float, float]:
        """The range that holds the true difference with this probability."""
        wide = self.error * t_quantile((1 + level) / 2, self.freedom)
        return self.difference - wide, self.difference + wide


def between(now: Sequence[float], before: Sequence[float]) -> Contrast:
    """The mean of the later values less that of the earlier ones. Each needs a value."""
    centres = statistics.mean(before), statistics.mean(now)
    off = [one - centres[0] for one in before] + [one - centres[1] for one in now]
    sigma, inflation, independent = _noise(off, 2)
    error = sigma * sqrt(inflation * (1 / len(now) + 1 / len(before)))
    return Contrast(centres[1] - centres[0], error, max(2.0, independent - 2))


def from_zero(values: Sequence[float]) -> Contrast:
    """The mean of the values."""
    centre = statistics.mean(values)
    sigma, inflation, independent = _noise([one - centre for one in values], 1)
    error = sigma * sqrt(inflation / len(values))
    return Contrast(centre, error, max(2.0, independent - 1))


def _noise(off: Sequence[float], parameters: int) -> tuple[float, float, float]:
    """The deviation, how much correlation widens a mean's variance, and independent values."""
    n = len(off)
    squares = sum(one * one for one in off)
    if n <= parameters + 2 or squares <= 0:
        return 0.0, 1.0, 2.0
    found = sum(one * other for one, other in itertools.pairwise(off)) / squares
    corrected = (n * found + parameters) / (n - parameters - 2)
    correlation = min(MOST_CORRELATED, max(0.0, corrected))
    inflation = (1 + correlation) / (1 - correlation)
    return sqrt(squares / (n - parameters)), inflation, max(4.0, n / inflation)
