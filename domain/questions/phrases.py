"""Days in words: "last quarter", "in March", "since Prime Day", "the week of 6 July". Pure.

Everything is relative to the newest data, not to today's date: "last week" is the newest week that
is over where the data end. A month without a year is its newest one that the data have begun.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.calendar.days import Days
from domain.questions.calendar_words import READERS, Known, spaced


@dataclass(frozen=True, slots=True)
class Said:
    """Days as a question says them, and the range of characters that says so."""

    days: Days
    start: int
    end: int
    has_year: bool = True
    ends: tuple[Days, Days] | None = None  # of "from ... to ...", its two sides


class NoSuchDay(Exception):
    """Raised for a day that no calendar has, such as 31 June. The message is what was said."""


def find(text: str, known: Known) -> list[Said]:
    """Return all days that a text names, in order; the text is as `plain` gives it.

    Raises NoSuchDay.
    """
    atoms: list[Said] = []
    for pattern, reader in READERS:
        for found in pattern.finditer(text):
            try:
                read = reader(found, known)
            except ValueError as wrong:
                raise NoSuchDay(found.group()) from wrong
            if read is not None:
                atoms.append(Said(read[0], *found.span(), has_year=read[1]))
    return _joined(text, list(_apart(atoms)), known)


def _apart(atoms: list[Said]) -> Iterator[Said]:
    """The longest of those that overlap, in order."""
    taken: list[Said] = []
    for one in sorted(atoms, key=lambda one: (one.start - one.end, one.start)):
        if all(one.end <= other.start or other.end <= one.start for other in taken):
            taken.append(one)
    yield from sorted(taken, key=lambda one: one.start)


RANGE = re.compile(
    spaced(r"(?:(?P<open>from|between) )?\0 (?:to|and|until|till|through|thru|up to|-) \0")
)
OPEN = re.compile(
    spaced(r"(?P<word>since|after|before|until|till|up to|as of|from) (?:the )?\0(?! to)")
)


def _joined(text: str, atoms: list[Said], known: Known) -> list[Said]:
    """Days joined to ranges: "from March to May", "since Prime Day", "until June"."""
    places, short, at = [], "", 0
    for one in atoms:  # each atom becomes one character
        short += text[at : one.start]
        places.append(len(short))
        short += "\0"
        at = one.end
    short += text[at:]
    joined: list[Said] = []
    used: set[int] = set()
    for found in RANGE.finditer(short):
        first, second = (places.index(at) for at in range(*found.span()) if short[at] == "\0")
        word = re.search(r"\0 +(\w+)", found.group())
        if word and word.group(1) == "and" and found["open"] != "between":
            continue
        start = atoms[first].start - short.index("\0", found.start()) + found.start()
        a, b = _years(atoms[first], atoms[second])
        whole = Days(a.start, max(a.end, b.end))
        joined.append(Said(whole, start, atoms[second].end, ends=(a, b)))
        used |= {first, second}
    for found in OPEN.finditer(short):
        place = places.index(found.end() - 1)
        if place in used:
            continue
        days = _open(found["word"], atoms[place].days, known)
        start = atoms[place].start - (found.end() - 1 - found.start())
        joined.append(Said(days, start, atoms[place].end))
        used.add(place)
    rest = [one for number, one in enumerate(atoms) if number not in used]
    return sorted([*joined, *rest], key=lambda one: one.start)


def _open(word: str, days: Days, known: Known) -> Days:
    match word:
        case "since" | "from" | "as of":
            return Days(days.start, max(known.data.end, days.start))
        case "after":
            return Days(days.end, max(known.data.end, days.end))
        case "before":
            return Days(min(known.data.start, days.start), days.start)
    return Days(min(known.data.start, days.start), days.end)


def _years(one: Said, other: Said) -> tuple[Days, Days]:
    """The two sides of a range. A side without a year takes that of the other one."""
    a, b = one.days, other.days
    if other.has_year and not one.has_year:
        while a.start > b.start:
            a = _year_off(a, -1)
        while _year_off(a, 1).start <= b.start:
            a = _year_off(a, 1)
    elif one.has_year and not other.has_year:
        while b.start < a.start:
            b = _year_off(b, 1)
        while _year_off(b, -1).start >= a.start:
            b = _year_off(b, -1)
    elif a.start > b.start:
        a = _year_off(a, -1)
    return a, b


def _year_off(days: Days, years: int) -> Days:
    def moved(day: date) -> date:
        last = 28 if (day.month, day.day) == (2, 29) else day.day
        return day.replace(year=day.year + years, day=last)

    return Days(moved(days.start), moved(days.end))


def plain(text: str) -> str:
    """Return the text as `find` reads it, of the same length: lower case, blanks for signs."""
    lowered = "".join(low if len(low := one.lower()) == 1 else one for one in text)
    return re.sub(r"[^\w\-]", " ", lowered, flags=re.UNICODE)
