"""Comparison: the newest periods against those before, or against the same ones a year earlier."""

from collections.abc import Sequence
from math import sqrt
from typing import Literal, TypeAlias

from domain.calendar.days import Days
from domain.charts.decimals import WIDE, quotient
from domain.facts import contributions, events, facts
from domain.facts.contrasts import Contrast
from domain.facts.contributions import Change
from domain.facts.facts import Fact, Finding, Interval, Number, Refusal
from domain.facts.shapes import Shape
from domain.facts.totals import Measured

Against: TypeAlias = Literal["previous", "year"]
A_YEAR = {"weekly": 52, "monthly": 12, "quarterly": 4}
LENGTH = {"weekly": 4, "monthly": 1, "quarterly": 1}  # periods that are compared
LEAST = 12  # periods
LEVEL = 0.95
MOST_PARTS = 5  # that a fact names
METHOD = {
    "previous": "t test against the periods before",
    "year": "t test against the year before",
}


def find(
    shape: Shape,
    whole: Measured,
    parts: Sequence[Measured] = (),
    against: Against = "previous",
    length: int | None = None,
) -> Finding:
    """How much the newest settled periods differ, and which values made the difference."""
    series = shape.series
    spans = _spans(shape, against, length or LENGTH[series.level])
    if shape.n < LEAST or spans is None:
        return Refusal("NOT_ENOUGH_PERIODS", "comparison", series.subject, shape.n, LEAST)
    now, before = spans
    after, earlier = whole.total(now), whole.total(before)
    if after is None or earlier is None:
        return Refusal("NOT_ADDITIVE", "comparison", series.subject)
    if not earlier:
        return Refusal("NOT_ENOUGH_PERIODS", "comparison", series.subject, shape.n, LEAST)
    contrast = _contrast(shape, now, before)
    middle = sum(shape.values) / shape.n
    low, high = (facts.rounded(shape.change(middle, middle + one)) for one in _ends(contrast))
    change = contributions.of(whole, parts, now, before) if parts else None
    readings = [series.readings[place] for place in (*before, *now)]
    return Fact(
        kind="comparison",
        subject=series.subject,
        period=_days(shape, now),
        effect=quotient(WIDE.subtract(after, earlier), abs(earlier)),
        n=shape.n,
        method=METHOD[against],
        reach=len(now),
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=contrast.p,
        events=_events(shape, now, before),
        by=parts[0].series.dimension if parts else None,
        numbers=(Number("now", after), Number("before", earlier), *_numbers(change)),
        source_ids=facts.sources(readings),
    )


def _spans(shape: Shape, against: Against, length: int) -> tuple[list[int], list[int]] | None:
    """The places of the newest settled periods, and of those that they are compared with."""
    settled = set(shape.usable.places)
    end = shape.usable.places[-1] + 1
    now = list(range(end - length, end))
    back = length if against == "previous" else A_YEAR[shape.series.level]
    before = [place - back for place in now]
    return (now, before) if settled.issuperset(now) and settled.issuperset(before) else None


def _contrast(shape: Shape, now: Sequence[int], before: Sequence[int]) -> Contrast:
    """The difference on the even scale, against the noise of the whole series."""
    values = dict(zip(shape.usable.places, shape.values, strict=True))
    difference = sum(values[one] for one in now) - sum(values[one] for one in before)
    error = shape.fit.sigma * sqrt(2 * shape.fit.inflation / len(now))
    return Contrast(difference / len(now), error, shape.fit.freedom)


def _ends(contrast: Contrast) -> tuple[float, float]:
    return contrast.interval(LEVEL)


def _days(shape: Shape, places: Sequence[int]) -> Days:
    readings = shape.series.readings
    return Days(readings[places[0]].days.start, readings[places[-1]].days.end)


def _events(shape: Shape, now: Sequence[int], before: Sequence[int]) -> tuple[str, ...]:
    """The big events that only one of the two spans has: they explain the difference."""
    country = events.country_of(shape.series.marketplace_id)
    sides = [set(events.big(_days(shape, places), country)) for places in (now, before)]
    return tuple(sorted(sides[0] ^ sides[1]))


def _numbers(change: Change | None) -> tuple[Number, ...]:
    """The largest contributions, and all others as the rest."""
    if change is None:
        return ()
    named = [one for one in change.parts if one.value is not None][:MOST_PARTS]
    told = [Number("change", change.amount)]
    for one in named:
        told.append(Number("contribution", one.amount, one.value))
        if one.mix:
            told += [Number("mix", one.mix, one.value), Number("rate", one.rate, one.value)]
    rest = change.amount
    for one in named:
        rest = WIDE.subtract(rest, one.amount)
    if rest:
        told.append(Number("rest", rest))
    return tuple(told)
