"""Chooses the media type of an answer by the client's Accept header."""

from collections.abc import Mapping
from functools import lru_cache

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENTS = "text/event-stream"
MULTIPART = "multipart/mixed"


@lru_cache(100)  # clients send few different ones
def preferred(accept: str, offers: tuple[str, ...]) -> str | None:
    """The offer with the highest weight, or the first of equal ones. None if none is accepted."""
    named: dict[str, tuple[float, int]] = {}
    for place, part in enumerate(accept.split(",")):
        name, *given = (piece.strip().lower() for piece in part.split(";"))
        parameters = dict(_parameter(one) for one in given)
        weight = _weight(parameters)
        if name in offers and weight > 0 and _is_known(name, parameters):
            named.setdefault(name, (-weight, place))
    return min(named, key=named.__getitem__, default=None)


def _parameter(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip().strip("\"'")


def _weight(parameters: Mapping[str, str]) -> float:
    try:
        return float(parameters.get("q", "1"))
    except ValueError:
        return 0.0


def _is_known(name: str, parameters: Mapping[str, str]) -> bool:
    """True for the multipart type of subscriptions. `@defer` shares its name, not its spec."""
    return name != MULTIPART or parameters.get("subscriptionspec") == "1.0"


def answer_type(accept: str) -> str:
    """The media type of an answer: plain JSON unless the client names the newer type."""
    return preferred(accept, (GRAPHQL, JSON)) or JSON


def stream_type(accept: str) -> str | None:
    """The media type of a stream, if the client prefers one to JSON."""
    found = preferred(accept, (EVENTS, MULTIPART, GRAPHQL, JSON))
    return found if found in (EVENTS, MULTIPART) else None
