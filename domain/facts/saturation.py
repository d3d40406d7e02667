"""Saturation: cost goes up and sales do not follow."""

from math import log

from domain.calendar.days import Days
from domain.charts.decimals import quotient
from domain.facts import contrasts, events, facts
from domain.facts.facts import Fact, Finding, Interval, Number, Refusal, Series
from domain.facts.fits import DOWN
from domain.facts.totals import summed

LEAST = 12  # periods
MOST = 26  # on each side
LEVEL = 0.95
LEAST_RISE = log(1.1)  # of cost
MOST_FOLLOWED = 0.5  # the share of the rise of cost that sales may follow
METHOD = "t tests of log cost and of log cost per sales"


def find(cost: Series, sales: Series) -> Finding:
    """How sales per cost changed while cost rose, over the newer half of the periods."""
    subject = sales.subject
    if not cost.measure.kind == sales.measure.kind == "additive":
        return Refusal("NOT_ADDITIVE", "saturation", subject)
    places = _places(cost, sales)
    if len(places) < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "saturation", subject, len(places), LEAST)
    side = min(MOST, len(places) // 2)
    now, before = places[-side:], places[-2 * side : -side]
    costs, sold_for = _logs(cost), _logs(sales)
    ratios = {at: costs[at] - sold_for[at] for at in (*before, *now)}
    spent, sold, dearer = (
        contrasts.between([logs[at] for at in now], [logs[at] for at in before])
        for logs in (costs, sold_for, ratios)
    )
    is_saturated = (
        spent.difference >= LEAST_RISE
        and sold.difference < MOST_FOLLOWED * spent.difference
        and dearer.difference > 0
    )
    low, high = (facts.rounded(DOWN["log"](-one) - 1) for one in dearer.interval(LEVEL)[::-1])
    rows = sales.readings
    return Fact(
        kind="saturation",
        subject=subject,
        period=Days(rows[now[0]].days.start, rows[now[-1]].days.end),
        effect=facts.rounded(DOWN["log"](-dearer.difference) - 1),
        n=2 * side,
        method=METHOD,
        reach=side,
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=max(spent.p, dearer.p) / 2 if is_saturated else 1.0,
        numbers=_numbers(cost, sales, now, before),
        source_ids=facts.sources(
            [one.readings[at] for one in (cost, sales) for at in (*before, *now)]
        ),
    )


def _logs(series: Series) -> dict[int, float]:
    """The logarithm of each value above 0, by the place of its period."""
    return {
        at: log(float(one.value))
        for at, one in enumerate(series.readings)
        if one.value is not None and one.value > 0
    }


def _numbers(cost: Series, sales: Series, now: list[int], before: list[int]) -> tuple[Number, ...]:
    """Both sums, and sales per cost, of the newer periods and of those before."""
    sums = [summed(one, span) for one in (cost, sales) for span in (now, before)]
    costs, costs_before, sold, sold_before = (one or facts.rounded(0) for one in sums)
    return (
        Number("cost", costs, cost.measure.name),
        Number("costBefore", costs_before, cost.measure.name),
        Number("sales", sold),
        Number("salesBefore", sold_before),
        Number("perCost", quotient(sold, costs)),
        Number("perCostBefore", quotient(sold_before, costs_before)),
    )


def _places(cost: Series, sales: Series) -> list[int]:
    """The periods in which both are settled and above 0, without the weeks of retail events."""
    country = events.country_of(sales.marketplace_id)
    return [
        at
        for at, (one, other) in enumerate(zip(cost.readings, sales.readings, strict=False))
        if one.is_settled
        and other.is_settled
        and (one.value or 0) > 0
        and (other.value or 0) > 0
        and not (sales.level == "weekly" and events.big(one.days, country))
    ]
