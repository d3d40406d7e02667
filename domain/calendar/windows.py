"""Windows: days in a time zone as moments, which days a query may cover, and AMC's form of them.

Pure arithmetic. A day begins with its first moment, which is not midnight in some zones.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from domain.calendar.days import Days
from domain.calendar.zones import zone_of
from domain.errors import Invalid

LONGEST = 365  # days
EARLIEST = date(2000, 1, 1)  # no data is older
ATTRIBUTED = "amazon_attributed_events"  # tables in which attribution adds rows for days afterwards
LAG = {"attributed": 14, "other": 2}  # days, if the instance does not say


@dataclass(frozen=True)
class Window:
    """`[start, end)`. Both are the first moment of a day in the zone they carry."""

    start: datetime
    end: datetime


def of(days: Days, zone: str) -> Window:
    """Return the window of these days in the zone. Raises Invalid for an unknown zone."""
    return Window(first_moment(days.start, zone), first_moment(days.end, zone))


def explicit(
    days: Days,
    zone: str,
    *,
    settled_end: date,
    allow_provisional: bool,
    today: date,
) -> Window:
    """Return the window that a person asks for. Raises Invalid.

    The last day must be over. Its data must be settled, unless provisional data is allowed.
    """
    if days.start < EARLIEST:
        raise Invalid(f"AMC has no data before {EARLIEST}.", field="window.start")
    if days.end <= days.start:
        raise Invalid(
            f"The window must end after it begins: {days.end} is not after {days.start}. "
            "The end is the first day not included.",
            field="window.end",
        )
    if days.end > today:
        raise Invalid(
            f"The window reaches into the future; its end can be {today} at the latest.",
            field="window.end",
        )
    if days.length > LONGEST:
        raise Invalid(
            f"A window is at most {LONGEST} days long; this one has {days.length}.",
            field="window.start",
        )
    if days.end > settled_end and not allow_provisional:
        raise Invalid(
            f"Amazon's data is settled up to {settled_end}; end there or earlier, "
            "or allow provisional data.",
            field="window.end",
        )
    return _not_skipped(days, zone)


def latest(length: int, zone: str, *, settled_end: date) -> Window:
    """Return the newest `length` days whose data is settled. Raises Invalid."""
    if not 1 <= length <= LONGEST:
        raise Invalid(f"A window is 1 to {LONGEST} days long, not {length}.", field="window")
    return _not_skipped(Days.before(settled_end, length), zone)


def _not_skipped(days: Days, zone: str) -> Window:
    window = of(days, zone)
    # Python compares two times of one zone by their clock times, so they are compared in UTC.
    if window.start.astimezone(UTC) >= window.end.astimezone(UTC):
        raise Invalid(f"{zone} skipped these days.", field="window.start")
    return window


def settled_end(data_sources: Sequence[str], lag_days: Mapping[str, int], today: date) -> date:
    """Return the first day whose data is not settled yet in the slowest of these tables.

    `lag_days` has a number for `attributed` tables and one for all `other` tables. It may also have
    one for a table by its name.
    """
    lags = [_lag(source.lower(), lag_days) for source in data_sources or ["other"]]
    return today - timedelta(days=max(lags))


def _lag(source: str, lag_days: Mapping[str, int]) -> int:
    kind = "attributed" if source.startswith(ATTRIBUTED) else "other"
    return lag_days.get(source, lag_days.get(kind, LAG[kind]))


def to_amc(start: datetime | None, end: datetime | None, zone: str) -> dict[str, str]:
    """Return the window in AMC's form: local times without an offset, and their zone.

    A local time that could mean two moments is sent in UTC instead. No window gives an empty dict.
    """
    if start is None or end is None:
        return {}
    meant = start.astimezone(UTC), end.astimezone(UTC)
    shown = tuple(moment.astimezone(zone_of(zone)) for moment in meant)
    if any(moment.fold for moment in shown):
        shown, zone = meant, "UTC"
    first, last = (moment.strftime("%Y-%m-%dT%H:%M:%S") for moment in shown)
    return {
        "timeWindowType": "EXPLICIT",
        "timeWindowStart": first,
        "timeWindowEnd": last,
        "timeWindowTimeZone": zone,
    }


@lru_cache(maxsize=16_384)  # the days of a dozen collections; each takes 10 microseconds
def first_moment(day: date, zone: str) -> datetime:
    """Return the moment at which the day begins in the zone. Raises Invalid for an unknown zone.

    If midnight occurs twice, it is the first one. If the clocks skip midnight, it is the moment at
    which they are put forward.
    """
    there = zone_of(zone)
    midnight = datetime(day.year, day.month, day.day, tzinfo=there)
    before = midnight.astimezone(UTC)  # read with the offset before the change
    shown = before.astimezone(there)
    if shown.replace(tzinfo=None) == midnight.replace(tzinfo=None):
        return midnight
    after = midnight.replace(fold=1).astimezone(UTC)  # read with the offset after the change
    return _change(after, before, there).astimezone(there)


def _change(low: datetime, high: datetime, zone: ZoneInfo) -> datetime:
    """Find the moment in (low, high] from which the zone has the offset of `high`."""
    offset = high.astimezone(zone).utcoffset()
    second = timedelta(seconds=1)
    while high - low > second:
        middle = low + (high - low) // second // 2 * second
        if middle.astimezone(zone).utcoffset() == offset:
            high = middle
        else:
            low = middle
    return high
