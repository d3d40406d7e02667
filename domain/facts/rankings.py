"""Best and worst: the values of a dimension whose ratio differs most from that of the whole.

Whether higher is better is for the reader: the facts say highest and lowest.
"""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from math import log

from domain.calendar.days import Days
from domain.charts.decimals import quotient
from domain.facts import contrasts, facts
from domain.facts.facts import Fact, Interval, Number, Refusal
from domain.facts.fits import DOWN
from domain.facts.totals import Measured

LEAST = 8  # periods
NEWEST = 26  # periods that count
LEVEL = 0.95
LEAST_SHARE = Decimal("0.02")  # of the denominator; what is smaller matters to nobody
METHOD = "t test of the log ratio to the whole"


def find(whole: Measured, parts: Sequence[Measured]) -> tuple[Fact, ...] | Refusal:
    """The values with the highest and the lowest ratio, against the whole."""
    subject = whole.series.subject
    if not whole.is_ratio:
        return Refusal("NOT_ADDITIVE", "ranking", subject)
    rows = whole.series.readings
    settled = [at for at, one in enumerate(rows) if one.is_settled and (one.value or 0) > 0]
    places = settled[-NEWEST:]
    if len(places) < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "ranking", subject, len(places), LEAST)
    tested = [one for part in parts if (one := _tested(whole, part, places))]
    if len(tested) < 2:
        return Refusal("NOT_ENOUGH_PERIODS", "ranking", subject, len(tested), 2)
    tested.sort(key=lambda one: (-one.effect, one.subject.value or ""))
    found = [one for one in (tested[0], tested[-1]) if one.p_value is not None]
    return tuple(
        replace(one, p_value=min(1.0, (one.p_value or 0.0) * len(tested))) for one in found
    )


def _tested(whole: Measured, part: Measured, places: Sequence[int]) -> Fact | None:
    """A value against the whole; None where privacy, size or too few periods forbid it."""
    if not part.series.is_named:
        return None
    rows = part.series.readings
    known = [at for at in places if at < len(rows) and (rows[at].value or 0) > 0]
    own, all_ = part.parts(places), whole.parts(places)
    if len(known) < LEAST or own is None or all_ is None or not own[1] or not all_[0]:
        return None
    if own[1] < LEAST_SHARE * all_[1] or not own[0]:
        return None
    usual = whole.series.readings
    ratios = [log(float(rows[at].value or 1) / float(usual[at].value or 1)) for at in known]
    if max(ratios) == min(ratios):
        return None
    contrast = contrasts.from_zero(ratios)
    low, high = (facts.rounded(DOWN["log"](one) - 1) for one in contrast.interval(LEVEL))
    value, average = quotient(*own), quotient(*all_)
    if not average:
        return None
    return Fact(
        kind="ranking",
        subject=part.series.subject,
        period=Days(usual[places[0]].days.start, usual[places[-1]].days.end),
        effect=quotient(value - average, abs(average)),
        n=len(known),
        method=METHOD,
        reach=len(known),
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=contrast.p,
        numbers=(Number("value", value), Number("whole", average)),
        source_ids=facts.sources([rows[at] for at in known]),
    )
