"""Windows of days, half-open, in a time zone: which days a query covers, and how AMC is told.

Pure calendar arithmetic. A day begins with its first moment, which in some zones is not midnight.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from domain.errors import Invalid

LONGEST = 365  # days
EARLIEST = date(2000, 1, 1)  # before there was anything to report on
ATTRIBUTED = "amazon_attributed_events"  # tables that grow for as long as ads are given credit
LAG = {"attributed": 14, "other": 2}  # days, where an instance says nothing


@dataclass(frozen=True)
class Window:
    """`[start, end)`, both the first moment of a day in the zone they carry."""

    start: datetime
    end: datetime


def explicit(
    start: date,
    end: date,
    zone: str,
    *,
    settled_end: date,
    allow_provisional: bool,
    today: date,
) -> Window:
    """The days from `start` up to, not including, `end`. Raises Invalid.

    The last day must be over, and its data settled unless provisional data is allowed.
    """
    if start < EARLIEST:
        raise Invalid(f"AMC has no data before {EARLIEST}.", field="window.start")
    if end <= start:
        raise Invalid(
            f"The window must end after it begins: {end} is not after {start}. "
            "The end is the first day left out.",
            field="window.end",
        )
    if end > today:
        raise Invalid(
            f"The window reaches into the future; its end can be {today} at the latest.",
            field="window.end",
        )
    if (end - start).days > LONGEST:
        raise Invalid(
            f"A window is at most {LONGEST} days long; this one has {(end - start).days}.",
            field="window.start",
        )
    if end > settled_end and not allow_provisional:
        raise Invalid(
            f"Amazon's data is settled up to {settled_end}; end there or earlier, "
            "or allow provisional data.",
            field="window.end",
        )
    return _window(start, end, zone)


def latest(days: int, zone: str, *, settled_end: date) -> Window:
    """The newest so many days whose data is settled. Raises Invalid."""
    if not 1 <= days <= LONGEST:
        raise Invalid(f"A window is 1 to {LONGEST} days long, not {days}.", field="window")
    return _window(settled_end - timedelta(days=days), settled_end, zone)


def settled_end(data_sources: Sequence[str], lag_days: Mapping[str, int], today: date) -> date:
    """The first day that is not settled yet in the slowest of these tables.

    `lag_days` has a number for `attributed` tables, one for all `other` ones, and may have one
    for a table by its name.
    """
    lags = [_lag(source.lower(), lag_days) for source in data_sources or ["other"]]
    return today - timedelta(days=max(lags))


def _lag(source: str, lag_days: Mapping[str, int]) -> int:
    kind = "attributed" if source.startswith(ATTRIBUTED) else "other"
    return lag_days.get(source, lag_days.get(kind, LAG[kind]))


def to_amc(start: datetime | None, end: datetime | None, zone: str) -> dict[str, str]:
    """The window as AMC takes it: local times without an offset, and the zone they are meant in.

    A local time that could be read as two moments is sent in UTC instead. Nothing for no window.
    """
    if start is None or end is None:
        return {}
    meant = start.astimezone(UTC), end.astimezone(UTC)
    shown = tuple(moment.astimezone(_zone(zone)) for moment in meant)
    if any(moment.fold for moment in shown):
        shown, zone = meant, "UTC"
    first, last = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in shown)
    return {
        "timeWindowType": "EXPLICIT",
        "timeWindowStart": first,
        "timeWindowEnd": last,
        "timeWindowTimeZone": zone,
    }


def first_moment(day: date, zone: str) -> datetime:
    """When the day begins in the zone. Of a midnight that comes twice, the first one.

    Where the clocks skip midnight it is the moment they are put forward.
    """
    there = _zone(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=there)
    before = midnight.astimezone(UTC)  # read with the offset that held until then
    shown = before.astimezone(there)
    if shown.replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return midnight
    after = midnight.replace(fold=1).astimezone(UTC)  # read with the one that holds since
    return _change(after, before, there).astimezone(there)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """The moment in (low, high] from which the zone's offset is that of `high`, to the second."""
    offset = high.astimezone(zone).utcoffset()
    second = timedelta(seconds=1)
    while high - low > second:
        middle = low + (high - low) // second // 2 * second
        if middle.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high


def _window(start: date, end: date, zone: str) -> Window:
    window = Window(first_moment(start, zone), first_moment(end, zone))
    # Two times of one zone are compared by what their clocks show, so compare them in UTC.
    if window.start.astimezone(UTC) >= window.end.astimezone(UTC):
        raise Invalid(f"{zone} skipped these days.", field="window.start")
    return window


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as unknown:
        raise Invalid(
            f"{name!r} is no time zone; names are like America/New_York.", field="timeZone"
        ) from unknown
