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

from domain.facts import statistics
from domain.facts.distributions import t_p
from domain.facts.statistics import mean

Form: TypeAlias = Literal["flat", "trend", "level", "both"]
Vector: TypeAlias = tuple[float, ...]
# Parameters beside waves. The best of many places for a step fits noise as four would.
COSTS: dict[Form, int] = {"flat": 0, "trend": 1, "level": 3, "both": 4}
MOST_PARAMETERS = 5  # of both, so that what is left is not taken for less than it is
MOST_CORRELATED = 0.9
NEARLY_NOTHING = 1e-9
LEAST_ROOM = 0.25  # of a step beside all else


@dataclass(frozen=True)
class Basis:
    """A vector over all places, of length 1 over those that count. Orthogonal to the others."""

    vector: Vector
    counted: Vector  # the same with 0 at the places that are left out

    @classmethod
    def of(cls, vector: Sequence[float], mask: Vector) -> "tuple[Basis, float]":
        """The basis vector in this direction, and the length that the given one had."""
        length = sqrt(sum(map(mul, map(mul, vector, vector), mask))) or 1.0
        unit = tuple(value / length for value in vector)
        return cls(unit, tuple(map(mul, unit, mask))), length


@dataclass(frozen=True)
class Design:
    """What fits at these places share: basis vectors, and what each step adds to them."""

    mask: Vector  # 1 at the places that count, 0 at those that are left out
    waves: tuple[Basis, ...]  # the constant and the waves of a year
    line: Basis  # a trend, less what the waves explain of it
    line_scale: float  # of the line within a trend of one a place
    line_inflation: float  # how much the waves widen the variance of a slope
    steps: Vector  # squared length of the step at each place that waves do not explain; 0: none
    steps_beside: Vector  # the same beside a trend
    looks: float  # places that a step is looked for at

    def counted(self, vector: Sequence[float]) -> list[float]:
        """The vector with 0 at the places that are left out."""
        return list(map(mul, vector, self.mask))


