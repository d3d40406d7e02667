"""How a range of days is cut into segments: what people may ask for, and what comes of it.

Pure calendar arithmetic. A segment is `[start, end)` in local days of a zone; its moments are the
first ones of these days, so segments leave no gap and overlap nowhere, whatever the clocks do.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from domain.calendar import windows
from domain.calendar.days import DAY, Segment
from domain.calendar.periods import WeekStart
from domain.calendar.units import UNIT, Kind, after, back, floor
from domain.collections.settings import Lookback, Segmentation
from domain.errors import Invalid

# How many segments a collection has when nobody says: about a year of them.
USUAL: dict[Kind, int] = {"daily": 365, "weekly": 52, "monthly": 12, "quarterly": 4}


@dataclass(frozen=True)
class Limits:
    """Which days there are to choose from: settled before one day, over before another."""

    settled_end: date
    today: date

    def last(self, allow_provisional: bool) -> date:
        """The first day that may not be taken."""
        return self.today if allow_provisional else self.settled_end


def days(
    lookback: Lookback,
    segmentation: Segmentation,
    limits: Limits,
    *,
    count: int | None = None,
    allow_provisional: bool = False,
) -> Segment:
    """The whole range. `count` is how many segments, where the lookback does not say.

    Raises Invalid where it is empty, too long, too early or not over or settled yet.
    """
    last = limits.last(allow_provisional)
    kind, week_start = segmentation.type, segmentation.week_start
    match lookback.type:
        case "custom":
            found = _custom(lookback, limits, allow_provisional)
        case "last_quarter":
            end = floor(last, "quarterly")
            found = Segment(back(end, "quarterly", 1), end)
        case "year_to_date":
            found = Segment(date((last - DAY).year, 1, 1), last)
        case _:
            found = _relative(lookback, kind, week_start, last, count)
    return _checked(found, segmentation)


def _custom(lookback: Lookback, limits: Limits, allow_provisional: bool) -> Segment:
    assert lookback.start_date is not None
    assert lookback.end_date is not None
    start, end = lookback.start_date, lookback.end_date + DAY
    if end <= start:
        raise Invalid(
            f"The range must not end before it starts: {lookback.end_date} is before {start}.",
            field="lookback.endDate",
        )
    if end > limits.today:
        raise Invalid(
            f"The range reaches into the future; its last day can be {limits.today - DAY}.",
            field="lookback.endDate",
        )
    if end > limits.settled_end and not allow_provisional:
        raise Invalid(
            f"Amazon's data is settled up to {limits.settled_end - DAY}; end there or earlier, "
            "or allow provisional data.",
            field="lookback.endDate",
        )
    return Segment(start, end)


def _relative(
    lookback: Lookback, kind: Kind, week_start: WeekStart, last: date, count: int | None
) -> Segment:
    """So many whole segments, or so many whole units that segments are then cut from."""
    if lookback.value is not None:
        if count is not None:
            raise Invalid("Give a lookback or a number of segments, not both.", field="targetWeeks")
        units: dict[str, Kind] = {unit: name for name, unit in UNIT.items()}
        unit = units[str(lookback.unit)]
        end = floor(last, unit, week_start)
        return Segment(back(end, unit, lookback.value), end)
    end = floor(last, kind, week_start)
    number = count or USUAL[kind]
    if count is None:  # a year with a leap day has 366 days
        while (end - back(end, kind, number)).days > windows.LONGEST:
            number -= 1
    return Segment(back(end, kind, number), end)


def _checked(found: Segment, segmentation: Segmentation) -> Segment:
    length = (found.end - found.start).days
    if length < 1:
        raise Invalid("There is no settled day in this range yet.", field="lookback")
    if length > windows.LONGEST:
        raise Invalid(
            f"A collection is at most {windows.LONGEST} days long; this one has {length}.",
            field="lookback",
        )
    if found.start < windows.EARLIEST:
        raise Invalid(f"AMC has no data before {windows.EARLIEST}.", field="lookback.startDate")
    whole = after(found.start, segmentation.type, segmentation.week_start)
    start = floor(found.start, segmentation.type, segmentation.week_start)
    if length < (whole - start).days and segmentation.type != "daily":
        raise Invalid(
            f"A {segmentation.type} segment is longer than the range of {length} days; "
            "take smaller segments or more days.",
            field="segmentation.type",
        )
    return found


def cut(found: Segment, segmentation: Segmentation, zone: str) -> list[Segment]:
    """The segments of a range, newest first. At its ends they may be shorter than the others."""
    return list(_cut(found, segmentation, zone))


def _cut(found: Segment, segmentation: Segmentation, zone: str) -> Iterator[Segment]:
    end = found.end
    while end > found.start:
        start = max(found.start, floor(end - DAY, segmentation.type, segmentation.week_start))
        # A zone that moved over the date line has no such day, and so nothing to ask for.
        if windows.first_moment(start, zone) != windows.first_moment(end, zone):
            yield Segment(start, end)
        end = start
