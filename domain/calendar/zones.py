"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.errors import Invalid
from domain.sentences import ZONE, must_be, sentence


def check_zone(name: str, field: str = "timeZone") -> str:
    """Return the name if it is a time zone's. Raises Invalid otherwise."""
    if not is_zone(name):
        told = sentence([field.rpartition(".")[2]], must_be(ZONE, name))
        raise Invalid(told, field=field)
    return name


def is_zone(name: str) -> bool:
    """Return whether a time zone has this name."""
    return name in _names()


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this name. Raises Invalid if there is none."""
    return ZoneInfo(check_zone(name))


@cache
def _names() -> set[str]:
    return available_timezones()
