"""One line in the log for each request over HTTP, and for each operation on a websocket.

What is in the line is also counted (metrics.py).

It names the operation, the person, the cost and the time. Neither variables nor the text of a
document are in it: they may hold what logs must not reveal.
"""

import time
from collections.abc import Iterable
from contextvars import ContextVar
from typing import Any

import structlog
from graphql import OperationDefinitionNode
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from domain import ids
from domain.viewer import Viewer
from graph.http.limits import garbage
from graph.http.telemetry import metrics

log = structlog.get_logger()

SECRET = "/files/"  # what follows in the path lets anyone read the file
PROBES = (
    "/health",
    "/ready",
    "/ready/api",
)  # asked every few seconds by machines; told only if they fail

# What is known so far. The object is shared with the tasks that the request starts.
_line: ContextVar[dict[str, Any] | None] = ContextVar("line", default=None)


def know(**more: object) -> None:
    """Add to the line of the present request or operation, if there is one."""
    if (line := _line.get()) is not None:
        line.update(more)


def know_viewer(viewer: Viewer) -> None:
    """Add who asks."""
    know(person=ids.encode("user", viewer.user_id))


def know_operation(operation: OperationDefinitionNode | None, tally: object) -> None:
    """Add which operation it is, and what counts its cost."""
    if operation is not None:
        named = operation.name.value if operation.name else None
        know(operation=named, kind=operation.operation.value, tally=tally)


def know_errors(errors: Iterable[Any]) -> None:
    """Add the codes of errors as they are shown."""
    codes = [(one.get("extensions") or {}).get("code") for one in errors]
    if codes:
        know(codes=list(dict.fromkeys(codes)))


class Telling:
    """A line that is logged at the end of a block, with what has become known by then."""

    def __init__(self, event: str, line: dict[str, Any]) -> None:
        self._event, self._line = event, line

    def __enter__(self) -> dict[str, Any]:
        """Begin the line, and return what is known so far."""
        garbage.asked()
        self._began = time.perf_counter()
        self._before = _line.set(self._line)
        return self._line

    def __exit__(self, *error: object) -> None:
        """Count and log what is known."""
        _line.reset(self._before)
        line = self._line
        if (tally := line.pop("tally", None)) is not None:
            line["cost"], line["cost_requested"] = tally.actual, tally.requested
        took = time.perf_counter() - self._began
        metrics.count(line, took)
        if not line.pop("silent", False):
            log.info(self._event, **line, ms=round(took * 1000, 1))


def told(event: str, **known: object) -> Telling:
    """A line about the block that follows."""
    return Telling(event, known)


class AccessLog:
    """Middleware that logs each answer over HTTP."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on. Without an answer, as to a client who has gone, status is null."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                line["status"] = message["status"]
                line["silent"] = path in PROBES and message["status"] == 200
            await send(message)

        path = scope["path"]
        path = SECRET + "..." if path.startswith(SECRET) else path
        with told("http.request", method=scope["method"], path=path, status=None) as line:
            await self.app(scope, receive, noting)
