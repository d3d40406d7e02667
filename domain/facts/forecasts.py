"""Forecast of the period that is running, with the range it will lie in four times of five."""

from decimal import Decimal
from math import sqrt

from domain.calendar import units
from domain.calendar.days import Days
from domain.facts import events, facts, statistics
from domain.facts.distributions import t_quantile
from domain.facts.facts import Fact, Finding, Interval, Number, Reading, Refusal
from domain.facts.shapes import YEAR, Shape

LEAST = 12  # periods
LEVEL = 0.8
BURN_IN = 5  # errors of the first periods do not count
SMOOTHINGS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9)
WIDER = 1.25  # what fitting and choosing take of the errors, as measured by benchmarks.facts
METHOD = "exponential smoothing of what season and trend leave"


def find(shape: Shape) -> Finding:
    """What the period after the last settled one will come to as a whole."""
    series = shape.series
    if shape.n < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "forecast", series.subject, shape.n, LEAST)
    place = shape.usable.places[-1] + 1
    running = series.readings[place] if place < len(series.readings) else None
    slope = shape.fit.slope if shape.fit.form in ("trend", "both") else 0.0
    level, error = _smoothed(_left(shape, slope))
    expected = level + slope * (place - shape.usable.places[0]) + _season(shape, place)
    freedom = max(3.0, min(shape.n, 52) - BURN_IN - 2.0)
    wide = WIDER * error * sqrt(1 + 2 / shape.n) * t_quantile((1 + LEVEL) / 2, freedom)
    low, high = shape.amount(expected - wide), shape.amount(expected + wide)
    so_far = running.value if running and series.measure.kind == "additive" else None
    point = shape.amount(expected)
    if so_far is not None:  # a sum never falls
        low, point, high = max(low, so_far), max(point, so_far), max(high, so_far)
    days = running.days if running else _next(shape)
    last = shape.usable.readings[-1].value or Decimal(0)
    country = events.country_of(series.marketplace_id)
    return Fact(
        kind="forecast",
        subject=series.subject,
        period=days,
        effect=facts.rounded(shape.change(shape.values[-1], expected)),
        n=shape.n,
        method=METHOD,
        interval=Interval(low, high, facts.rounded(LEVEL)),
        events=events.big(days, country),
        numbers=(
            Number("expected", point),
            Number("last", last),
            *((Number("soFar", so_far),) if so_far is not None else ()),
        ),
        source_ids=facts.sources((*shape.usable.readings, *_some(running))),
    )


def _left(shape: Shape, slope: float) -> list[float]:
    """What trend and season leave. Spikes and known days are replaced by what is expected."""
    first = shape.usable.places[0]
    kept = [
        shape.fit.expected[at] if at in shape.known or at in shape.spikes else value
        for at, value in enumerate(shape.values)
    ]
    return [
        value - slope * (place - first) - wave
        for value, place, wave in zip(kept, shape.usable.places, shape.fit.seasonal, strict=True)
    ]


def _smoothed(values: list[float]) -> tuple[float, float]:
    """The smoothed level at the end, by the smoothing that erred least, and its usual error."""
    best: tuple[float, float] | None = None
    start = statistics.median(values[:BURN_IN])
    for smoothing in SMOOTHINGS:
        level, errors = start, list[float]()
        for value in values:
            errors.append(value - level)
            level += smoothing * errors[-1]
        late = errors[BURN_IN:][-52:]
        squares = sum(one * one for one in late) / len(late)
        if best is None or squares < best[1]:
            best = level, squares
    assert best is not None
    return best[0], sqrt(best[1])


def _season(shape: Shape, place: int) -> float:
    """What the season was a year before; nothing where the series is shorter."""
    before = place - round(YEAR[shape.series.level])
    places = shape.usable.places
    return shape.fit.seasonal[places.index(before)] if before in places else 0.0


def _next(shape: Shape) -> Days:
    last = shape.series.readings[-1].days
    if shape.series.level == "weekly":
        return Days(last.end, last.end + (last.end - last.start))
    return units.period(shape.series.level, last.end).days


def _some(reading: Reading | None) -> tuple[Reading, ...]:
    return () if reading is None else (reading,)
