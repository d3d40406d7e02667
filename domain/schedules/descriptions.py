"""Describes cron expressions and their time zones in a sentence for people."""

import re
from calendar import monthrange

from cronsim import CronSim

from domain.schedules.crons import SOME_DAY
from domain.schedules.presets import QUARTERS

WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September"]
MONTHS += ["October", "November", "December"]
UNIVERSAL = {"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"}


def in_words(cron: str, zone: str) -> str:
    """Return the schedule in words, without a full stop: Every Monday at 09:00 New York time."""
    minute, hour, day, month, weekday = cron.upper().split()
    where = _where(zone)
    days = _days(day, month, weekday)
    if days == "Every day" and (often := _often(minute, hour, where)):
        return often
    times = _times(minute, hour)
    if days and times:
        return f"{days} at {times} {where}"
    explained = CronSim(cron, SOME_DAY).explain()
    # cronsim writes 21th and 31th.
    ends = {"1": "1st", "2": "2nd", "3": "3rd"}
    told = re.sub(r"(?<=[2-9])([123])th\b", lambda found: ends[found[1]], explained)
    return f"{told}, {where}"


def _where(zone: str) -> str:
    if zone in UNIVERSAL:
        return "UTC"
    city = zone if zone.startswith("Etc/") else zone.rpartition("/")[2].replace("_", " ")
    return f"{city} time"


def _often(minute: str, hour: str, where: str) -> str | None:
    """Describe a schedule that runs several times a day at even intervals; else return None."""
    if hour == "*" and minute.isdigit():
        return f"Every hour at minute {int(minute)}, {where}"
    if hour == "*" and minute in ("*", "*/1"):
        return "Every minute"
    if hour == "*" and (step := _step(minute, 60)):
        return f"Every {step} minutes"
    if minute.isdigit() and (step := _step(hour, 24)):
        return f"Every {step} hours from 00:{int(minute):02} {where}"
    return None


def _step(text: str, values: int) -> int | None:
    """Return the step of `*/step` if it divides the number of values. Otherwise return None."""
    if not text.startswith("*/") or not text[2:].isdigit():
        return None
    step = int(text[2:])
    return step if 1 < step < values and values % step == 0 else None


def _times(minute: str, hour: str) -> str | None:
    minutes, hours = _numbers(minute), _numbers(hour)
    if not minutes or not hours or len(minutes) * len(hours) > 4:
        return None
    return _listed([f"{one:02}:{two:02}" for one in hours for two in minutes])


def _days(day: str, month: str, weekday: str) -> str | None:
    months = list(range(1, 13)) if month == "*" else _numbers(month, MONTHS)
    if day == "*" and month == "*":
        return _weekdays(weekday)
    if weekday != "*" or not months or not (day == "L" or day.isdigit()):
        return None
    if day == "L":
        return f"On the last day of {'every month' if len(months) == 12 else _months(months)}"
    number = int(day)
    if len(months) == 12:
        return f"On day {number} of every month{' that has one' if number > 28 else ''}"
    if months == QUARTERS and number < 31:
        return f"On day {number} of every quarter"
    return f"On day {number} of {_months([one for one in months if number <= _length(one)])}"


def _months(numbers: list[int]) -> str:
    return _listed([MONTHS[one - 1] for one in numbers])


def _length(month: int) -> int:
    """Return how many days the month has in a leap year."""
    return monthrange(SOME_DAY.year, month)[1]


def _weekdays(weekday: str) -> str | None:
    numbers = range(1, 8) if weekday == "*" else _numbers(weekday, WEEKDAYS)
    days = sorted({one or 7 for one in numbers or []})
    if len(days) == 7:
        return "Every day"
    if days == [1, 2, 3, 4, 5]:
        return "Every Monday to Friday"
    return f"Every {_listed([WEEKDAYS[one - 1] for one in days])}" if days else None


def _numbers(text: str, names: list[str] | None = None) -> list[int] | None:
    """Return the values of a list of numbers, names and ranges. Return None for anything else."""
    known = {name[:3].upper(): number for number, name in enumerate(names or [], 1)}
    found: set[int] = set()
    for term in text.split(","):
        ends = [known.get(one) or (int(one) if one.isdigit() else None) for one in term.split("-")]
        low, high = ends[0], ends[-1]
        if low is None or high is None:
            return None
        found.update(range(low % 7 if names is WEEKDAYS and low > high else low, high + 1))
    return sorted(found)


def _listed(words: list[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last
