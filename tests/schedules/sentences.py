"""Reads the sentence of a schedule as a person would: which days it names, and which times."""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date, timedelta

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September"]
MONTHS += ["October", "November", "December"]
PLACES = ["first", "second", "third", "fourth", "fifth"]
CLOCK = r"\d\d:\d\d"


def times(sentence: str, zone: str) -> tuple[str, set[int]]:
    """Return the part of the sentence that names days, and the minutes of the day it names."""
    text = re.sub(rf",? {re.escape(zone)}$", "", sentence)
    if found := re.fullmatch(r"(.*?),? ?every hour at minutes? (.*)", text, re.IGNORECASE):
        return found[1] or "Every day", {60 * h + m for h in range(24) for m in numbers(found[2])}
    if found := re.fullmatch(r"(.*) at minutes? (.*) of hours? (.*)", text):
        return found[1], {60 * h + m for h in numbers(found[3]) for m in numbers(found[2])}
    if found := re.fullmatch(rf"(.*) at ((?:{CLOCK}(?:, | and )?)+)", text):
        return found[1], {minute(one) for one in re.findall(CLOCK, found[2])}
    pace = rf"(.*?),? ?every (\d* ?)(minute|hour)s?(?: from ({CLOCK}))?(?: to ({CLOCK}))?"
    found = re.fullmatch(pace, text, re.IGNORECASE)
    assert found is not None, sentence
    days, number, unit, first, last = found.groups()
    step = int(number or 1) * (60 if unit == "hour" else 1)
    end = minute(last) if last else 24 * 60 - 1
    return days or "Every day", set(range(minute(first or "00:00"), end + 1, step))


def minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return 60 * int(hours) + int(minutes)


def numbers(text: str) -> set[int]:
    found: set[int] = set()
    for term in re.split(", | and ", text):
        first, _, last = term.partition(" to ")
        found.update(range(int(first), int(last or first) + 1))
    return found


def days(text: str, within: Iterable[date]) -> set[date]:
    """Return the days among these that the sentence names."""
    clauses = [clause[0].lower() + clause[1:] for clause in text.split(" and also ")]
    return {day for day in within if any(_is_named(day, clause) for clause in clauses)}


def _is_named(day: date, clause: str) -> bool:
    clause, _, when = clause.partition(" (when it is ")
    if when:
        wanted = re.split(", | or ", when.removesuffix(")"))
        if not any(_is_the(day, one.removesuffix(" of the month")) for one in wanted):
            return False
    clause = re.sub(r" that has one| \(if there is one\)| \(as far as they exist\)", "", clause)
    if clause.startswith("every "):
        named, _, months = clause.removeprefix("every ").partition(" in ")
        return _is_in(day, months or "every month") and (
            named == "day" or day.weekday() in _range(named, WEEKDAYS)
        )
    named, _, months = clause.removeprefix("on ").rpartition(" of ")
    last = [one for one in re.split(", | and ", named) if one.startswith("the ")]
    counted = re.match(r"days? ((?:\d+(?:, (?=\d)| and (?=\d)| to )?)+)", named)
    is_counted = counted is not None and day.day in numbers(counted[1])
    return _is_in(day, months) and (is_counted or any(_is_the(day, one) for one in last))


def _range(text: str, names: list[str]) -> set[int]:
    if " to " in text:
        first, last = text.split(" to ")
        return set(range(names.index(first), names.index(last) + 1))
    return {names.index(one) for one in re.split(", | and ", text)}


def _is_in(day: date, months: str) -> bool:
    if months == "every month":
        return True
    if months == "every quarter":
        return day.month in (1, 4, 7, 10)
    return day.month - 1 in _range(months.removeprefix("every month from "), MONTHS)


def _is_the(day: date, words: str) -> bool:
    length = monthrange(day.year, day.month)[1]
    if words == "the last day":
        return day.day == length
    if words == "the last working day":
        rest = (day + timedelta(n) for n in range(1, length - day.day + 1))
        return day.weekday() < 5 and all(one.weekday() >= 5 for one in rest)
    article, *place, name = words.split()
    if day.weekday() != WEEKDAYS.index(name):
        return False
    if article == "a":
        return True
    if place == ["last"]:
        return day.day + 7 > length
    return (day.day - 1) // 7 == PLACES.index(place[0])
