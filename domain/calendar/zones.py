"""Time zones by their IANA names."""

from functools import cache
from zoneinfo import available_timezones

from domain.errors import Invalid
from domain.sentences import ZONE, must_be, sentence


def check_zone(name: str, field: str = "timezone") -> str:
    """The name of a time zone. Raises Invalid where there is none of this name."""
    if not is_zone(name):
        told = sentence([field.rpartition(".")[2]], must_be(ZONE, name))
        raise Invalid(told, field=field)
    return name


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in _zones()


@cache
def _zones() -> set[str]:
    return available_timezones()
