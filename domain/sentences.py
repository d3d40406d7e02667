"""The words for mistakes in an input. The same mistake gets the same words everywhere.

`sentence` joins a subject, the quoted name of the value, and a predicate that says what would be
right: 'days' must be 90 or less, not 91.
"""

import json
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import TypeAlias, TypeVar

TEXT = "text"
WHOLE = "a whole number"
BITS_64 = "a number of at most 64 bits"
NUMBER = "a number"
BOOLEAN = "true or false"
LIST = "a list"
OBJECT = "an object of names and values"
FINITE = "a finite number"
SECONDS = "a number of seconds"
DATE = "a date such as 2026-01-31"
MOMENT = "a moment with its offset, such as 2026-03-02T09:00:00+00:00"
ZONE = "a time zone such as America/New_York"

MISSING = "is missing"
UNSTORABLE = "has a character that cannot be stored, such as U+0000"
UNSEEN = "must have a character that can be seen"
UNSTORABLE_NAME = "has a name with a character that cannot be stored, such as U+0000"

NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
BLANKS = "\u115f\u1160\u2800\u3164\uffa0"  # letters and signs that show nothing
LISTED = 20  # names or values that one sentence lists at most
LONGEST = 60  # characters of a value that one sentence shows at most
LONGEST_NAME, MOST_NAMES = 64, 200  # that `near` compares
HIDDEN = object()  # in place of a value that must not be shown


Path: TypeAlias = Sequence[str | int]
Ordered = TypeVar("Ordered", float, date)


def path_of(field: str) -> tuple[str | int, ...]:
    """The parts of a dotted path, numbers for the items of lists."""
    return tuple(int(part) if part.isdecimal() else part for part in field.split(".") if part)


def sentence(path: Path, predicate: str) -> str:
    """Return the sentence about the value at this path."""
    return f"{subject(path)} {predicate}."


def subject(path: Path) -> str:
    """Return the name of the value at this path: 'days', or Item 2 of 'metrics'."""
    name, items = "The input", []
    for part in path:
        if isinstance(part, int):
            items.append(part + 1)
        else:
            name, items = shown(part), []
    for number in items:
        name = f"Item {number} of {name[0].lower() + name[1:]}"
    return name


def must_be(what: str, given: object) -> str:
    """Must be a whole number, not '7'."""
    return f"must be {what}" if given is HIDDEN else f"must be {what}, not {shown(given)}"


def one_of(values: Iterable[object]) -> str:
    """One of 'dsp', 'sponsored'; for `must_be`."""
    return f"one of {listed(values)}"


def at_least(limit: object) -> str:
    """7 or more, and of days 2026-01-31 or later; for `must_be`."""
    return f"{shown(limit)} or {'later' if isinstance(limit, date) else 'more'}"


def at_most(limit: object) -> str:
    """7 or less, and of days 2026-01-31 or earlier; for `must_be`."""
    return f"{shown(limit)} or {'earlier' if isinstance(limit, date) else 'less'}"


def more_than(limit: object) -> str:
    """More than 7; for `must_be`."""
    return f"more than {shown(limit)}"


def less_than(limit: object) -> str:
    """Less than 7; for `must_be`."""
    return f"less than {shown(limit)}"


def has_at_least(limit: int, noun: str, size: int) -> str:
    """Must have at least 1 character, not 0."""
    return f"must have at least {counted(limit, noun)}, not {size:,}"


def has_at_most(limit: int, noun: str, size: int) -> str:
    """Must have at most 200 characters, not 201."""
    return f"must have at most {counted(limit, noun)}, not {size:,}"


def repeats(values: Iterable[object]) -> str:
    """Has 'cost' more than once. The first value that is repeated is named."""
    for value in repeated(values):
        return f"has {shown(value)} more than once"
    return "has a value more than once"


def repeated(values: Iterable[object]) -> Iterator[object]:
    """Yield the values that occur before. As in JSON Schema, 1 equals 1.0, but not true."""
    seen: set[object] = set()
    for value in values:
        simple = isinstance(value, str | int | float | None)
        known = (
            (isinstance(value, bool), value)
            if simple
            else json.dumps(value, sort_keys=True, default=str)
        )
        if known in seen:
            yield value
        seen.add(known)


