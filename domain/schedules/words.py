"""How people tell a schedule, and how it is told to them: presets, cron expressions, sentences."""

import re
from calendar import monthrange
from collections.abc import Iterator
from typing import Annotated, Any

from cronsim import CronSim
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.calendar.units import Unit
from domain.calendar.zones import is_zone
from domain.documents import Config
from domain.schedules.crons import SOME_DAY
from domain.sentences import ZONE, must_be, repeats, sentence

QUARTERS = [1, 4, 7, 10]
WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September"]
MONTHS += ["October", "November", "December"]
UNIVERSAL = {"UTC", "Etc/UTC", "UCT", "Etc/UCT", "Zulu", "Etc/Zulu", "Universal", "Etc/Universal"}


def _clock(text: str) -> str:
    if not re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", text):
        raise ValueError(must_be("a time from 00:00 to 23:59, such as 09:00", text))
    return text


def _weekday(given: object) -> int:
    if type(given) is not int or not 0 <= given <= 7:
        raise ValueError(must_be("1 (Monday) to 7 (Sunday)", given))
    return given or 7


def _day_of_month(given: object) -> object:
    if given is not None and (type(given) is not int or not 1 <= given <= 31):
        raise ValueError(must_be("a day of the month from 1 to 31", given))
    return given


def _place(name: str) -> str:
    if not is_zone(name):
        raise ValueError(must_be(ZONE, name))
    return name


class ScheduleConfig(Config):
    """A preset: how often, on which days, when.

    Day 31 is the last day of months that are shorter. As February has neither a day 29 nor a day
    30 every year, these are refused for `monthly`: a report that is due monthly must never be left
    out, nor come on a day nobody asked for. `quarterly` is in January, April, July and October.
    """

    frequency: Unit
    time: Annotated[str, AfterValidator(_clock)] = "09:00"
    timezone: Annotated[str, AfterValidator(_place)] | None = None
    days_of_week: list[Annotated[int, BeforeValidator(_weekday)]] | None = Field(
        default=None, alias="daysOfWeek"
    )
    day_of_month: Annotated[int | None, BeforeValidator(_day_of_month)] = Field(
        default=None, alias="dayOfMonth"
    )
    last_day_of_month: bool = Field(default=False, alias="lastDayOfMonth", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _as_stored_before(cls, given: Any) -> Any:
        """Presets of before 2026-12 say it with a day of the month: 'last'."""
        if isinstance(given, dict) and given.get("dayOfMonth") == "last":
            return {**given, "dayOfMonth": None, "lastDayOfMonth": True}
        return given

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Days of the week are of `weekly`, a day of the month is of `monthly` and `quarterly`."""
        days, named = self.days_of_week, f"A {self.frequency} schedule"
        if self.frequency != "weekly" and days is not None:
            yield "daysOfWeek", f"{named} takes no daysOfWeek."
        if self.frequency == "weekly" and not days:
            example = "such as [1, 5] for Monday and Friday"
            yield "daysOfWeek", f"{named} needs daysOfWeek, {example}."
        if days and len(set(days)) < len(days):
            twice = sentence(["daysOfWeek"], repeats(days))
            yield "daysOfWeek", f"{twice} 0 and 7 are both Sunday."
        if self.frequency in ("daily", "weekly"):
            if self.day_of_month is not None:
                yield "dayOfMonth", f"{named} takes no dayOfMonth."
            if self.last_day_of_month:
                yield "lastDayOfMonth", f"{named} takes no lastDayOfMonth."
        elif self.day_of_month is not None and self.last_day_of_month:
            yield "lastDayOfMonth", "Give a dayOfMonth or lastDayOfMonth, and not both."
        elif self.frequency == "monthly" and not (self.day_of_month or self.last_day_of_month):
            yield "dayOfMonth", f"{named} needs dayOfMonth, 1 to 28, or lastDayOfMonth."
        if self.frequency == "monthly" and self.day_of_month in (29, 30):
            yield (
                "dayOfMonth",
                f"Not every month has a day {self.day_of_month}; dayOfMonth can be 1 to 28. "
                "lastDayOfMonth is the last day of each month.",
            )


def cron_of(config: ScheduleConfig) -> str:
    """The cron expression of a preset."""
    hour, minute = (int(part) for part in config.time.split(":"))
    is_last = config.last_day_of_month or config.day_of_month == 31
    day = "L" if is_last else config.day_of_month or 1
    match config.frequency:
        case "daily":
            return f"{minute} {hour} * * *"
        case "weekly":
            days = ",".join(str(one) for one in sorted(config.days_of_week or []))
            return f"{minute} {hour} * * {days}"
        case "monthly":
            return f"{minute} {hour} {day} * *"
        case _:
            return f"{minute} {hour} {day} {','.join(map(str, QUARTERS))} *"


def in_words(cron: str, zone: str) -> str:
    """A sentence without its full stop: Every Monday at 09:00 New York time."""
    minute, hour, day, month, weekday = cron.upper().split()
    where = _where(zone)
    days = _days(day, month, weekday)
    if days == "Every day" and (often := _often(minute, hour, where)):
        return often
    times = _times(minute, hour)
    if days and times:
        return f"{days} at {times} {where}"
    explained = CronSim(cron, SOME_DAY).explain()
    # It writes 21th and 31th.
    ends = {"1": "1st", "2": "2nd", "3": "3rd"}
    told = re.sub(r"(?<=[2-9])([123])th\b", lambda found: ends[found[1]], explained)
    return f"{told}, {where}"


def _where(zone: str) -> str:
    if zone in UNIVERSAL:
        return "UTC"
    city = zone if zone.startswith("Etc/") else zone.rpartition("/")[2].replace("_", " ")
    return f"{city} time"


def _often(minute: str, hour: str, where: str) -> str | None:
    """Several times a day, evenly."""
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
    """Every how many, where they come out evenly."""
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
    """How many days it has in a leap year."""
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
    """The values of a field that is a list of numbers, names and ranges; None if it is more."""
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
