"""HTTP connections that end: requests have to arrive in time, answers have to be read.

Uvicorn waits for ever for the rest of a request. Here each connection has a deadline whenever no
request is being answered, and there are only so many connections.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from domain.errors import ErrorCode
from domain.settings import settings
from graph.http.upgrades import Http11

LARGEST_HEAD = 100_000  # bytes of a request before its body
TO_ANSWER = 5.0  # seconds that the application has to refuse a late body itself
REFUSED = 1.0  # seconds that a connection too many has for its headers
STUCK = 60.0  # seconds in which a client has to read something
RETRY_AFTER = 5  # seconds


class Stuck:
    """Cuts a connection whose client reads nothing for a minute."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """What is to be sent waits from now on."""
        self.end()
        self._timer = asyncio.get_running_loop().call_later(STUCK, self._cut)

    def end(self) -> None:
        """It is being read, or the connection is over."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Http(Http11):
    """Uvicorn's protocol, for clients that may be slow, many or of ill will."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._deadline: asyncio.TimerHandle | None = None
        self._has_begun = False  # the headers of a request, which are not complete yet
        self._head_size: int | None = None  # bytes of it after the chunk in which it began
        self._is_refused = False
        self._stuck = Stuck(self._cut)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, but not for long."""
        super().connection_made(transport)
        most = settings.max_connections
        if most and len(self.connections) > most:
            self._is_refused, self.app = True, Busy(self.app)
        self._expect(self._patience)

    def data_received(self, data: bytes) -> None:
        """Read what has arrived, and have a deadline for what is missing."""
        super().data_received(data)
        if self._has_begun:
            self._head_size = 0 if self._head_size is None else self._head_size + len(data)
            if self._head_size > LARGEST_HEAD:
                self._end(431, f"The headers are larger than {LARGEST_HEAD} bytes.")
        is_idle = self.cycle is None or self.cycle.response_complete
        if is_idle and self._deadline is None and self.timeout_keep_alive_task is None:
            self._expect(self._patience)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._has_begun, self._head_size = True, None
        self._expect(self._patience)

    def on_headers_complete(self) -> None:
        """Its headers are there; now its body."""
        self._has_begun = False
        super().on_headers_complete()
        self._expect(settings.body_timeout.total_seconds() + TO_ANSWER)

    def on_message_complete(self) -> None:
        """All of it is there."""
        self._expect(None)
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """From here on it is a socket, which has deadlines of its own."""
        self._expect(None)
        super().handle_websocket_upgrade()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._expect(None)
        self._stuck.end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """The client reads slower than we send."""
        super().pause_writing()
        self._stuck.begin()

    def resume_writing(self) -> None:
        """It has caught up."""
        super().resume_writing()
        self._stuck.end()

    @property
    def _patience(self) -> float:
        return REFUSED if self._is_refused else settings.header_timeout.total_seconds()

    def _should_upgrade(self) -> bool:
        return not self._is_refused and super()._should_upgrade()

    def _expect(self, seconds: float | None) -> None:
        """Have the next part within so many seconds, or without a deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
        late = self._too_late
        self._deadline = None if seconds is None else self.loop.call_later(seconds, late)

    def _cut(self) -> None:
        self.transport.abort()

    def _too_late(self) -> None:
        self._deadline = None
        if self._has_begun:
            self._end(408, "The request was not complete in time.")
        else:
            self.transport.close()  # nothing was asked, or it is answered already

    def _end(self, status: int, message: str) -> None:
        """Refuse what the application does not hear of, and close."""
        if not self.transport.is_closing():
            head = b"content-type: text/plain\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
            self.transport.write(STATUS_LINE[status] + head % len(message) + message.encode())
            self.transport.close()


class Busy:
    """Answers the connections that are too many. Whether the process lives is still told."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """503, and when to come again."""
        if scope["path"] == "/health":
            await self.app(scope, receive, send)
            return
        error = {
            "message": "The server has as many connections as it takes. Try again in a moment.",
            "extensions": {"code": ErrorCode.UNAVAILABLE.value},
        }
        headers = {"Retry-After": str(RETRY_AFTER), "Connection": "close"}
        response = JSONResponse({"errors": [error]}, status_code=503, headers=headers)
        await response(scope, receive, send)
