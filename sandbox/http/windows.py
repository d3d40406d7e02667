"""The time window of an execution, computed from a request."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from sandbox.engine.refusals import Refusal

TYPES = (
    "EXPLICIT",
    "MOST_RECENT_DAY",
    "MOST_RECENT_WEEK",
    "CURRENT_MONTH",
    "PREVIOUS_MONTH",
    "ALL",
)
LOCAL = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z?")


@cache
def _zones() -> set[str]:
    """The names of all time zones. Reading them from the disk takes 20 ms, so it happens once."""
    return available_timezones()


def window(request: dict[str, Any], now: datetime) -> tuple[datetime | None, datetime | None]:
    """Returns the start (included) and end (excluded) of the window in UTC. Raises Refusal."""
    kind = request.get("timeWindowType") or "MOST_RECENT_DAY"
    zone_name = request.get("timeWindowTimeZone") or "UTC"
    if zone_name not in _zones():
        raise Refusal(400, f"timeWindowTimeZone {zone_name} is not a valid time zone.")
    zone = ZoneInfo(zone_name)
    if kind not in TYPES:
        raise Refusal(400, f"timeWindowType must be one of {', '.join(TYPES)}.")
    if kind == "EXPLICIT":
        start = _moment(request, "timeWindowStart", zone)
        end = _moment(request, "timeWindowEnd", zone)
        if start >= end:
            raise Refusal(400, "timeWindowStart must be before timeWindowEnd.")
        return start, end
    if request.get("timeWindowStart") or request.get("timeWindowEnd"):
        raise Refusal(400, "timeWindowStart and timeWindowEnd are for EXPLICIT windows.")
    return _recent(kind, now.astimezone(zone))


def _moment(request: dict[str, Any], name: str, zone: ZoneInfo) -> datetime:
    text = request.get(name)
    if not isinstance(text, str) or not LOCAL.fullmatch(text):
        raise Refusal(400, f"{name} must be in the format yyyy-MM-dd'T'HH:mm:ss.")
    try:
        return datetime.fromisoformat(text.rstrip("Z")).replace(tzinfo=zone).astimezone(UTC)
    except ValueError as wrong:
        raise Refusal(400, f"{name} is no such date.") from wrong


def _recent(kind: str, now: datetime) -> tuple[datetime | None, datetime | None]:
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    month = today.replace(day=1)
    match kind:
        case "MOST_RECENT_DAY":
            start, end = today - timedelta(days=1), today
        case "MOST_RECENT_WEEK":
            start, end = today - timedelta(days=7), today
        case "CURRENT_MONTH":
            start, end = month, today if today > month else now
        case "PREVIOUS_MONTH":
            start, end = (month - timedelta(days=1)).replace(day=1), month
        case _:
            return None, None
    return start.astimezone(UTC), end.astimezone(UTC)
