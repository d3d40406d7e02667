"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from domain.errors import Invalid
from domain.sentences import ZONE, must_be, sentence


def check_zone(name: str, field: str = "timeZone") -> str:
    """The name of a time zone. Raises Invalid where no zone has this name."""
    if not is_zone(name):
        told = sentence([field.rpartition(".")[2]], must_be(ZONE, name))
        raise Invalid(told, field=field)
    return name


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in _names()


def zone_of(name: str) -> ZoneInfo:
    """The time zone of this name. Raises Invalid where no zone has it."""
    return ZoneInfo(check_zone(name))


@cache
def _names() -> set[str]:
    return available_timezones()
