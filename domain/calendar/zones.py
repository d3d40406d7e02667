"""Time zones by their IANA names."""

from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

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
    return name in names()


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this name. Raises Invalid if there is none."""
    return ZoneInfo(check_zone(name))


@cache
def names() -> frozenset[str]:
    """The names of the IANA database.

    The list comes from a package: a machine's own files also have `localtime`, which is another
    zone on another machine. `Factory` stands for a zone that nobody has set.
    """
    listed = resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split()
    return frozenset(listed) - {"Factory"}