@lru_cache(maxsize=512)
def design(places: tuple[int, ...], year: float, skipped: frozenset[int]) -> Design:
    """The design of a series at these places, without some, where so many places are a year."""
    n, span = len(places), places[-1] - places[0] + 1
    mask = tuple(0.0 if at in skipped else 1.0 for at in range(n))
    waves = [Basis.of([1.0] * n, mask)[0]]
    centred = _beside([float(at) for at in places], waves)
    for number in range(1, 1 + min(2, int(span / year + 0.02))):
        for wave in (sin, cos):
            turned = [wave(2 * pi * number * at / year) for at in places]
            waves.append(Basis.of(_beside(turned, waves), mask)[0])
    line, length = Basis.of(_beside(centred, waves), mask)
    margin = max(3, n // 10)
    whole = sum(map(mul, map(mul, centred, centred), mask))
    return Design(
        mask,
        tuple(waves),
        line,
        1 / length,
        whole / length**2,
        _rooms(mask, waves, margin),
        _rooms(mask, [*waves, line], margin),
        max(1.0, n - 2 * margin + 1.0),
    )


def _rooms(mask: Vector, basis: Sequence[Basis], margin: int) -> Vector:
    """The squared length of the step at each place that the basis does not explain.

    A step has so many places that count on each side: two weeks before a run of retail events are
    no level.
    """
    after = _after(mask)
    rooms = after
    for one in basis:
        rooms = [room - part * part for room, part in zip(rooms, _after(one.counted), strict=True)]
    most = sum(mask) - margin
    return tuple(
        room if margin <= counted <= most and room > LEAST_ROOM else 0.0
        for room, counted in zip(rooms, after, strict=True)
    )


def _after(vector: Sequence[float]) -> list[float]:
    """The sum from each place to the end."""
    return list(accumulate(reversed(vector)))[::-1]


def _beside(vector: Sequence[float], others: Sequence[Basis]) -> list[float]:
    """A vector less what the others explain of it."""
    left = list(vector)
    for one in others:
        share = sum(map(mul, left, one.counted))
        left = [value - share * other for value, other in zip(left, one.vector, strict=True)]
    return left


@dataclass(frozen=True)
class Fit:
    """A series against the four forms, and the form that explains it best for its cost."""

    form: Form
    weights: dict[Form, float]  # the probability of each form, by its information criterion
    sigma: float  # of what no form explains
    inflation: float  # how much the correlation of neighbours widens the variance of a mean
    freedom: float  # of sigma
    slope: float  # a place, beside the waves
    slope_error: float
    trend_p: float
    step_at: int | None  # the place in the values where the level changes
    step_among: range  # indices left out that the step may also be before or after
    step: float  # the change of level there
    step_error: float
    step_p: float  # over all places that were looked at
    seasonal: Vector  # what waves explain, around 0
    expected: Vector  # the values that the best form gives
    residuals: Vector  # of the best form; also where values were left out


@dataclass(frozen=True)
class _Forms:
    """The four forms of a series."""

    design: Design
    waves: Vector  # what the waves explain
    along: float  # the share of the line
    squares: dict[Form, float]
    step: tuple[int, range]  # alone: its place, and those left out that it may be among
    step_beside: tuple[int, range]  # beside a trend
    left: dict[Form, list[float]]  # residuals


def fit(
    values: Sequence[float], places: tuple[int, ...], year: float, skipped: frozenset[int]
) -> Fit:
    """Fit a series to all values but those at the skipped indices."""
    return _judged(values, places, _forms(values, design(places, year, skipped)))


def _forms(values: Sequence[float], shared: Design) -> _Forms:
    flat = _beside(values, shared.waves)
    waves = tuple(value - rest for value, rest in zip(values, flat, strict=True))
    along = sum(map(mul, flat, shared.line.counted))
    trend = [one - along * line for one, line in zip(flat, shared.line.vector, strict=True)]
    at, among, level = _stepped(flat, shared, shared.waves, shared.steps)
    beside = (*shared.waves, shared.line)
    at_beside, among_beside, both = _stepped(trend, shared, beside, shared.steps_beside)
    left: dict[Form, list[float]] = {"flat": flat, "trend": trend, "level": level, "both": both}
    squares = {form: sum(map(mul, one, shared.counted(one))) for form, one in left.items()}
    steps = ((at, among), (at_beside, among_beside))
    return _Forms(shared, waves, along, squares, *steps, left)


def _stepped(
    left: list[float], shared: Design, basis: Sequence[Basis], rooms: Vector
) -> tuple[int, range, list[float]]:
    """The place of the step that explains most, where else it may be, and the residuals."""
    after = _after(shared.counted(left))
    gains = [
        total * total / room if room else 0.0 for total, room in zip(after, rooms, strict=True)
    ]
    at = max(range(len(gains)), key=gains.__getitem__)
    if not rooms[at]:
        return at, range(at, at), left
    height = after[at] / rooms[at]
    first = last = at
    while not shared.mask[first - 1] and rooms[first - 1]:
        first -= 1
    while not shared.mask[last] and rooms[last + 1]:
        last += 1
    step = _beside([0.0] * first + [1.0] * (len(left) - first), basis)
    rest = [one - height * part for one, part in zip(left, step, strict=True)]
    at = _within(rest, height, first, last)
    rest[first:at] = [one + height for one in rest[first:at]]
    return at, range(first, last), rest


def _within(rest: Sequence[float], height: float, first: int, last: int) -> int:
    """The place of a step among those that are left out, which all explain as much.

    It is where the values that are left out are nearest to what is expected.
    """
    off = [sum(abs(one) for one in rest[first:last])]
    for one in rest[first:last]:
        off.append(off[-1] - abs(one) + abs(one + height))
    return first + min(range(len(off)), key=off.__getitem__)


def _judged(values: Sequence[float], places: tuple[int, ...], forms: _Forms) -> Fit:
    shared, squares = forms.design, forms.squares
    n, base = int(sum(shared.mask)), len(shared.waves)
    correlation = _correlation(forms, n, base + MOST_PARAMETERS)
    inflation = (1 + correlation) / (1 - correlation)
    independent = max(4.0, n / inflation)
    floor = NEARLY_NOTHING * max(1e-300, sum(one * one for one in values))
    squares = {form: max(one, floor) for form, one in squares.items()}
    weights = _weights(squares, n, independent)
    form = max(weights, key=weights.__getitem__)
    freedom = max(2.0, independent - base - 1)
    sigma = sqrt(squares["both"] / max(1, n - base - MOST_PARAMETERS))
    alone = form in ("level", "flat")
    at, among = forms.step if alone else forms.step_beside
    room = (shared.steps if alone else shared.steps_beside)[at]
    gain = squares["flat" if alone else "trend"] - squares["level" if alone else "both"]
    left = shared.counted(forms.left["flat" if alone else "trend"])
    error = sigma * sqrt(inflation)
    step_p = t_p(sqrt(max(0.0, gain)) / error, freedom)
    residuals = tuple(forms.left[form])
    return Fit(
        form=form,
        weights=weights,
        sigma=sigma,
        inflation=inflation,
        freedom=freedom,
        slope=forms.along * shared.line_scale,
        slope_error=error * shared.line_scale,
        trend_p=_trend_p(places, forms, inflation, freedom),
        step_at=at if room else None,
        step_among=among if form in ("level", "both") else range(0),
        step=sum(left[at:]) / room if room else 0.0,
        step_error=error / sqrt(room) if room else inf,
        step_p=min(1.0, step_p * shared.looks),
        seasonal=_seasonal(forms, places),
        expected=tuple(one - rest for one, rest in zip(values, residuals, strict=True)),
        residuals=residuals,
    )


def _correlation(forms: _Forms, n: int, parameters: int) -> float:
    """The correlation of neighbours, corrected for what fitting takes of it; 0 at the least."""
    shared, whole = forms.design, forms.squares["both"]
    pairs = sum(map(mul, shared.mask, shared.mask[1:]))
    if whole <= 0 or n <= parameters + 3 or not pairs:
        return 0.0
    left = shared.counted(forms.left["both"])
    found = sum(map(mul, left, left[1:])) / whole * n / pairs
    corrected: float = (n * found + parameters) / (n - parameters - 2)
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


def _trend_p(places: Sequence[int], forms: _Forms, inflation: float, freedom: float) -> float:
    """The p value of Mann and Kendall, widened by correlation and by what waves may explain."""
    slope = forms.along * forms.design.line_scale
    straight = [
        left + slope * place
        for left, place, counts in zip(forms.left["trend"], places, forms.design.mask, strict=True)
        if counts
    ]
    tested = statistics.mann_kendall(straight)
    return t_p(tested.z(inflation * forms.design.line_inflation), freedom)


def _seasonal(forms: _Forms, places: Sequence[int]) -> Vector:
    """What the waves explain beside a trend."""
    slope = forms.along * forms.design.line_scale
    centre = mean(places)
    line = [slope * (at - centre) for at in places]
    along = [forms.along * one for one in forms.design.line.vector]
    wave = [w - (one - part) for w, one, part in zip(forms.waves, line, along, strict=True)]
    middle = mean(wave)
    return tuple(one - middle for one in wave)


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