def unknown(noun: str, name: str, known: Sequence[str], of: str = "") -> str:
    """A whole sentence: there is no parameter 'dais'; did you mean 'days'? `of` says where."""
    where = f" {of}" if of else ""
    if (meant := near(name, known)) is not None:
        return f"There is no {noun} {shown(name)}{where}; did you mean {shown(meant)}?"
    if not known:
        return f"There is no {noun} {shown(name)}{where}; there are none."
    if len(known) == 1:
        return f"There is no {noun} {shown(name)}{where}; there is only {shown(known[0])}."
    return f"There is no {noun} {shown(name)}{where}; there are {listed(known)}."


def near(name: str, known: Sequence[str]) -> str | None:
    """Return the known name that was likely meant: one letter or the case of letters differs.

    The time depends on the length of the name only, however many names are known.
    """
    if len(name) > LONGEST_NAME:
        return None
    index = _by_spelling(tuple(known[:MOST_NAMES]))
    return next((index[one] for one in _spellings(name) if one in index), None)


@lru_cache(maxsize=8)
def _by_spelling(names: tuple[str, ...]) -> Mapping[str, str]:
    found: dict[str, str] = {name.casefold(): name for name in reversed(names)}
    for name in names:
        if len(name) <= LONGEST_NAME:
            for spelling in _spellings(name):
                found.setdefault(spelling, name)
    return found


def _spellings(name: str) -> Iterator[str]:
    """Yield the name, and the name without each of its letters.

    Two names that differ in a letter, or in two that changed places, have one of these in common.
    """
    folded = name.casefold()
    yield folded
    if len(folded) > 2:
        yield from (folded[:place] + folded[place + 1 :] for place in range(len(folded)))


def size_of_text(value: str, least: int, most: int) -> Iterator[str]:
    """What is wrong with a text of `least` to `most` characters; nothing if it can be stored."""
    if len(value) < least:
        yield has_at_least(least, "character", len(value))
    if len(value) > most:
        yield has_at_most(most, "character", len(value))
    if not is_text(value):
        yield UNSTORABLE


def between(value: Ordered, least: Ordered, most: Ordered) -> Iterator[str]:
    """What is wrong with a number or a day that must be `least` to `most`; nothing if it is."""
    if value < least:
        yield must_be(at_least(least), value)
    if value > most:
        yield must_be(at_most(most), value)


def is_text(value: str) -> bool:
    """Whether the database can hold it: no U+0000, no half of a pair of surrogates."""
    return NOT_STORABLE.search(value) is None


def is_seen(value: str) -> bool:
    """Whether somebody who reads it sees anything: a letter, a digit, a sign."""
    return any(unicodedata.category(one)[0] in "LNPS" and one not in BLANKS for one in value)


def printable(text: str) -> str:
    """The text with escapes for the characters that no answer can hold."""
    return (
        text
        if is_text(text)
        else text.replace("\0", "\\0").encode(errors="backslashreplace").decode()
    )


def shown(value: object) -> str:
    """A value as the client would write it as JSON, text in single quotes, cut where it is long."""
    if isinstance(value, str):
        text = repr(value[: LONGEST + 1])
        whole = len(value) <= LONGEST
    else:
        text, whole = _as_json(value), True
    return text if whole and len(text) <= LONGEST else f"{text[: LONGEST - 3]}..."


def _as_json(value: object) -> str:
    match value:
        case float() if not math.isfinite(value):
            return str(value).replace("nan", "NaN").replace("inf", "Infinity")
        case dict() | list() | bool() | None | int() | float():
            try:
                return printable(json.dumps(value, ensure_ascii=False, default=str))
            except (RecursionError, ValueError):
                return "an object" if isinstance(value, dict) else "a list"
        case _:
            return printable(str(value))


def listed(values: Iterable[object]) -> str:
    """The values, separated by commas, and three dots where there are too many to list."""
    every = list(values)
    told = ", ".join(map(shown, every[:LISTED]))
    return told if len(every) <= LISTED else f"{told} ..."


def counted(number: int, noun: str) -> str:
    """1 attempt, 2 attempts."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"
