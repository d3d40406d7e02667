"""Saturation: cost goes up and sales do not follow."""

from math import log

from domain.calendar.days import Days
from domain.charts.decimals import quotient
from domain.insights import contrasts, events, facts
from domain.insights.facts import Fact, Finding, Interval, Number, Refusal, Series
from domain.insights.fits import DOWN
from domain.insights.totals import summed

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
    logs = {
        at: (log(float(cost.readings[at].value or 1)), log(float(sales.readings[at].value or 1)))
        for at in (*before, *now)
    }
    spent = contrasts.between([logs[at][0] for at in now], [logs[at][0] for at in before])
    sold = contrasts.between([logs[at][1] for at in now], [logs[at][1] for at in before])
    dearer = contrasts.between(
        [one - other for one, other in (logs[at] for at in now)],
        [one - other for one, other in (logs[at] for at in before)],
    )
    is_saturated = (
        spent.difference >= LEAST_RISE
        and sold.difference < MOST_FOLLOWED * spent.difference
        and dearer.difference > 0
    )
    low, high = (facts.rounded(DOWN["log"](-one) - 1) for one in dearer.interval(LEVEL)[::-1])
    sums = [summed(one, span) for one in (cost, sales) for span in (now, before)]
    costs, costs_before, sales_, sales_before = (one or facts.rounded(0) for one in sums)
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
        numbers=(
            Number("cost", costs, cost.measure.name),
            Number("costBefore", costs_before, cost.measure.name),
            Number("sales", sales_),
            Number("salesBefore", sales_before),
            Number("perCost", quotient(sales_, costs)),
            Number("perCostBefore", quotient(sales_before, costs_before)),
        ),
        source_ids=facts.sources(
            [one.readings[at] for one in (cost, sales) for at in (*before, *now)]
        ),
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
