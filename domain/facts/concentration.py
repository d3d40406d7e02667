"""Concentration: how much of a metric comes from the largest fifth of the values of a dimension."""

from collections.abc import Sequence
from decimal import Decimal
from math import ceil

from domain.calendar.days import Days
from domain.charts.decimals import quotient
from domain.facts import facts
from domain.facts.facts import Fact, Finding, Number, Refusal
from domain.facts.totals import Measured, summed

LEAST_VALUES = 5
NEWEST = 13  # periods that count
METHOD = "share of the largest fifth"


def find(whole: Measured, parts: Sequence[Measured]) -> Finding:
    """The share that the largest fifth of the values has in the newest settled periods."""
    subject = whole.series.subject
    if whole.series.measure.kind != "additive":
        return Refusal("NOT_ADDITIVE", "concentration", subject)
    rows = whole.series.readings
    places = [at for at, one in enumerate(rows) if one.is_settled][-NEWEST:]
    total = summed(whole.series, places) if places else None
    if not total or total < 0:
        return Refusal("NOT_ENOUGH_PERIODS", "concentration", subject, len(places), 1)
    named = [one.series for one in parts if one.series.is_named]
    sums = [(sum_, one) for one in named if (sum_ := summed(one, places)) is not None]
    if len(sums) < LEAST_VALUES:
        return Refusal("NOT_ENOUGH_PERIODS", "concentration", subject, len(sums), LEAST_VALUES)
    sums.sort(key=lambda one: (-one[0], one[1].value or ""))
    largest = sums[: ceil(len(sums) / 5)]
    share = quotient(sum((one for one, _ in largest), Decimal(0)), total)
    told = tuple(Number("share", quotient(one, total), series.value) for one, series in largest)
    return Fact(
        kind="concentration",
        subject=facts.Subject(subject.metric, sums[0][1].dimension),
        period=Days(rows[places[0]].days.start, rows[places[-1]].days.end),
        effect=share,
        n=len(places),
        method=METHOD,
        numbers=(Number("values", facts.rounded(len(sums))), *told),
        source_ids=facts.sources([rows[at] for at in places]),
    )
