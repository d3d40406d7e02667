"""Subscriptions over plain HTTP: as server-sent events, or as a multipart answer."""

from collections.abc import Mapping
from typing import ClassVar, TypeAlias

from strawberry.http import GraphQLHTTPResponse
from strawberry.http.streaming import JSONEncoder, MultipartSubscriptionTransport, SSETransport

from domain.errors import Unauthenticated
from graph.http import accept, wire

LIVE = {
    "Cache-Control": "no-cache, no-transform",
    "X-Accel-Buffering": "no",  # keeps nginx from buffering
}


class Events(SSETransport):
    """Server-sent events. Lines end in plain newlines, which every client can split."""

    headers: ClassVar[Mapping[str, str]] = {"Content-Type": accept.EVENTS, **LIVE}
    opening = ""  # sent before the first message

    def encode_event(self, event: str, data: str | None = None) -> str:
        """Encode an event."""
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_comment(self, comment: str) -> str:
        """Encode a comment, which keeps the connection alive."""
        return super().encode_comment(comment).replace("\r\n", "\n")

    def encode_ending(self, refused: Unauthenticated, request_id: str) -> str:
        """Send nothing. Without `complete` the client connects again and then gets the refusal."""
        return ""


class Parts(MultipartSubscriptionTransport):
    """Apollo's multipart protocol, version 1.0.

    A boundary follows each part at once, as clients read a part when the next boundary arrives.
    """

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer."""
        kind = f"{accept.MULTIPART};boundary={self.separator};subscriptionSpec=1.0"
        return {"Content-Type": kind, **LIVE}

    @property
    def opening(self) -> str:
        """The first boundary, which Strawberry leaves out."""
        return f"\r\n--{self.separator}"

    def encode_next(self, response: GraphQLHTTPResponse, encode_json: JSONEncoder) -> str:
        """Encode an event as a part."""
        return self.encode_multipart_data({"payload": response}, encode_json)

    def encode_complete(self) -> str:
        """Turn the last boundary into the closing one."""
        return "--\r\n"

    def encode_ending(self, refused: Unauthenticated, request_id: str) -> str:
        """Encode a last part with the reason, and the closing boundary."""
        error = {
            "message": str(refused),
            "extensions": {**refused.extensions, "requestId": request_id},
        }
        part = {"payload": None, "errors": [error]}
        return self.encode_multipart_data(part, _text) + self.encode_complete()


Stream: TypeAlias = Events | Parts


def _text(data: object) -> str:
    return wire.encode(data).decode()
