"""Describes cron expressions and their time zones in a sentence for people.

The sentence is made from the values that an expression stands for, never from its text. So it
names exactly the days and times that occur. If the day of the month or the day of the week begins
with `*`, a day has to match both; otherwise it has to match one of them.
"""

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from cronsim import CronSim

from domain.schedules.crons import SOME_DAY
from domain.schedules.presets import QUARTERS

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September"]
MONTHS += ["October", "November", "December"]
PLACES = {1: "first", 2: "second", 3: "third", 4: "fourth", 5: "fifth", CronSim.LAST: "last"}
UNIVERSAL = {"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"}
EVERY_DAY = "every day"
A_DAY = 24 * 60  # minutes
MOST_LISTED = 4  # times of a day that are listed even if they come at even intervals


def in_words(cron: str, zone: str) -> str:
    """Return the schedule in words, without a full stop: Every Monday at 09:00 New York time."""
    parsed = CronSim(cron, SOME_DAY)
    days, times, where = _days(parsed), _times(parsed), _where(zone)
    if days == EVERY_DAY and times.all_day:
        text = times.text
        if text.endswith(("minute", "minutes")):
            return _sentence(text)  # which is the same in all zones
    else:
        text = f"{days} {times.text}" if times.text.startswith("at ") else f"{days}, {times.text}"
    names_a_time = text[-3] == ":"
    return _sentence(f"{text}{'' if names_a_time else ','} {where}")


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]


def _where(zone: str) -> str:
    if zone in UNIVERSAL:
        return "UTC"
    city = zone if zone.startswith("Etc/") else zone.rpartition("/")[2].replace("_", " ")
    return f"{city} time"


class Times(NamedTuple):
    """When on a day. `all_day` means at even intervals around the clock."""

    text: str
    all_day: bool


def _times(parsed: CronSim) -> Times:
    minutes, hours = sorted(parsed.minutes), sorted(parsed.hours)
    of_a_day = [60 * hour + minute for hour in hours for minute in minutes]
    first, last, step = of_a_day[0], of_a_day[-1], _step(of_a_day)
    if len(hours) == 24 and (len(minutes) == 1 or step is None):
        return Times(f"every hour at {_named('minute', minutes)}", True)
    if step and len(of_a_day) > 2 and first + A_DAY == last + step:
        begins = "" if first == 0 and step < 60 else f" from {_clock(first)}"
        return Times(f"every {_pace(step)}{begins}", True)
    if len(of_a_day) <= MOST_LISTED:
        return Times(f"at {_listed([_clock(one) for one in of_a_day])}", False)
    if step:
        return Times(f"every {_pace(step)} from {_clock(first)} to {_clock(last)}", False)
    return Times(f"at {_named('minute', minutes)} of {_named('hour', hours)}", False)


