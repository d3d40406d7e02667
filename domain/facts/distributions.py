"""The normal and Student's t distribution, in floating point. Pure."""

from functools import lru_cache
from math import exp, fabs, inf, lgamma, log, log1p, pi, sqrt
from statistics import NormalDist

NORMAL = NormalDist()
STEPS = 300  # of the continued fraction; it converges in far fewer
TINY = 1e-300
CLOSE = 1e-14  # relative


def normal_p(z: float) -> float:
    """The probability that a normal value is at least as far from 0 as z, to either side."""
    return t_p(z, inf) if fabs(z) > 5 else 2 * NORMAL.cdf(-fabs(z))


def t_p(t: float, freedom: float) -> float:
    """The probability that a t value is at least as far from 0 as t, to either side.

    `freedom` is the degrees of freedom; infinite for the normal distribution.
    """
    if freedom == inf:
        return _far_normal(fabs(t))
    return beta(freedom / (freedom + t * t), freedom / 2, 0.5)


@lru_cache(maxsize=4096)
def t_quantile(level: float, freedom: float) -> float:
    """The value below which a t value lies with this probability."""
    if freedom == inf:
        return NORMAL.inv_cdf(level)
    if level < 0.5:
        return -t_quantile(1 - level, freedom)
    tail = 2 * (1 - level)
    low, high = 0.0, 1.0
    while t_p(high, freedom) > tail:
        low, high = high, high * 2
    while high - low > 1e-12 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if t_p(middle, freedom) > tail else (low, middle)
    return (low + high) / 2


def beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(x, a, b) / a
    return 1 - front * _fraction(1 - x, b, a) / b


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function, by Lentz's method."""
    # `or TINY` keeps a divisor from being 0.
    c, d = 1.0, 1 / ((1 - (a + b) * x / (a + 1)) or TINY)
    found = d
    for step in range(1, STEPS):
        twice = a + 2 * step
        even = step * (b - step) * x / ((twice - 1) * twice)
        odd = -(a + step) * (a + b + step) * x / (twice * (twice + 1))
        d = 1 / ((1 + even * d) or TINY)
        c = (1 + even / c) or TINY
        found *= c * d
        d = 1 / ((1 + odd * d) or TINY)
        c = (1 + odd / c) or TINY
        found *= c * d
        if fabs(c * d - 1) < CLOSE:
            break
    return found


def _far_normal(z: float) -> float:
    """Both tails beyond z, by Mills' ratio where the tail is too small to be a difference."""
    if z < 5:
        return 2 * NORMAL.cdf(-z)
    ratio = z
    for step in range(60, 0, -1):
        ratio = z + step / ratio
    return 2 * exp(-z * z / 2) / sqrt(2 * pi) / ratio
