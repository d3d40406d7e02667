"""Writes an answer that is there as a whole at once: its status, its headers and its body."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    RequestResponseCycle,
)

OF_UVICORN = {b"connection", b"transfer-encoding"}  # headers that change what it does


class AtOnce:
    """An application whose short answers are written at once. Uvicorn writes all others.

    Uvicorn writes the head and the body one after the other, and looks at each header by itself.
    """

    def __init__(self, cycle: RequestResponseCycle, app: ASGIApp) -> None:
        self._cycle, self._app = cycle, app
        self._start: Message | None = None  # waits for the body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Run the application."""
        await self._app(scope, receive, self._send)

    async def _send(self, message: Message) -> None:
        start, cycle = self._start, self._cycle
        if start is None:
            if message["type"] == "http.response.start" and self._may_wait(message):
                self._start = message
            else:
                await cycle.send(message)  # type: ignore[arg-type]
            return
        self._start = None
        body = message.get("body", b"")
        head = None if message.get("more_body") else self._head(start, body)
        if head is None:
            await cycle.send(start)  # type: ignore[arg-type]
            await cycle.send(message)  # type: ignore[arg-type]
        elif not cycle.disconnected:
            cycle.response_started = cycle.response_complete = True
            cycle.waiting_for_100_continue = False
            cycle.transport.write(b"".join((head, body)))
            cycle.message_event.set()
            cycle.on_response()

    def _may_wait(self, start: Message) -> bool:
        """Whether nobody reads the head before the body comes. A stream has no length."""
        return start["status"] >= 200 and b"content-length" in dict(start["headers"])

    def _head(self, start: Message, body: bytes) -> bytes | None:
        """The head of the answer. None if Uvicorn has to look at it."""
        cycle = self._cycle
        lines = [*cycle.default_headers, *start["headers"]]
        names, values = zip(*lines, strict=True)
        if (
            (b"content-length", b"%d" % len(body)) not in lines
            or not OF_UVICORN.isdisjoint(names)
            or not cycle.keep_alive
            or cycle.scope["method"] == "HEAD"
            or cycle.flow.write_paused
            or cycle.access_log
            or HEADER_RE.search(b"".join(names))
            or HEADER_VALUE_RE.search(b"\t".join(values))
        ):
            return None
        written = b"".join([b"%s: %s\r\n" % line for line in lines])
        return STATUS_LINE[start["status"]] + written + b"\r\n"
