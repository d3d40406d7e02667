"""Answers a question that is understood, by its kind. Pure."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from domain.questions import amounts, changes, findings, frames, rankings
from domain.questions.answers import Answer, Lacking
from domain.questions.frames import Frame
from domain.questions.numbers import Numbers
from domain.questions.understood import Kind, Unclear, Understood


def _compare(frame: Frame, numbers: Numbers) -> Answer:
    if frame.before is None:
        return amounts.side_by_side(frame, numbers)
    return changes.compare(frame, numbers)


BY_KIND: Mapping[Kind, Callable[[Frame, Numbers], Answer]] = MappingProxyType(
    {
        "how_much": amounts.how_much,
        "which": rankings.which,
        "when": rankings.when,
        "why": changes.why,
        "compare": _compare,
        "odd": findings.odd,
        "trend": findings.course,
        "next": findings.upcoming,
        "attention": findings.attention,
        "data": findings.state,
    }
)


def frame(asked: Understood, numbers: Numbers, dimensions: tuple[str, ...]) -> Frame | Answer:
    """The periods and the breakdown that a question needs, or why it has no answer."""
    try:
        return frames.frame(asked, numbers, dimensions)
    except Lacking as lacking:
        return refused(asked, lacking)


def answer(framed: Frame, numbers: Numbers) -> Answer:
    """The answer from these numbers, or why there is none."""
    asked = framed.asked
    try:
        made = BY_KIND[asked.kind](framed, numbers)
    except Lacking as lacking:
        return refused(asked, lacking)
    if not asked.notes:
        return made
    text = " ".join([*asked.notes, made.text])
    return Answer(
        text,
        made.asked,
        made.code,
        made.choices,
        made.numbers,
        made.confidence,
        made.method,
        made.days,
    )


def refused(asked: Understood, lacking: Lacking) -> Answer:
    """An answer that says why there is none."""
    return Answer(str(lacking), asked, lacking.code, lacking.choices)


def unclear(why: Unclear) -> Answer:
    """An answer that asks back, or says what can be answered."""
    return Answer(why.text, why.asked, why.code, why.choices)
