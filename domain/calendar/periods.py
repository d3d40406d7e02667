"""Weeks, months and quarters of the calendar. Pure arithmetic; every end is a day left out."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

Level: TypeAlias = Literal["weekly", "monthly", "quarterly"]
WeekStart: TypeAlias = Literal["monday", "sunday"]


@dataclass(frozen=True)
class Period:
    """A week, a month or a quarter: the days `[start, end)`.

    Its key is like 2026-W10 (ISO), W2026-03-01 (a week from Sunday), 2026-03 or 2026-Q1.
    """

    level: Level
    key: str
    start: date
    end: date


def touched(start: date, end: date, week_start: WeekStart) -> list[Period]:
    """Every week, month and quarter that `[start, end)` touches, oldest first within a level.

    Nothing where `end` is not after `start`.
    """
    week = _iso_week if week_start == "monday" else _sunday_week
    return [period for holding in (week, _month, _quarter) for period in _each(start, end, holding)]


def of(level: Level, day: date, week_start: WeekStart) -> Period:
    """The week, month or quarter that holds the day."""
    if level == "weekly":
        return _iso_week(day) if week_start == "monday" else _sunday_week(day)
    return _month(day) if level == "monthly" else _quarter(day)


def year_before(period: Period) -> Period | None:
    """The same week, month or quarter of the year before; None for a week 53 that it lacks.

    Weeks from Sunday have no numbers: theirs is the one that began 52 weeks earlier.
    """
    if period.level != "weekly":
        earlier = period.start.replace(year=period.start.year - 1)
        return of(period.level, earlier, "monday")
    if period.key.startswith("W"):
        return _sunday_week(period.start - timedelta(weeks=52))
    year, week, _ = period.start.isocalendar()
    try:
        return _iso_week(date.fromisocalendar(year - 1, week, 1))
    except ValueError:
        return None


def _each(start: date, end: date, holding: Callable[[date], Period]) -> Iterator[Period]:
    day = start
    while day < end:
        period = holding(day)
        yield period
        day = period.end


def _iso_week(day: date) -> Period:
    year, week, weekday = day.isocalendar()
    start = day - timedelta(days=weekday - 1)
    return Period("weekly", f"{year:04}-W{week:02}", start, start + timedelta(days=7))


def _sunday_week(day: date) -> Period:
    start = day - timedelta(days=day.isoweekday() % 7)
    return Period("weekly", f"W{start.isoformat()}", start, start + timedelta(days=7))


def _month(day: date) -> Period:
    start = day.replace(day=1)
    return Period("monthly", f"{day.year:04}-{day.month:02}", start, _months_on(start, 1))


def _quarter(day: date) -> Period:
    number = (day.month - 1) // 3
    start = date(day.year, 3 * number + 1, 1)
    return Period("quarterly", f"{day.year:04}-Q{number + 1}", start, _months_on(start, 3))


def _months_on(first: date, months: int) -> date:
    """The first day of the month so many months after the one that begins with `first`."""
    years, month = divmod(first.month - 1 + months, 12)
    return date(first.year + years, month + 1, 1)


Comparison: TypeAlias = Literal["previous_period", "previous_year"]
