"""Large answers are sent piece by piece: compressing one at once would hold up everybody."""

import asyncio

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

PIECE = 100_000  # bytes, which take about 1 ms to compress


class InPieces(Response):
    """A response that gives way to others between the pieces of its body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, as every ASGI response is sent."""
        body = bytes(self.body)
        if len(body) <= PIECE:
            await super().__call__(scope, receive, send)
            return
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        for begin in range(0, len(body), PIECE):
            piece, end = body[begin : begin + PIECE], begin + PIECE
            await send({"type": "http.response.body", "body": piece, "more_body": end < len(body)})
            await asyncio.sleep(0)
