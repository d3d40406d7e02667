"""Answers that are there as a whole. Large ones are sent piece by piece.

Compressing a large answer at once would hold up everybody.
"""

import asyncio
from collections.abc import Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE = 100_000  # bytes, which take about 1 ms to compress


class Whole(Response):
    """A response of these bytes. It gives way to others between the pieces of its body."""

    def __init__(
        self,
        body: bytes,
        media_type: str,
        status_code: int = 200,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.body, self.status_code = body, status_code
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", media_type.encode()),
        ]
        if headers:
            given = [(name.lower().encode(), value.encode()) for name, value in headers.items()]
            self.raw_headers = given + self.raw_headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as every ASGI response is sent."""
        start = {
            "type": "http.response.start",
            "status": self.status_code,
            "headers": self.raw_headers,
        }
        await send(start)
        body = bytes(self.body)
        last = (len(body) - 1) // PIECE * PIECE if body else 0
        for begin in range(0, last, PIECE):
            piece = body[begin : begin + PIECE]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
            await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": body[last:]})
