"""Deadlines and limits of HTTP connections.

Uvicorn waits for the rest of a request without a timeout. Here a connection has a deadline whenever
no request is being answered, and the number of connections is limited.
"""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import structlog
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from domain.errors import ErrorCode
from domain.settings import settings
from graph.http import wire
from graph.http.at_once import AtOnce
from graph.http.bodies import COMPLETE
from graph.http.headers import SAFE, AnswerHeaders, request_id
from graph.http.upgrades import Http11

log = structlog.get_logger()

LARGEST_HEAD = 100_000  # bytes of a request before its body
TO_ANSWER = 5.0  # seconds that the application has to refuse a late body itself
REFUSED = 1.0  # seconds that a connection too many has for its headers
STUCK = 60.0  # seconds in which a client has to read something
RETRY_AFTER = 5  # seconds


class Stuck:
    """Aborts a connection whose client has read nothing for STUCK seconds."""

    def __init__(self, cut: Callable[[], None]) -> None:
        self._cut = cut
        self._timer: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        """Start the timer: the write buffer is full."""
        self.end()
        self._timer = asyncio.get_running_loop().call_later(STUCK, self._cut)

    def end(self) -> None:
        """Stop the timer."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class Http(Http11):
    """Uvicorn's protocol with timeouts for headers, bodies and readers. Writes answers at once."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._deadline: asyncio.TimerHandle | None = None
        self._expected: float | None = None  # seconds from now until the next part must be there
        self._is_new = False  # what is expected has changed
        self._has_begun = False  # the headers of a request, which are not complete yet
        self._head_size: int | None = None  # bytes of it after the chunk in which it began
        self._is_refused = False
        self._is_socket = False
        self._stuck = Stuck(self._cut)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request; beyond the limit of connections, to refuse it."""
        super().connection_made(transport)
        most = settings.max_connections
        if most and len(self.connections) > most:
            self._is_refused, self.app = True, Busy(self.app)
        self._expect(self._patience)
        self._set_deadline()

    def data_received(self, data: bytes) -> None:
        """Parse what has arrived, and set a deadline for what is missing."""
        super().data_received(data)
        if self._has_begun:
            self._head_size = 0 if self._head_size is None else self._head_size + len(data)
            if self._head_size > LARGEST_HEAD:
                self._end(431, f"The headers are larger than {LARGEST_HEAD} bytes.")
        if self._is_new:
            self._set_deadline()
        is_idle = self.cycle is None or self.cycle.response_complete
        has_deadline = self._deadline is not None or self.timeout_keep_alive_task is not None
        if is_idle and not has_deadline and not self._is_socket:
            self._expect(self._patience)
            self._set_deadline()

    def on_message_begin(self) -> None:
        """Start the deadline of the headers."""
        super().on_message_begin()
        self._has_begun, self._head_size = True, None
        self._expect(self._patience)

    def on_headers_complete(self) -> None:
        """Start the deadline of the body."""
        self._has_begun = False
        super().on_headers_complete()
        self._expect(settings.body_timeout.total_seconds() + TO_ANSWER)

    def on_message_complete(self) -> None:
        """Clear the deadline: the request is complete."""
        self._expect(None)
        self.scope["state"][COMPLETE] = True
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        """Clear the deadline: a websocket has its own."""
        self._is_socket = True
        self._expect(None)
        super().handle_websocket_upgrade()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        at_once: Any = AtOnce(cycle, app)
        super()._start_asgi_task(cycle, at_once)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timers."""
        self._expect(None)
        self._set_deadline()
        self._stuck.end()
        super().connection_lost(exc)

    def pause_writing(self) -> None:
        """Start to wait for a slow reader."""
        super().pause_writing()
        self._stuck.begin()

    def resume_writing(self) -> None:
        """Stop waiting: the reader has caught up."""
        super().resume_writing()
        self._stuck.end()

    @property
    def _patience(self) -> float:
        return REFUSED if self._is_refused else settings.header_timeout.total_seconds()

    def _should_upgrade(self) -> bool:
        return not self._is_refused and super()._should_upgrade()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP."""
        self._end(400, msg)

    def _expect(self, seconds: float | None) -> None:
        """Expect the next part in so many seconds, or nothing.

        Most requests arrive as a whole, so the deadline is set only once a packet was looked at.
        """
        self._expected, self._is_new = seconds, True

    def _set_deadline(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        seconds, self._is_new = self._expected, False
        late = self._too_late
        self._deadline = None if seconds is None else self.loop.call_later(seconds, late)

    def _cut(self) -> None:
        self.transport.abort()

    def _too_late(self) -> None:
        self._deadline = None
        if self._has_begun:
            self._end(408, "The request was not complete in time.")
        else:
            self.transport.close()  # no request, or one that was answered already

    def _end(self, status: int, message: str) -> None:
        """Answer a request that the application has not seen, and close."""
        if self.transport.is_closing():
            return
        own_id = uuid4().hex
        log.info("http.refused", status=status, request_id=own_id)
        content = wire.encode({"errors": [_error(message, ErrorCode.BAD_USER_INPUT, own_id)]})
        headers = {
            "content-type": "application/json",
            "content-length": str(len(content)),
            "connection": "close",
            "x-request-id": own_id,
            **{name.lower(): value for name, value in SAFE.items()},
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self.transport.write(STATUS_LINE[status] + lines.encode() + b"\r\n" + content)
        self.transport.close()


def _error(message: str, code: ErrorCode, own_id: str) -> dict[str, Any]:
    return {"message": message, "extensions": {"code": code.value, "requestId": own_id}}


class Busy:
    """Answers requests on connections beyond the limit with 503. `/health` is still answered."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Respond with 503 and Retry-After."""
        if scope["path"] == "/health":
            await self.app(scope, receive, send)
            return
        message = "The server has as many connections as it takes. Try again in a moment."
        error = _error(message, ErrorCode.UNAVAILABLE, request_id(scope))
        headers = {"Retry-After": str(RETRY_AFTER), "Connection": "close"}
        response = JSONResponse({"errors": [error]}, status_code=503, headers=headers)
        await AnswerHeaders(response)(scope, receive, send)
