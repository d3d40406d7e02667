"""Units of the calendar (day, week, month, quarter), and the periods they make.

Pure arithmetic. Only this module knows how long a unit is and on which day it starts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal, TypeAlias, get_args

from domain.calendar.days import Days

Unit: TypeAlias = Literal["daily", "weekly", "monthly", "quarterly"]
Level: TypeAlias = Literal["weekly", "monthly", "quarterly"]  # the units of aggregates
Noun: TypeAlias = Literal["day", "week", "month", "quarter"]
WeekStart: TypeAlias = Literal["monday", "sunday"]
Comparison: TypeAlias = Literal["previous_period", "previous_year"]

LEVELS: tuple[Level, ...] = get_args(Level)
NOUN: dict[Unit, Noun] = {
    "daily": "day",
    "weekly": "week",
    "monthly": "month",
    "quarterly": "quarter",
}
UNITS: dict[str, Unit] = {noun: unit for unit, noun in NOUN.items()}
MONTHS: dict[Unit, int] = {"monthly": 1, "quarterly": 3}


@dataclass(frozen=True)
class Period:
    """One unit of the calendar, such as the week 2026-W10.

    Keys look like this: a day 2026-03-02, an ISO week 2026-W10, a week from Sunday W2026-03-01, a
    month 2026-03, a quarter 2026-Q1.
    """

    level: Unit
    key: str
    days: Days

    @property
    def start(self) -> date:
        """The first day."""
        return self.days.start

    @property
    def end(self) -> date:
        """The day after the last one."""
        return self.days.end


def named(word: str) -> Unit:
    """Return the unit of a noun: `week` and `weeks` name `weekly`. Raises KeyError for others."""
    return UNITS[word.removesuffix("s")]


def floor(day: date, unit: Unit, week_start: WeekStart = "monday") -> date:
    """Return the first day of the unit that contains the day."""
    match unit:
        case "daily":
            return day
        case "weekly":
            return day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
        case "monthly":
            return day.replace(day=1)
        case _:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def back(day: date, unit: Unit, number: int) -> date:
    """Return the first day of the unit `number` units before the one that starts on `day`."""
    if unit not in MONTHS:
        return day - timedelta(days=number * (7 if unit == "weekly" else 1))
    months = day.year * 12 + day.month - 1 - number * MONTHS[unit]
    return date(months // 12, months % 12 + 1, 1)


def after(day: date, unit: Unit, week_start: WeekStart = "monday") -> date:
    """Return the first day of the unit after the one that contains the day."""
    return back(floor(day, unit, week_start), unit, -1)


@lru_cache(8192)  # widgets of the same days ask for the same periods, hundreds at a time
def period(unit: Unit, day: date, week_start: WeekStart = "monday") -> Period:
    """Return the day, week, month or quarter that contains the day."""
    start = floor(day, unit, week_start)
    return Period(unit, _key(start, unit, week_start), Days(start, back(start, unit, -1)))


def _key(start: date, unit: Unit, week_start: WeekStart) -> str:
    match unit:
        case "daily":
            return start.isoformat()
        case "weekly" if week_start == "sunday":
            return f"W{start.isoformat()}"
        case "weekly":
            year, week, _ = start.isocalendar()
            return f"{year:04}-W{week:02}"
        case "monthly":
            return f"{start.year:04}-{start.month:02}"
        case _:
            return f"{start.year:04}-Q{start.month // 3 + 1}"


def periods(unit: Unit, days: Days, week_start: WeekStart = "monday") -> list[Period]:
    """Return every period of the unit that has some of these days, oldest first."""
    found: list[Period] = []
    day = days.start
    while day < days.end:
        found.append(period(unit, day, week_start))
        day = found[-1].end
    return found


def touched(days: Days, week_start: WeekStart = "monday") -> list[Period]:
    """Return every week, month and quarter with some of these days, oldest first within a level."""
    return [one for level in LEVELS for one in periods(level, days, week_start)]


def week_start_of(keys: Iterable[str]) -> WeekStart:
    """Return the day on which the weeks with these keys start. Without a week, it is Monday."""
    return "sunday" if any(key.startswith("W") for key in keys) else "monday"


def year_before(given: Period) -> Period | None:
    """Return the same period a year earlier, or None if that year has no week 53 or 29 February.

    A week from Sunday has no number. Its counterpart starts 52 weeks earlier.
    """
    if week_start_of([given.key]) == "sunday":
        return period("weekly", back(given.start, "weekly", 52), "sunday")
    if given.level == "weekly":
        year, week, _ = given.start.isocalendar()
        try:
            return period("weekly", date.fromisocalendar(year - 1, week, 1))
        except ValueError:
            return None
    if (given.start.month, given.start.day) == (2, 29):
        return None
    return period(given.level, given.start.replace(year=given.start.year - 1))
