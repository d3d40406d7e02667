"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import available_timezones

from domain.errors import Invalid


def check_zone(name: str, field: str = "timezone") -> str:
    """The name of a time zone. Raises Invalid where there is none of this name."""
    if name not in _zones():
        raise Invalid(f"{name!r} is no time zone; names are like America/New_York.", field=field)
    return name


@cache
def _zones() -> set[str]:
    return available_timezones()
