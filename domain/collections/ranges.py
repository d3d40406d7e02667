"""Turns a lookback into a range of days, and cuts it into segments. Pure calendar arithmetic.

A segment is a range of local days in a time zone. It starts and ends with the first moment of a
day. So segments leave no gap and never overlap, whatever daylight saving time does.
"""

from dataclasses import dataclass
from datetime import date

from domain.calendar import units, windows
from domain.calendar.days import Days
from domain.calendar.units import Unit
from domain.collections.configs import Lookback, Segmentation
from domain.errors import Invalid

# How many segments a collection has by default: about a year.
USUAL: dict[Unit, int] = {"daily": 365, "weekly": 52, "monthly": 12, "quarterly": 4}


@dataclass(frozen=True)
class Limits:
    """The days to choose from: the first day that is not settled yet, and today."""

    settled_end: date
    today: date

    @property
    def settled(self) -> Days:
        """All days whose data is settled."""
        return Days(windows.EARLIEST, self.settled_end)

    @property
    def over(self) -> Days:
        """All days that are over."""
        return Days(windows.EARLIEST, self.today)


def days(
    lookback: Lookback,
    segmentation: Segmentation,
    limits: Limits,
    *,
    count: int | None = None,
    allow_provisional: bool = False,
) -> Days:
    """Return the whole range. `count` is the number of segments, if the lookback gives no length.

    Raises Invalid if the range is empty, too long, too early, or not over or settled yet.
    """
    allowed = limits.over if allow_provisional else limits.settled
    match lookback.type:
        case "custom":
            found = _custom(lookback, limits, allow_provisional)
        case "last_quarter":
            end = units.floor(allowed.end, "quarterly")
            found = Days(units.back(end, "quarterly", 1), end)
        case "year_to_date":
            found = Days(date(allowed.last.year, 1, 1), allowed.end)
        case _:
            found = _relative(lookback, segmentation, allowed.end, count)
    return _checked(found, segmentation)


def _custom(lookback: Lookback, limits: Limits, allow_provisional: bool) -> Days:
    start, last = lookback.start_date, lookback.end_date
    assert start is not None
    assert last is not None
    if last < start:
        raise Invalid(
            f"The range must not end before it starts: {last} is before {start}.",
            field="lookback.endDate",
        )
    if last > limits.over.last:
        raise Invalid(
            f"The range reaches into the future; its last day can be {limits.over.last}.",
            field="lookback.endDate",
        )
    if last > limits.settled.last and not allow_provisional:
        raise Invalid(
            f"Amazon's data is settled up to {limits.settled.last}; end there or earlier, "
            "or allow provisional data.",
            field="lookback.endDate",
        )
    return Days.from_last(start, last)


def _relative(lookback: Lookback, segmentation: Segmentation, end: date, count: int | None) -> Days:
    """Return the range of whole segments, or of whole units that segments are then cut from."""
    if lookback.value is not None:
        if count is not None:
            raise Invalid("Give a lookback or a number of segments, not both.", field="targetWeeks")
        unit = units.named(str(lookback.unit))
        end = units.floor(end, unit, segmentation.week_start)
        return Days(units.back(end, unit, lookback.value), end)
    unit = segmentation.type
    end = units.floor(end, unit, segmentation.week_start)
    number = count or USUAL[unit]
    found = Days(units.back(end, unit, number), end)
    if count is None:  # a range over a leap day has 366 days
        while found.length > windows.LONGEST:
            number -= 1
            found = Days(units.back(end, unit, number), end)
    return found


def _checked(found: Days, segmentation: Segmentation) -> Days:
    if found.length < 1:
        raise Invalid("There is no settled day in this range yet.", field="lookback")
    if found.length > windows.LONGEST:
        raise Invalid(
            f"A collection is at most {windows.LONGEST} days long; this one has {found.length}.",
            field="lookback",
        )
    if found.start < windows.EARLIEST:
        raise Invalid(f"AMC has no data before {windows.EARLIEST}.", field="lookback.startDate")
    segment = units.period(segmentation.type, found.start, segmentation.week_start)
    if found.length < segment.days.length:
        raise Invalid(
            f"A {segmentation.type} segment is longer than the range of {found.length} days; "
            "choose smaller segments or more days.",
            field="segmentation.type",
        )
    return found


def cut(found: Days, segmentation: Segmentation, zone: str) -> list[Days]:
    """Return the segments of a range, newest first. The outermost may be shorter than a unit."""
    periods = units.periods(segmentation.type, found, segmentation.week_start)
    segments = [one.days.intersection(found) for one in reversed(periods)]
    # A zone that moved across the date line skipped a day. There is nothing to ask for.
    return [
        one
        for one in segments
        if windows.first_moment(one.start, zone) != windows.first_moment(one.end, zone)
    ]
