"""The periods of a view's trend, and the days that a view is compared with. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain.calendar import periods
from domain.calendar.periods import Period, WeekStart

MOST = 92  # points of a trend: the days of a quarter, or the weeks of a year
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Trend:
    """Consecutive periods of one unit: day, week, month or quarter."""

    unit: str
    periods: Sequence[Period]


def trend(
    start: date,
    end: date,
    segments: Sequence[tuple[date, date]],
    week_start: WeekStart,
    *,
    has_days: bool,
) -> Trend | None:
    """The shortest periods of `[start, end)` that are not too many; None where only one is left.

    Where rows have no day, no segment may cross the edge of a period.
    """
    calendar = periods.touched(start, end, week_start)
    candidates = [Trend("day", _days(start, end))]
    for unit, level in (("week", "weekly"), ("month", "monthly"), ("quarter", "quarterly")):
        found = [_clipped(one, start, end) for one in calendar if one.level == level]
        candidates.append(Trend(unit, found))
    for one in candidates:
        if 2 <= len(one.periods) <= MOST and (has_days or _fit(segments, one.periods)):
            return one
    return None


def _days(start: date, end: date) -> list[Period]:
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    return [Period("weekly", day.isoformat(), day, day + DAY) for day in days]


def _fit(segments: Sequence[tuple[date, date]], found: Sequence[Period]) -> bool:
    return all(
        any(one.start <= start and end <= one.end for one in found) for start, end in segments
    )


def _clipped(one: Period, start: date, end: date) -> Period:
    """The part of a period that lies within the range."""
    return replace(one, start=max(one.start, start), end=min(one.end, end))


def before(start: date, end: date, comparison: str) -> tuple[date, date]:
    """The same number of days just before `[start, end)`, or from the same date a year earlier."""
    if comparison == "previous_period":
        return start - (end - start), start
    leap = (start.month, start.day) == (2, 29)
    earlier = start.replace(year=start.year - 1, day=28 if leap else start.day)
    return earlier, earlier + (end - start)
