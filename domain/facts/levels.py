"""Change of level: the period from which on a series is higher or lower than before."""

from domain.facts import facts
from domain.facts.distributions import t_quantile
from domain.facts.facts import Fact, Finding, Interval, Refusal
from domain.facts.shapes import Shape

LEAST = 12  # periods
LEVEL = 0.95
METHOD = "step by least squares, beside season and trend"


def find(shape: Shape) -> Finding:
    """The largest change of level of a series, and the period with which it begins."""
    series, fit = shape.series, shape.fit
    if shape.n < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "level_change", series.subject, shape.n, LEAST)
    if fit.step_at is None:
        return Refusal("CONSTANT", "level_change", series.subject, shape.n, LEAST)
    wide = fit.step_error * t_quantile((1 + LEVEL) / 2, fit.freedom)
    at = fit.step_at
    before = fit.expected[at - 1]
    effect, low, high = (
        facts.rounded(shape.change(before, before + one))
        for one in (fit.step, fit.step - wide, fit.step + wide)
    )
    return Fact(
        kind="level_change",
        subject=series.subject,
        period=shape.days(at),
        effect=effect,
        n=shape.n,
        method=METHOD,
        reach=shape.n - at,
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=fit.step_p,
        doubt=max(0.0, 1 - fit.weights["level"] - fit.weights["both"]),
        numbers=(
            facts.Number("before", shape.amount(before)),
            facts.Number("after", shape.amount(before + fit.step)),
        ),
        source_ids=facts.sources(shape.usable.readings),
    )
