"""Calendar arithmetic of data windows: half-open, midnight to midnight in the report's zone.

Pure: today's date is an argument.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from domain.errors import Invalid

LONGEST = 365  # days
ATTRIBUTED = "amazon_attributed_events"  # tables whose rows change until attribution is over
LAG = {"attributed": 14, "other": 2}  # days until Amazon's data is settled


@dataclass(frozen=True)
class Window:
    """Moments `[start, end)`, both the beginnings of days in the report's zone."""

    start: datetime
    end: datetime


def midnight(day: date, zone: str) -> datetime:
    """The first moment of a day. Where the clock skips midnight, the day begins after the gap."""
    tz = ZoneInfo(zone)
    naive = datetime.combine(day, time.min, tz)
    # Through UTC and back: a time in a gap comes out as what clocks show then.
    moment = naive.astimezone(UTC).astimezone(tz)
    if moment.replace(tzinfo=None) == naive.replace(tzinfo=None):
        return moment
    return _first_moment(day, tz)


def _first_moment(day: date, tz: ZoneInfo) -> datetime:
    """The earliest moment whose local date is `day`, to the minute, by bisection."""
    low = datetime.combine(day - timedelta(days=2), time.min, UTC)
    high = datetime.combine(day + timedelta(days=2), time.min, UTC)
    while high - low > timedelta(minutes=1):
        middle = low + (high - low) / 2
        middle -= timedelta(seconds=middle.second, microseconds=middle.microsecond)
        if middle <= low:
            break
        if middle.astimezone(tz).date() >= day:
            high = middle
        else:
            low = middle
    return high.astimezone(tz)


def settled_end(data_sources: Iterable[str], lag_days: Mapping[str, int], today: date) -> date:
    """The first day whose data may still change, for a query over these tables."""
    attributed = any(source.startswith(ATTRIBUTED) for source in data_sources)
    kind = "attributed" if attributed else "other"
    return today - timedelta(days=int(lag_days.get(kind, LAG[kind])))


def latest(days: int, zone: str, *, settled_end: date) -> Window:
    """The newest settled window of so many days."""
    return Window(midnight(settled_end - timedelta(days=days), zone), midnight(settled_end, zone))


def explicit(
    start: date,
    end: date,
    zone: str,
    *,
    settled_end: date,
    allow_provisional: bool,
    today: date,
) -> Window:
    """The window of these days, `end` left out. Raises Invalid with the field that is wrong."""
    if end <= start:
        raise Invalid(
            f"The window ends on {end}, but it begins on {start}; "
            "the end is the first day left out.",
            field="window.end",
        )
    if (end - start).days > LONGEST:
        raise Invalid(
            f"The window has {(end - start).days} days; at most {LONGEST} are possible.",
            field="window.start",
        )
    if end > today:
        raise Invalid(
            f"The window reaches into the future; it can end on {today} at the latest.",
            field="window.end",
        )
    if end > settled_end and not allow_provisional:
        raise Invalid(
            f"Amazon's data is settled up to {settled_end} (left out); end the window there, "
            "or allow provisional numbers.",
            field="window.end",
        )
    return Window(midnight(start, zone), midnight(end, zone))


def to_amc(start: datetime | None, end: datetime | None, zone: str) -> dict[str, str]:
    """The window as AMC's createWorkflowExecution takes it: local times and their zone."""
    if start is None or end is None:
        return {}
    tz = ZoneInfo(zone)
    return {
        "timeWindowType": "EXPLICIT",
        "timeWindowStart": start.astimezone(tz).strftime("%Y-%m-%dT%H:%M:%S"),
        "timeWindowEnd": end.astimezone(tz).strftime("%Y-%m-%dT%H:%M:%S"),
        "timeWindowTimeZone": zone,
    }
