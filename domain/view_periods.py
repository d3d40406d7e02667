"""Of which periods a view shows a trend, and with which days it is compared. Pure arithmetic."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from domain import periods
from domain.periods import Period, WeekStart

MOST = 92  # points of a trend: a quarter's days, or a year's weeks
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Trend:
    """Periods that follow each other, and what one of them is called."""

    unit: str  # day, segment, week, month, quarter
    periods: Sequence[Period]


def trend(
    start: date,
    end: date,
    segments: Sequence[tuple[date, date]],
    week_start: WeekStart,
    *,
    has_days: bool,
) -> Trend | None:
    """The shortest periods of `[start, end)` that are not too many; None where there is one.

    Days need rows that tell theirs; without them a segment of a collection is the shortest.
    """
    shortest = _days(start, end) if has_days else _segments(segments)
    calendar = periods.touched(start, end, week_start)
    candidates = [
        Trend("day" if has_days else "segment", shortest),
        *(
            Trend(unit, [_clipped(one, start, end) for one in calendar if one.level == level])
            for unit, level in (("week", "weekly"), ("month", "monthly"), ("quarter", "quarterly"))
        ),
    ]
    if len(shortest) < 2:
        return None
    return next((one for one in candidates if len(one.periods) <= MOST), candidates[-1])


def _days(start: date, end: date) -> list[Period]:
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    return [Period("weekly", day.isoformat(), day, day + DAY) for day in days]


def _segments(segments: Sequence[tuple[date, date]]) -> list[Period]:
    return [Period("weekly", start.isoformat(), start, end) for start, end in sorted(segments)]


def _clipped(one: Period, start: date, end: date) -> Period:
    """What a period has within the range: of a first or last one perhaps not all."""
    return replace(one, start=max(one.start, start), end=min(one.end, end))


def before(start: date, end: date, comparison: str) -> tuple[date, date]:
    """As many days just before `[start, end)`, or from the same date a year earlier."""
    if comparison == "previous_period":
        return start - (end - start), start
    leap = (start.month, start.day) == (2, 29)
    earlier = start.replace(year=start.year - 1, day=28 if leap else start.day)
    return earlier, earlier + (end - start)
