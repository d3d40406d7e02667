"""Fits of a series by least squares: flat, with a trend, with a step, or with both. Pure.

Each fit also has waves of a year, where the series is as long as one: what a season explains is no
trend. What depends on places and length only is computed once for all series of a dashboard.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import cos, exp, inf, log, pi, sin, sqrt
from operator import mul
from typing import Literal, TypeAlias

from domain.insights import statistics
from domain.insights.distributions import t_p
from domain.insights.statistics import mean

Form: TypeAlias = Literal["flat", "trend", "level", "both"]
Vector: TypeAlias = tuple[float, ...]
# Parameters beside waves. The best of many places for a step fits noise as four would.
COSTS: dict[Form, int] = {"flat": 0, "trend": 1, "level": 3, "both": 4}
MOST_PARAMETERS = 5  # of both, so that what is left is not taken for less than it is
PASSES = 2  # of filling in what is left out
MOST_CORRELATED = 0.9
NEARLY_NOTHING = 1e-9


@dataclass(frozen=True)
class Design:
    """What fits at these places share: orthonormal vectors, and what each step adds to them."""

    waves: tuple[Vector, ...]  # the constant and the waves of a year
    line: Vector  # a trend, less what the waves explain of it
    line_scale: float  # of the line within a trend of one a place
    line_inflation: float  # how much the waves widen the variance of a slope
    steps: Vector  # squared length of the step at each place that waves do not explain; 0: none
    steps_beside: Vector  # the same beside a trend
    looks: float  # places for a step, counted as independent ones


@lru_cache(maxsize=256)
def design(places: tuple[int, ...], year: float) -> Design:
    """The design of a series at these places, where so many places are a year."""
    n, span = len(places), places[-1] - places[0] + 1
    waves = [_normed([1.0] * n)[0]]
    for number in range(1, 1 + min(2, int(span / year + 0.02))):
        for wave in (sin, cos):
            turned = [wave(2 * pi * number * at / year) for at in places]
            waves.append(_normed(_beside(turned, waves))[0])
    centred = _beside([float(at) for at in places], waves[:1])
    line, length = _normed(_beside(centred, waves))
    margin = max(3, n // 10)
    steps, beside = [0.0] * n, [0.0] * n
    for at in range(margin, n - margin + 1):
        free = n - at - sum(sum(one[at:]) ** 2 for one in waves)
        steps[at] = free if free > 0.25 else 0.0
        free -= sum(line[at:]) ** 2
        beside[at] = free if free > 0.25 else 0.0
    looks = max(1.0, n - 2 * margin + 1.0)
    inflation = sum(map(mul, centred, centred)) / length**2
    return Design(
        tuple(waves), line, 1 / length, inflation, tuple(steps), tuple(beside), looks
    )


def _beside(vector: Sequence[float], others: Sequence[Vector]) -> list[float]:
    """A vector less what the others, which are orthonormal, explain of it."""
    left = list(vector)
    for one in others:
        share = sum(map(mul, left, one))
        left = [value - share * other for value, other in zip(left, one, strict=True)]
    return left


def _normed(vector: Sequence[float]) -> tuple[Vector, float]:
    length = sqrt(sum(map(mul, vector, vector)))
    return tuple(value / length for value in vector), length


@dataclass(frozen=True)
class Fit:
    """A series against the four forms, and the form that explains it best for its cost."""

    form: Form
    weights: dict[Form, float]  # the probability of each form, by its information criterion
    sigma: float  # of what no form explains
    correlation: float  # of neighbours in what no form explains
    inflation: float  # how much this correlation widens the variance of a mean
    independent: float  # as many independent values would tell as much
    freedom: float  # of sigma
    slope: float  # a place, beside the waves
    slope_error: float
    trend_p: float
    step_at: int | None  # the place in the values where the level changes
    step: float  # the change of level there
    step_error: float
    step_p: float  # over all places that were looked at
    seasonal: Vector  # what waves explain, around 0
    expected: Vector  # the values that the best form gives
    residuals: Vector  # of the best form; also where values were left out


@dataclass(frozen=True)
class _Forms:
    """The four forms of one pass."""

    design: Design
    waves: Vector  # what the waves explain
    along: float  # the share of the line
    squares: dict[Form, float]
    at: int  # of the best step alone
    at_beside: int  # of the best step beside a trend
    left: dict[Form, list[float]]  # residuals


def fit(
    values: Sequence[float], places: tuple[int, ...], year: float, skipped: frozenset[int]
) -> Fit:
    """Fit a series. Values at the skipped indices are left out: they get what the fit expects."""
    shared, filled = design(places, year), list(values)
    if skipped:
        around = statistics.running_median(values, 4)
        filled = [around[at] if at in skipped else one for at, one in enumerate(values)]
    forms = _forms(filled, shared)
    for _ in range(PASSES if skipped else 0):
        left = forms.left["both"]
        filled = [one - left[at] if at in skipped else one for at, one in enumerate(filled)]
        forms = _forms(filled, shared)
    return _judged(values, filled, places, forms, skipped)


def _forms(values: list[float], shared: Design) -> _Forms:
    flat = _beside(values, shared.waves)
    waves = tuple(value - rest for value, rest in zip(values, flat, strict=True))
    along = sum(map(mul, flat, shared.line))
    trend = [one - along * line for one, line in zip(flat, shared.line, strict=True)]
    at, level = _stepped(flat, shared.waves, shared.steps)
    at_beside, both = _stepped(trend, (*shared.waves, shared.line), shared.steps_beside)
    left: dict[Form, list[float]] = {"flat": flat, "trend": trend, "level": level, "both": both}
    squares = {form: sum(map(mul, one, one)) for form, one in left.items()}
    return _Forms(shared, waves, along, squares, at, at_beside, left)


def _stepped(
    left: list[float], basis: Sequence[Vector], free: Vector
) -> tuple[int, list[float]]:
    """The place of the step that explains most, and the residuals beside it."""
    after = list(accumulate(reversed(left)))[::-1]
    gains = [total * total / room if room else 0.0 for total, room in zip(after, free, strict=True)]
    at = max(range(len(gains)), key=gains.__getitem__)
    if not free[at]:
        return at, left
    n, height = len(left), after[at] / free[at]
    step = _beside([0.0] * at + [1.0] * (n - at), basis)
    return at, [one - height * part for one, part in zip(left, step, strict=True)]


def _judged(
    values: Sequence[float],
    filled: list[float],
    places: tuple[int, ...],
    forms: _Forms,
    skipped: frozenset[int],
) -> Fit:
    n, base = len(values) - len(skipped), len(forms.design.waves)
    correlation = _correlation(forms.left["both"], n, base + MOST_PARAMETERS)
    inflation = (1 + correlation) / (1 - correlation)
    independent = max(4.0, n / inflation)
    floor = NEARLY_NOTHING * max(1e-300, sum(one * one for one in filled))
    squares = {form: max(one, floor) for form, one in forms.squares.items()}
    weights = _weights(squares, n, independent)
    form = max(weights, key=weights.__getitem__)
    freedom = max(2.0, independent - base - 1)
    sigma = sqrt(squares["both"] / max(1, n - base - MOST_PARAMETERS))
    alone = form in ("level", "flat")
    at = forms.at if alone else forms.at_beside
    free = (forms.design.steps if alone else forms.design.steps_beside)[at]
    gain = squares["flat" if alone else "trend"] - squares["level" if alone else "both"]
    step, error = _step(forms, at, free, sigma, inflation, alone=alone)
    step_p = t_p(sqrt(max(0.0, gain)) / (sigma * sqrt(inflation)), freedom)
    kept = [one for one in range(len(values)) if one not in skipped]
    residuals = _residuals(values, filled, forms.left[form])
    return Fit(
        form=form,
        weights=weights,
        sigma=sigma,
        correlation=correlation,
        inflation=inflation,
        independent=independent,
        freedom=freedom,
        slope=forms.along * forms.design.line_scale,
        slope_error=sigma * sqrt(inflation) * forms.design.line_scale,
        trend_p=_trend_p(filled, places, forms, kept, inflation, freedom),
        step_at=at if free else None,
        step=step,
        step_error=error,
        step_p=min(1.0, step_p * forms.design.looks),
        seasonal=_seasonal(forms, places),
        expected=tuple(one - left for one, left in zip(values, residuals, strict=True)),
        residuals=residuals,
    )


def _correlation(left: Sequence[float], n: int, parameters: int) -> float:
    """The correlation of neighbours, corrected for what fitting takes of it; 0 at the least."""
    whole = sum(map(mul, left, left))
    if whole <= 0 or n <= parameters + 3:
        return 0.0
    found = sum(map(mul, left, left[1:])) / whole * n / (len(left) - 1)
    corrected = (n * found + parameters) / (n - parameters - 2)
    return min(MOST_CORRELATED, max(0.0, corrected))


def _weights(squares: dict[Form, float], n: int, independent: float) -> dict[Form, float]:
    """The probability of each form, by the Bayesian information criterion."""
    scores = {
        form: independent * log(one / n) + COSTS[form] * log(independent)
        for form, one in squares.items()
    }
    least = min(scores.values())
    likely = {form: exp(-(one - least) / 2) for form, one in scores.items()}
    total = sum(likely.values())
    return {form: one / total for form, one in likely.items()}


def _step(
    forms: _Forms, at: int, free: float, sigma: float, inflation: float, *, alone: bool
) -> tuple[float, float]:
    """The change of level, and its standard error."""
    if not free:
        return 0.0, inf
    left = forms.left["flat" if alone else "trend"]
    return sum(left[at:]) / free, sigma * sqrt(inflation / free)


def _trend_p(
    filled: Sequence[float],
    places: Sequence[int],
    forms: _Forms,
    kept: Sequence[int],
    inflation: float,
    freedom: float,
) -> float:
    """The p value of Mann and Kendall, widened by correlation and by what waves may explain."""
    slope = forms.along * forms.design.line_scale
    left = forms.left["trend"]
    straight = [left[at] + slope * places[at] for at in kept]
    tested = statistics.mann_kendall(straight)
    return t_p(tested.z(inflation * forms.design.line_inflation), freedom)


def _seasonal(forms: _Forms, places: Sequence[int]) -> Vector:
    """What the waves explain beside a trend."""
    slope = forms.along * forms.design.line_scale
    centre = mean(places)
    line = [slope * (at - centre) for at in places]
    along = [forms.along * one for one in forms.design.line]
    wave = [w - (one - part) for w, one, part in zip(forms.waves, line, along, strict=True)]
    middle = mean(wave)
    return tuple(one - middle for one in wave)


def _residuals(
    values: Sequence[float], filled: Sequence[float], left: Sequence[float]
) -> Vector:
    return tuple(
        value - other + rest for value, other, rest in zip(values, filled, left, strict=True)
    )


Scale: TypeAlias = Literal["log", "root", "plain"]
UP: dict[Scale, Callable[[float], float]] = {"log": log, "root": sqrt, "plain": float}
DOWN: dict[Scale, Callable[[float], float]] = {
    "log": exp,
    "root": lambda one: max(0.0, one) ** 2,
    "plain": float,
}


def scale_of(values: Sequence[float]) -> Scale:
    """The scale on which noise is even: logarithms of positive values, roots where some are 0."""
    least = min(values)
    if least < 0:
        return "plain"
    return "log" if least > 0 else "root"
