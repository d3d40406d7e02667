"""Presets of schedules: how often, on which days and when, and the cron expression of each."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from domain.calendar.units import Unit
from domain.calendar.zones import is_zone
from domain.documents import Config
from domain.sentences import ZONE, must_be, repeats, sentence

DAYS_OF_WEEK = 7
QUARTERS = [1, 4, 7, 10]  # the months in which quarters start


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
    """A preset: how often, on which days, and when.

    In months without a day 31, day 31 means the last day. `monthly` refuses days 29 and 30, because
    February does not always have them: a monthly report must neither be left out nor come on
    another day. `quarterly` means January, April, July and October.
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
    def _read_last_day(cls, given: Any) -> Any:
        """Read presets stored before 2026-12, whose last day is the day of month 'last'."""
        if isinstance(given, dict) and given.get("dayOfMonth") == "last":
            return {**given, "dayOfMonth": None, "lastDayOfMonth": True}
        return given

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem for each day given with a frequency that has none, or missing."""
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
                "lastDayOfMonth means the last day of each month.",
            )


def cron_of(config: ScheduleConfig) -> str:
    """Return the cron expression of a preset."""
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
