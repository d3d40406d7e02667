"""Funnel: the step that lost most, against its own past."""

import itertools
from collections.abc import Sequence
from dataclasses import replace
from math import log

from domain.calendar.days import Days
from domain.charts.decimals import quotient
from domain.facts import contrasts, facts
from domain.facts.facts import Fact, Finding, Interval, Number, Refusal, Series
from domain.facts.fits import DOWN
from domain.facts.totals import summed

LEAST = 12  # periods
NOW = {"weekly": 4, "monthly": 2, "quarterly": 1}  # the newest periods
PAST = 26  # periods before them that count
LEVEL = 0.95
METHOD = "t test of the log rate against its past"


def find(steps: Sequence[Series]) -> Finding:
    """The step whose rate fell furthest, of a funnel from its first step to its last."""
    subject = steps[0].subject
    if any(one.measure.kind != "additive" for one in steps):
        return Refusal("NOT_ADDITIVE", "funnel", subject)
    places = [
        at
        for at in range(min(len(one.readings) for one in steps))
        if all(one.readings[at].is_settled and (one.readings[at].value or 0) > 0 for one in steps)
    ]
    if len(places) < LEAST:
        return Refusal("NOT_ENOUGH_PERIODS", "funnel", subject, len(places), LEAST)
    late = NOW[steps[0].level]
    now, past = places[-late:], places[-late - PAST : -late]
    found = [
        fact
        for upper, lower in itertools.pairwise(steps)
        if (fact := _step(upper, lower, now, past))
    ]
    if not found:
        return Refusal("CONSTANT", "funnel", subject)
    worst = min(found, key=lambda one: (one.p_value or 0.0, one.effect, one.subject.metric))
    return replace(worst, p_value=min(1.0, (worst.p_value or 0.0) * len(found)))


def _step(upper: Series, lower: Series, now: Sequence[int], past: Sequence[int]) -> Fact | None:
    """How the rate of a step changed; None where it never changes, or is nearly 0."""
    rates = [
        [
            log(float(lower.readings[at].value or 1) / float(upper.readings[at].value or 1))
            for at in places
        ]
        for places in (now, past)
    ]
    if min(min(one) for one in rates) == max(max(one) for one in rates):
        return None
    contrast = contrasts.between(*rates)
    fell = contrast.difference < 0
    low, high = (facts.rounded(DOWN["log"](one) - 1) for one in contrast.interval(LEVEL))
    sums = [summed(one, places) for places in (now, past) for one in (lower, upper)]
    below, above, below_past, above_past = (one or facts.rounded(0) for one in sums)
    rate, before = quotient(below, above), quotient(below_past, above_past)
    if not before:
        return None
    return Fact(
        kind="funnel",
        subject=lower.subject,
        period=Days(lower.readings[now[0]].days.start, lower.readings[now[-1]].days.end),
        effect=quotient(rate - before, before),
        n=len(now) + len(past),
        method=METHOD,
        reach=len(now),
        interval=Interval(low, high, facts.rounded(LEVEL)),
        p_value=contrast.p / 2 if fell else 1 - contrast.p / 2,
        numbers=(
            Number("rate", rate),
            Number("before", before),
            Number("lost", (before - rate) * above),
            Number("from", above, upper.measure.name),
        ),
        source_ids=facts.sources(
            [one.readings[at] for one in (upper, lower) for at in (*past, *now)]
        ),
    )
