"""Answers how much, and how metrics or values compare over the same days. Pure."""

from decimal import Decimal

from domain.charts.datasets import Measure
from domain.charts.decimals import WIDE, quotient
from domain.charts.formats import REASONS
from domain.questions import numbers as periods
from domain.questions import sentences
from domain.questions.answers import OF_STATE, Answer, Lacking, Told
from domain.questions.frames import LEVEL_NAMES, Frame
from domain.questions.numbers import Amount, Numbers

SHARE = Measure("share", "Share", "percent", "ratio")
WHY_NOT_ADDED = (
    "is not the sum of several {periods}, because the same people may be counted in each. Ask for "
    "a single week, month or quarter."
)


def how_much(frame: Frame, numbers: Numbers) -> Answer:
    """The amount of each metric, of the whole or of each value that is named."""
    assert frame.span is not None
    if frame.asked.wants_share:
        return _share(frame, numbers)
    said: list[str] = []
    told: list[Told] = []
    found: list[Amount] = []
    for metric in frame.asked.metrics:
        for value in frame.values:
            one = known(frame, numbers, metric, value)
            measure = frame.measure(numbers, metric)
            found.append(one)
            assert one.value is not None
            told.append(Told("total", one.value, measure, frame.days, value, one.source_ids))
            said.append(_sentence(frame, measure, one, value, is_first=not said))
            if frame.asked.wants_average:
                said.append(_average(frame, numbers, told, measure, one))
    text = sentences.joined(
        [*said, *sentences.caveats(found, frame.span), sentences.of_source(numbers)]
    )
    return Answer(text, frame.asked, numbers=tuple(told), days=frame.days)


def _sentence(
    frame: Frame, measure: Measure, one: Amount, value: str | None, *, is_first: bool
) -> str:
    assert one.value is not None
    when = f" {sentences.when(frame.days)}" if is_first else ""
    shown = sentences.amount_of(one.value, measure)
    return f"{sentences.named(measure, value)} {sentences.was(measure)} {shown}{when}."


def _average(
    frame: Frame, numbers: Numbers, told: list[Told], measure: Measure, one: Amount
) -> str:
    """The mean of a week, month or quarter. A ratio over all days is its own weighted mean."""
    if measure.kind != "additive" or one.value is None:
        return ""
    rows = periods.places(frame.measured(numbers, measure.name).series, frame.days)
    if not rows:
        return ""
    mean = quotient(one.value, Decimal(len(rows)))
    told.append(Told("average", mean, measure, frame.days, source_ids=one.source_ids))
    noun = LEVEL_NAMES[frame.level]
    shown = sentences.amount_of(mean, measure)
    return f"That is {shown} a {noun} on average, over {len(rows)} {noun}s."


def known(frame: Frame, numbers: Numbers, metric: str, value: str | None) -> Amount:
    """The amount of a metric. Raises Lacking with the reason where there is none."""
    measured = frame.measured(numbers, metric, value)
    assert frame.span is not None
    return present(periods.amount(measured, frame.span.days), measured.series.measure, frame, value)


def present(one: Amount, measure: Measure, frame: Frame, value: str | None = None) -> Amount:
    """The same amount. Raises Lacking with the reason where it has no value."""
    if one.value is not None:
        return one
    name, when = sentences.named(measure, value), sentences.when(frame.days)
    code = OF_STATE.get(one.state, "NOT_COVERED")
    if code == "NOT_ADDITIVE":
        why = WHY_NOT_ADDED.format(periods=f"{LEVEL_NAMES[frame.level]}s")
        raise Lacking("NOT_ADDITIVE", f"{name} {when} cannot be told: it {why}")
    why = REASONS.get(one.state, "not known")
    raise Lacking(code, f"{name} {when} is not known: {why}. {sentences.covered(one.coverage)}")


def _share(frame: Frame, numbers: Numbers) -> Answer:
    """The share of a value in the whole."""
    (metric, *_), value = frame.asked.metrics, frame.values[0]
    measure = frame.measure(numbers, metric)
    if value is None:
        raise Lacking("NOT_FOUND", "A share needs the name of a value, such as a campaign.")
    if measure.kind != "additive":
        raise Lacking(
            "NOT_ADDITIVE", f"{measure.title} has no shares: its values do not add up to a whole."
        )
    part, whole = (known(frame, numbers, metric, one) for one in (value, None))
    assert part.value is not None
    assert whole.value is not None
    if not whole.value:
        raise Lacking(
            "NO_DENOMINATOR", f"{measure.title} {sentences.was(measure)} 0 in these days."
        )
    share = quotient(part.value, whole.value)
    text = sentences.joined(
        [
            f"{value} had {sentences.percent(share)} of {measure.title} "
            f"{sentences.when(frame.days)}: {sentences.amount_of(part.value, measure)} of "
            f"{sentences.amount_of(whole.value, measure)}.",
            *sentences.caveats([whole], frame.span),
            sentences.of_source(numbers),
        ]
    )
    ids = part.source_ids + whole.source_ids
    told = (
        Told("share", share, SHARE, frame.days, value, ids),
        Told("total", part.value, measure, frame.days, value, part.source_ids),
        Told("whole", whole.value, measure, frame.days, None, whole.source_ids),
    )
    return Answer(text, frame.asked, numbers=told, days=frame.days)


def side_by_side(frame: Frame, numbers: Numbers) -> Answer:
    """Several metrics or values over the same days, and how the first two differ."""
    answer = how_much(frame, numbers)
    first, second = answer.numbers[:2]
    if first.measure != second.measure or not second.value:
        return answer
    change = quotient(WIDE.subtract(first.value, second.value), abs(second.value))
    word = "more" if change > 0 else "less"
    says = (
        f"{first.of} had {sentences.percent(change)} {word} than {second.of}."
        if change
        else f"{first.of} and {second.of} had the same."
    )
    told = Told(
        "difference", change, SHARE, frame.days, first.of, first.source_ids + second.source_ids
    )
    return Answer(
        f"{says} {answer.text}",
        frame.asked,
        numbers=(*answer.numbers, told),
        days=frame.days,
    )
