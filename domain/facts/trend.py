"""Trend: whether a series rises or falls over all its periods, whatever the season does."""

from domain.facts import facts, statistics
from domain.facts.distributions import t_quantile
from domain.facts.facts import Fact, Finding, Interval, Refusal
from domain.facts.shapes import Shape

LEAST = 12  # periods
LEVEL = 0.95
METHOD = "Mann-Kendall, Theil-Sen"


def find(shape: Shape) -> Finding:
    """The trend of a series: how much it changes from the first period to the last."""
    series, fit = shape.series, shape.fit
    if shape.n < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "trend", series.subject, shape.n, LEAST)
    span = shape.usable.places[-1] - shape.usable.places[0]
    wide = fit.slope_error * t_quantile((1 + LEVEL) / 2, fit.freedom)
    slope = _slope(shape) if fit.form == "trend" else fit.slope
    middle = statistics.median(shape.values)
    ends = [
        shape.change(middle - one * span / 2, middle + one * span / 2)
        for one in (slope, slope - wide, slope + wide)
    ]
    effect, low, high = map(facts.rounded, ends)
    return Fact(
        kind="trend",
        subject=series.subject,
        period=shape.days(0),
        effect=effect,
        n=shape.n,
        method=METHOD,
        reach=shape.n // 2,
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=fit.trend_p,
        doubt=max(0.0, 1 - fit.weights["trend"] - fit.weights["both"]),
        numbers=(
            facts.Number("first", shape.amount(middle - slope * span / 2)),
            facts.Number("last", shape.amount(middle + slope * span / 2)),
            facts.Number("changePerPeriod", facts.rounded(shape.change(middle, middle + slope))),
        ),
        source_ids=facts.sources(shape.usable.readings),
    )


def _slope(shape: Shape) -> float:
    """The slope of Theil and Sen of what the season leaves, without spikes and known days."""
    kept = [at for at in range(shape.n) if at not in shape.spikes and at not in shape.known]
    left = [shape.values[at] - shape.fit.seasonal[at] for at in kept]
    return statistics.theil_sen(left, [float(shape.usable.places[at]) for at in kept]).value
