"""Computes which days a scheduled execution covers: whole units or a number of days, all settled.

Pure calendar arithmetic.
"""

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import units, windows
from domain.calendar.days import Days
from domain.calendar.units import NOUN, Noun, Unit, WeekStart
from domain.documents import Config

ScheduleType = Unit | Literal["custom"]


class WindowRule(Config):
    """The newest whole unit (`previous`), or a number of newest days (`lookback`)."""

    type: Literal["previous", "lookback"]
    unit: Noun | None = None
    days: Annotated[int, Field(ge=1, le=windows.LONGEST, strict=True)] | None = None

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Yield a problem if this type's field is missing, or the other type's field is given."""
        needed, barred = ("unit", "days") if self.type == "previous" else ("days", "unit")
        named = f"A data window of type {self.type!r}"
        if getattr(self, needed) is None:
            yield needed, f"{named} needs {needed}."
        if getattr(self, barred) is not None:
            yield barred, f"{named} takes no {barred}."


def usual(schedule_type: ScheduleType) -> WindowRule:
    """Return the default rule: the unit that the schedule type names, or 7 days."""
    if schedule_type == "custom":
        return WindowRule(type="lookback", days=7)
    return WindowRule(type="previous", unit=NOUN[schedule_type])


def window(
    rule: WindowRule,
    tick_local_date: date,
    settled_end: date,
    week_start: WeekStart = "monday",
) -> Days:
    """Return the days that an execution due on this date covers. They are settled and over.

    `settled_end` is the first day that is not settled on that date.
    """
    end = min(settled_end, tick_local_date)
    if rule.days is not None:
        return Days.before(end, rule.days)
    assert rule.unit is not None
    unit = units.named(rule.unit)
    end = units.floor(end, unit, week_start)
    return Days(units.back(end, unit, 1), end)
