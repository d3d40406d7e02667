"""Subscriptions over plain HTTP: as server-sent events, or as parts of a multipart answer."""

from collections.abc import Mapping
from typing import ClassVar, Protocol

from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import JSONEncoder, MultipartSubscriptionTransport, SSETransport

from domain.errors import Unauthenticated
from graph.http import accept, wire

LIVE = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # nginx holds nothing back
}


class Stream(Protocol):
    """What the two have beyond Strawberry's transports."""

    opening: str  # goes before the first message

    def encode_ending(self, refused: Unauthenticated, request_id: str) -> str:
        """What is said to a reader who may read no longer."""
        ...


class Events(SSETransport):
    """Server-sent events with plain line ends, which every client can split."""

    headers: ClassVar[Mapping[str, str]] = {"Content-Type": accept.EVENTS, **LIVE}
    opening = ""

    def accepts(self, accept_header: str) -> bool:
        """Whether events are wanted, and not just accepted after JSON."""
        return accept.stream_type(accept_header) == accept.EVENTS

    def encode_event(self, event: str, data: str | None = None) -> str:
        """One event."""
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        """A comment, which keeps the connection alive."""
        return super().encode_comment(comment).replace("\r\n", "\n")

    def encode_ending(self, refused: Unauthenticated, request_id: str) -> str:
        """Nothing. Without `complete` the client asks again, and is refused in words."""
        return ""


class Parts(MultipartSubscriptionTransport):
    """Apollo's multipart protocol, version 1.0.

    Each part is followed by a boundary at once, as a client reads a part when the next one begins.
    """

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of the answer."""
        kind = f"{accept.MULTIPART};boundary={self.separator};subscriptionSpec=1.0"
        return {"Content-Type": kind, **LIVE}

    @property
    def opening(self) -> str:
        """The first boundary, which Strawberry leaves out."""
        return f"\r\n--{self.separator}"

    def accepts(self, accept_header: str) -> bool:
        """Whether parts are wanted."""
        return accept.stream_type(accept_header) == accept.MULTIPART

    def encode_next(self, response: GraphQLHTTPResponse, encode_json: JSONEncoder) -> str:
        """The part of one event."""
        return self.encode_multipart_data({"payload": response}, encode_json)

    def encode_complete(self) -> str:
        """What turns the last boundary into the end."""
        return "--\r\n"

    def encode_ending(self, refused: Unauthenticated, request_id: str) -> str:
        """A last part with the reason, and the end."""
        error = {
            "message": str(refused),
            "extensions": {**refused.extensions, "requestId": request_id},
        }
        part = {"payload": None, "errors": [error]}
        return self.encode_multipart_data(part, _text) + self.encode_complete()


def _text(data: object) -> str:
    return wire.encode(data).decode()
