"""The periods of a view's trend, and the days a view is compared with. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import get_args

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Comparison, Noun, Period, Unit, WeekStart

MOST = 92  # points of a trend: the days of a quarter, or the weeks of a year


@dataclass(frozen=True)
class Trend:
    """Consecutive periods of one unit."""

    unit: Noun
    periods: Sequence[Period]


def trend(
    days: Days, segments: Sequence[Days], week_start: WeekStart, *, has_days: bool
) -> Trend | None:
    """Return the shortest periods of these days that are not too many. None if only one is left.

    The first and the last period are cut to the range. If rows have no day, no segment may cross
    the edge of a period.
    """
    for unit in get_args(Unit):
        found = [
            replace(one, days=one.days.intersection(days))
            for one in units.periods(unit, days, week_start)
        ]
        if 2 <= len(found) <= MOST and (has_days or _fit(segments, found)):
            return Trend(units.NOUN[unit], found)
    return None


def _fit(segments: Sequence[Days], found: Sequence[Period]) -> bool:
    return all(any(one.days.covers(days) for one in found) for days in segments)


def before(days: Days, comparison: Comparison) -> Days:
    """Return the same number of days just before these, or from the same date a year earlier."""
    if comparison == "previous_period":
        return Days.before(days.start, days.length)
    leap = (days.start.month, days.start.day) == (2, 29)
    earlier = days.start.replace(year=days.start.year - 1, day=28 if leap else days.start.day)
    return Days(earlier, earlier + (days.end - days.start))
