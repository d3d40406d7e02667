"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.errors import Invalid


def check_zone(name: str, field: str = "timeZone") -> str:
    """The name of a time zone. Raises Invalid where no zone has this name."""
    if name not in _names():
        raise Invalid(f"{name!r} is no time zone; names are like America/New_York.", field=field)
    return name


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name. Raises Invalid where no zone has it."""
    return ZoneInfo(check_zone(name))


@cache
def _names() -> set[str]:
    return available_timezones()
