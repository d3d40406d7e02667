"""Days, and the units of the calendar they are counted in. Pure arithmetic."""

from datetime import date, timedelta
from typing import Literal

from domain.calendar.periods import WeekStart

Kind = Literal["daily", "weekly", "monthly", "quarterly"]


UNIT: dict[Kind, str] = {
    "daily": "days",
    "weekly": "weeks",
    "monthly": "months",
    "quarterly": "quarters",
}


MONTHS = {"monthly": 1, "quarterly": 3}


def floor(day: date, kind: Kind, week_start: WeekStart = "monday") -> date:
    """The first day of the day, week, month or quarter that this day is in."""
    match kind:
        case "daily":
            return day
        case "weekly":
            return day - timedelta(days=(day.weekday() + (week_start == "sunday")) % 7)
        case "monthly":
            return day.replace(day=1)
        case _:
            return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def back(day: date, kind: Kind, number: int) -> date:
    """So many units before a day that begins one."""
    if kind not in MONTHS:
        return day - timedelta(days=number * (7 if kind == "weekly" else 1))
    months = day.year * 12 + day.month - 1 - number * MONTHS[kind]
    return date(months // 12, months % 12 + 1, 1)


def after(day: date, kind: Kind, week_start: WeekStart = "monday") -> date:
    """The first day of the next unit."""
    return back(floor(day, kind, week_start), kind, -1)