def _step(values: Sequence[int]) -> int | None:
    """Return the interval between the values if it is always the same. Otherwise return None."""
    steps = {after - before for before, after in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


def _pace(minutes: int) -> str:
    number, unit = (minutes, "minute") if minutes % 60 else (minutes // 60, "hour")
    return unit if number == 1 else f"{number} {unit}s"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@dataclass(frozen=True)
class DaysOfMonth:
    """Days by their numbers, and the last day or the last working day."""

    numbers: Sequence[int]
    last: Sequence[str]
    months: Sequence[int]

    @classmethod
    def of(cls, parsed: CronSim) -> "DaysOfMonth":
        """Return the days that occur: there is no April 31."""
        known = {CronSim.LAST: "the last day", CronSim.LAST_WEEKDAY: "the last working day"}
        last = [words for value, words in known.items() if value in parsed.days]
        months = sorted(parsed.months)
        longest = max(_length(month) for month in months)
        numbers = sorted(one for one in parsed.days if 0 < one <= longest)
        if not last and numbers and len(months) < 12:
            months = [month for month in months if numbers[0] <= _length(month)]
        return cls(numbers, last, months)

    @property
    def is_any(self) -> bool:
        """Whether every day of the months matches."""
        return len(self.numbers) == max(_length(month) for month in self.months)

    def words(self, *, when: str = "") -> str:
        """Return these days of these months: on day 31 of every month that has one."""
        named = [_named("day", self.numbers)] if self.numbers else []
        days = f"on {_listed([*named, *self.last])}"
        only = self.numbers[0] if len(self.numbers) == 1 and not self.last else None
        if when:
            return f"{days} of {_months(self.months)} (when it is {when})"
        if only and only < 31 and self.months == QUARTERS:
            return f"{days} of every quarter"
        shortest = min(_length(month, leap=False) for month in self.months)
        if not self.numbers or self.numbers[-1] <= shortest:
            return f"{days} of {_months(self.months)}"
        return f"{days} of {_missing_in(self.months, is_one=only is not None)}"


@dataclass(frozen=True)
class DaysOfWeek:
    """Weekdays from 1 (Monday) to 7, and those at one place of the month: the second Monday."""

    every: Sequence[int]
    placed: Sequence[tuple[int, int]]  # the place in PLACES, and the weekday
    months: Sequence[int]

    @classmethod
    def of(cls, parsed: CronSim) -> "DaysOfWeek":
        """Return the weekdays of the expression."""
        every = {one or 7 for one in parsed.weekdays if isinstance(one, int)}
        pairs = [one for one in parsed.weekdays if not isinstance(one, int)]
        order = list(PLACES)
        placed = {(place, day or 7) for day, place in pairs if (day or 7) not in every}
        by_place = sorted(placed, key=lambda one: (order.index(one[0]), one[1]))
        return cls(sorted(every), by_place, sorted(parsed.months))

    @property
    def is_any(self) -> bool:
        """Whether every day matches."""
        return len(self.every) == 7

    def words(self) -> str:
        """Return these days of these months: every Monday and also on the last Friday of May."""
        clauses = []
        if self.every:
            days = f"every {_run(self.every, WEEKDAYS) or _listed(_names(self.every, WEEKDAYS))}"
            clauses.append(days + _in_months(self.months))
        if self.placed:
            fifth = any(place == 5 for place, _ in self.placed)
            is_one = len(self.placed) == 1
            whose = _missing_in(self.months, is_one=is_one) if fifth else _months(self.months)
            clauses.append(f"on {_listed(self._places())} of {whose}")
        return " and also ".join(clauses)

    def alternatives(self) -> str:
        """Return what a day has to be to match: a Monday or the last Friday of the month."""
        every = [f"a {name}" for name in _names(self.every, WEEKDAYS)]
        return _listed([*every, *(f"{one} of the month" for one in self._places())], "or")

    def _places(self) -> list[str]:
        return [f"the {PLACES[place]} {WEEKDAYS[day - 1]}" for place, day in self.placed]


def _days(parsed: CronSim) -> str:
    by_month, by_week = DaysOfMonth.of(parsed), DaysOfWeek.of(parsed)
    every_day = EVERY_DAY + _in_months(sorted(parsed.months))
    if parsed.day_and:
        if by_month.is_any:
            return every_day if by_week.is_any else by_week.words()
        return by_month.words(when="" if by_week.is_any else by_week.alternatives())
    if by_month.is_any or by_week.is_any:
        return every_day
    if not by_month.numbers and not by_month.last:
        return by_week.words()
    return f"{by_month.words()} and also {by_week.words()}"


def _length(month: int, *, leap: bool = True) -> int:
    """Return how many days the month has, in a leap year or in another one."""
    return monthrange(SOME_DAY.year if leap else SOME_DAY.year + 1, month)[1]


def _months(numbers: Sequence[int]) -> str:
    if len(numbers) == 12:
        return "every month"
    run = _run(numbers, MONTHS)
    return f"every month from {run}" if run else _listed(_names(numbers, MONTHS))


def _in_months(numbers: Sequence[int]) -> str:
    return "" if len(numbers) == 12 else f" in {_months(numbers)}"


def _missing_in(numbers: Sequence[int], *, is_one: bool) -> str:
    """Return the months of days that some of them do not have."""
    if not is_one:
        return f"{_months(numbers)} (as far as they exist)"
    return _months(numbers) + (" that has one" if len(numbers) == 12 else " (if there is one)")


def _names(numbers: Sequence[int], names: Sequence[str]) -> list[str]:
    return [names[one - 1] for one in numbers]


def _run(numbers: Sequence[int], names: Sequence[str]) -> str | None:
    """Return the first and the last name if the numbers are three or more without a gap."""
    if len(numbers) < 3 or _step(numbers) != 1:
        return None
    return f"{names[numbers[0] - 1]} to {names[numbers[-1] - 1]}"


def _named(noun: str, numbers: Sequence[int]) -> str:
    """Return the numbers with their noun: days 1 to 7, 10 and 20."""
    runs: list[list[int]] = []
    for one in numbers:
        if runs and one == runs[-1][-1] + 1:
            runs[-1].append(one)
        else:
            runs.append([one])
    said: list[str] = []
    for run in runs:
        said += [f"{run[0]} to {run[-1]}"] if len(run) > 2 else [str(one) for one in run]
    return f"{noun}{'' if len(numbers) == 1 else 's'} {_listed(said)}"


def _listed(words: Sequence[str], conjunction: str = "and") -> str:
    *most, last = words
    return f"{', '.join(most)} {conjunction} {last}" if most else last
