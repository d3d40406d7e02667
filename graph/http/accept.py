"""Which media type a client would rather have, by its Accept header."""

from collections.abc import Sequence

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
EVENTS = "text/event-stream"
MULTIPART = "multipart/mixed"


def preferred(accept: str, offers: Sequence[str]) -> str | None:
    """The offer named with the highest weight, or first among equals; None if none is named."""
    named: dict[str, tuple[float, int]] = {}
    for place, part in enumerate(accept.split(",")):
        name, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weight = _weight(parameters)
        if name in offers and weight > 0:
            named.setdefault(name, (-weight, place))
    return min(named, key=named.__getitem__, default=None)


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return float(value)
            except ValueError:
                return 0.0
    return 1.0


def answer_type(accept: str) -> str:
    """What an answer is sent as: plain JSON to whoever does not name the better type."""
    return preferred(accept, (GRAPHQL, JSON)) or JSON


def wants_events(accept: str) -> bool:
    """Whether a stream is wanted, and not just accepted after JSON, as some clients always do."""
    return preferred(accept, (EVENTS, GRAPHQL, JSON)) == EVENTS
