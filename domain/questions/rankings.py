"""Answers which values and which periods are highest or lowest. Pure."""

from decimal import Decimal

from domain.charts.datasets import Measure
from domain.facts import events
from domain.facts.facts import Reading
from domain.facts.totals import Measured
from domain.questions import numbers as periods
from domain.questions import sentences
from domain.questions.amounts import how_much
from domain.questions.answers import Answer, LackCode, Lacking, Told
from domain.questions.frames import LEVEL_NAMES, Frame
from domain.questions.numbers import Amount, Numbers


def which(frame: Frame, numbers: Numbers) -> Answer:
    """The values of a dimension, in the order of a metric."""
    if len(frame.asked.values) > 1:
        return how_much(frame, numbers)
    assert frame.breakdown is not None
    assert frame.span is not None
    metric, dimension = frame.asked.metrics[0], frame.breakdown.dimension
    measure = frame.measure(numbers, metric)
    parts = [
        (part.series.value or "", periods.amount(part, frame.days))
        for part in numbers.parts(frame.level, metric, dimension)
    ]
    ranked = sorted(
        ((name, one) for name, one in parts if one.value is not None),
        key=lambda pair: (pair[1].value or Decimal(0)) * (1 if frame.asked.lowest else -1),
    )
    if not ranked:
        raise _nothing(frame, measure, dimension, [one for _, one in parts])
    shown = ranked[: frame.asked.number or 1]
    whole = periods.amount(frame.measured(numbers, metric), frame.days)
    told = [
        Told("total", one.value, measure, frame.days, name, one.source_ids)
        for name, one in shown
        if one.value is not None
    ]
    said = [_ranked(frame, measure, dimension, told)]
    if whole.value is not None:
        told.append(Told("whole", whole.value, measure, frame.days, None, whole.source_ids))
        said.append(f"Over all, it was {_shown(whole, measure)}.")
    unknown = len(parts) - len(ranked)
    if unknown:
        said.append(f"{unknown} more have no number of these days.")
    said += [*sentences.caveats([whole], frame.span), sentences.of_source(numbers)]
    return Answer(sentences.joined(said), frame.asked, numbers=tuple(told), days=frame.days)


def _shown(one: Amount, measure: Measure) -> str:
    return sentences.amount_of(one.value or Decimal(0), measure)


def _ranked(frame: Frame, measure: Measure, dimension: str, told: list[Told]) -> str:
    word, when = "lowest" if frame.asked.lowest else "highest", sentences.when(frame.days)
    first = told[0]
    opening = (
        f"{first.of} had the {word} {measure.title} by {dimension} {when}: "
        f"{sentences.amount_of(first.value, measure)}."
    )
    rest = [f"{one.of} ({sentences.amount_of(one.value, measure)})" for one in told[1:]]
    return (
        f"{opening} Then {'come' if len(rest) > 1 else 'comes'} {sentences.listed(rest)}."
        if (rest)
        else opening
    )


def _nothing(frame: Frame, measure: Measure, dimension: str, parts: list[Amount]) -> Lacking:
    states = {one.state for one in parts}
    when = sentences.when(frame.days)
    if "NOT_ADDITIVE" in states:
        return Lacking(
            "NOT_ADDITIVE",
            f"{measure.title} by {dimension} {when} cannot be told: it cannot be added up over "
            f"several {LEVEL_NAMES[frame.level]}s. Ask for a single one.",
        )
    if "OTHER_CURRENCY" in states:
        why = "rows are in another currency than the instance"
        return Lacking("OTHER_CURRENCY", f"{measure.title} {when} cannot be told: {why}.")
    code: LackCode = "SUPPRESSED" if states == {"SUPPRESSED"} else "NOT_COVERED"
    return Lacking(code, f"No {dimension} has a number of {measure.title} {when}.")


def _whole_periods(frame: Frame, measured: Measured) -> list[Reading]:
    """The periods that have a number, and results of all days. Raises Lacking if none does."""
    within = periods.readings_within(measured, frame.days)
    rows = [one for one in within if one.value is not None and one.covered == 1]
    if not rows:
        noun, title = LEVEL_NAMES[frame.level], measured.series.measure.title
        said = f"No whole {noun} {sentences.when(frame.days)} has a number of {title}."
        raise Lacking("NOT_COVERED", said)
    return rows


def when(frame: Frame, numbers: Numbers) -> Answer:
    """The periods in which a metric was highest or lowest."""
    (metric, *_), value = frame.asked.metrics, frame.values[0]
    measured = frame.measured(numbers, metric, value)
    measure, noun = measured.series.measure, LEVEL_NAMES[frame.level]
    rows = _whole_periods(frame, measured)
    lowest = frame.asked.lowest
    rows.sort(key=lambda one: (one.value or Decimal(0)) * (1 if lowest else -1))
    shown = rows[: frame.asked.number or 1]
    told = tuple(
        Told(noun, one.value, measure, one.days, value, one.source_ids)
        for one in shown
        if one.value is not None
    )
    word = "lowest" if lowest else "highest"
    first = told[0]
    assert first.days is not None
    said = [
        f"{sentences.named(measure, value)} {sentences.was(measure)} {word} "
        f"{sentences.when(first.days)}: {sentences.amount_of(first.value, measure)}."
    ]
    rest = [
        f"{sentences.when(one.days)} ({sentences.amount_of(one.value, measure)})"
        for one in told[1:]
        if one.days is not None
    ]
    said += [f"Next: {sentences.listed(rest)}."] if rest else []
    country = events.country_of(measured.series.marketplace_id)
    names = [one.name for one in events.within(first.days, country)]
    said += [f"That {noun} has {sentences.listed(names)}."] if names and noun == "week" else []
    said.append(f"{len(rows)} {noun}s with all their days were compared.")
    said.append(sentences.of_source(numbers))
    return Answer(sentences.joined(said), frame.asked, numbers=told, days=first.days)
