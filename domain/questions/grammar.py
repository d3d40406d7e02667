"""Understands a question: which kind it is, and which metrics, values and days it is about. Pure.

1. `read` finds names and days in its words.
2. `resolving.names` chooses the report and the names that are meant.
3. `meaning.Meaning` puts together what is asked, with what the question before it said.

A question is understood only if all its words are. A word that is not known might change what is
asked, such as "without" or the name of a campaign, so it is never passed over.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from domain.questions import kinds, phrases, resolving, words
from domain.questions.calendar_words import Known
from domain.questions.composing import CAN_ANSWER, Meaning
from domain.questions.names import Catalog, Finder, Mention
from domain.questions.phrases import NoSuchDay
from domain.questions.resolving import Read
from domain.questions.understood import Choice, Unclear, Understood
from domain.questions.words import Word

LONGEST = 500  # characters of a question


def understand(
    text: str, catalog: Catalog, known: Mapping[str, Known], before: Understood | None = None
) -> Understood | Unclear:
    """Return what a question asks, or why that is not clear.

    `known` has, for each source, what its days are relative to. `before` is the question that this
    one follows: it fills in what is left out.
    """
    default = known.get(before.source) if before else None
    try:
        read = _read(text, catalog, default or next(iter(known.values())))
    except NoSuchDay as wrong:
        return Unclear("NO_SUCH_DAY", f"There is no {wrong} in the calendar.")
    if read.unknown:
        return _unknown(read, catalog)
    if (why := _odd(read)) is not None:
        return Unclear("NOT_UNDERSTOOD", why)
    found = resolving.names(read, catalog, before)
    if isinstance(found, Unclear):
        return found
    return Meaning(read, found, catalog, known[found.source], before).asked()


def _read(text: str, catalog: Catalog, known: Known) -> Read:
    found = words.words_of(text)
    finder = Finder(found, catalog, kinds.KNOWN)
    finder.exact(words.quoted(text))
    plain = phrases.plain(text)
    said = phrases.find(_without(plain, found, finder.mentions), known)
    for one in said:
        finder.take_away(one.start, one.end)
    plain = _blank(plain, [(one.start, one.end) for one in said])
    if top := _top(_without(plain, found, finder.mentions)):
        finder.take_away(*top)
    finder.loose()
    rest = _without(plain, found, finder.mentions)
    unknown = finder.unknown()
    if not kinds.THAN_YEAR.search(rest):
        unknown = finder.unknown(also=frozenset({"year", "years"}))
    return Read(text, found, finder.mentions, said, rest, unknown)


OF = re.compile(r" *(?:of|in|during|within)(?: the)? *")
NEITHER = re.compile(r" *(?:per|by|over|to|for each|divided by) *")


def _odd(read: Read) -> str | None:
    """Why a question is not understood although all its words are."""
    plain = phrases.plain(read.text)
    for one, other in pairwise(read.said):
        if OF.fullmatch(plain[one.end : other.start]):  # the last week of March
            said = read.text[one.start : other.end]
            return (
                f"I cannot tell which days “{said}” are. Say the first day of the week, or a month."
            )
    metrics = [one for one in read.mentions if one.role == "metric"]
    for before, after in pairwise(metrics):
        start, end = read.words[before.end - 1].end, read.words[after.start].start
        if NEITHER.fullmatch(plain[start:end]):  # sales per click, which is no metric here
            said = read.text[read.words[before.start].start : read.words[after.end - 1].end]
            return f"There is no metric “{said}” here."
    return None


def _top(plain: str) -> tuple[int, int] | None:
    found = kinds.top(plain)
    return found.span("count") if found else None


def _without(plain: str, given: Sequence[Word], mentions: Sequence[Mention]) -> str:
    return _blank(plain, [(given[one.start].start, given[one.end - 1].end) for one in mentions])


def _blank(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + "\x1f" * (end - start) + text[end:]
    return text


def _unknown(read: Read, catalog: Catalog) -> Unclear:
    """What to say of words that are no names: the names that are least unlike them."""
    word = read.unknown[0]
    said = read.text[word.start : word.end]
    choices = tuple(
        Choice(name, f'{read.text[: word.start]}"{name}"{read.text[word.end :]}')
        for name in catalog.nearest(said)
    )
    if not read.mentions and len(read.unknown) > 2:
        return Unclear("NOT_UNDERSTOOD", f"I do not understand this question. {CAN_ANSWER}")
    return Unclear("UNKNOWN_NAME", f"I do not know “{said}” here.", choices)
