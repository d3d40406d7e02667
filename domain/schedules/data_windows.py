"""Which days a scheduled execution covers: whole units, or a number of days, all of them settled.

Pure calendar arithmetic.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Annotated, Literal

from pydantic import Field

from domain.calendar import units, windows
from domain.calendar.days import Segment
from domain.calendar.periods import WeekStart
from domain.documents import Config

Unit = Literal["day", "week", "month", "quarter"]
ScheduleType = Literal["daily", "weekly", "monthly", "quarterly", "custom"]
KINDS: dict[Unit, units.Kind] = {
    "day": "daily",
    "week": "weekly",
    "month": "monthly",
    "quarter": "quarterly",
}


class WindowRule(Config):
    """The newest whole unit (`previous`), or the newest so many days (`lookback`)."""

    type: Literal["previous", "lookback"]
    unit: Unit | None = None
    days: Annotated[int, Field(ge=1, le=windows.LONGEST, strict=True)] | None = None

    def misfits(self) -> Iterator[tuple[str, str]]:
        """Each type has its own field, and not the other."""
        needed, barred = ("unit", "days") if self.type == "previous" else ("days", "unit")
        named = f"A data window of type {self.type!r}"
        if getattr(self, needed) is None:
            yield needed, f"{named} needs {needed}."
        if getattr(self, barred) is not None:
            yield barred, f"{named} takes no {barred}."


def usual(schedule_type: ScheduleType) -> WindowRule:
    """The rule where nobody gives one: the unit a schedule is named after, or a week's days."""
    for unit, kind in KINDS.items():
        if kind == schedule_type:
            return WindowRule(type="previous", unit=unit)
    return WindowRule(type="lookback", days=7)


def window(
    rule: WindowRule,
    tick_local_date: date,
    settled_end: date,
    week_start: WeekStart = "monday",
) -> Segment:
    """The days, half-open, that an execution due on this date covers.

    `settled_end` is the first day that is not settled then. All days are settled, and over.
    """
    end = min(settled_end, tick_local_date)
    if rule.days is not None:
        return Segment(end - timedelta(days=rule.days), end)
    assert rule.unit is not None
    kind = KINDS[rule.unit]
    end = units.floor(end, kind, week_start)
    return Segment(units.back(end, kind, 1), end)
