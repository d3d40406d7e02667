"""Headers of every answer: a request id, and security headers."""

import os
import re
from collections.abc import Iterable, Mapping
from typing import TypeAlias

import structlog
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
GIVEN = "graph.http.headers"  # in the scope of a request
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SAFE = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

SAFE_LINES = [(name.lower().encode(), value.encode()) for name, value in SAFE.items()]
SAFE_NAMES = {name for name, _ in SAFE_LINES}


Given: TypeAlias = Mapping[bytes, bytes]


def given(scope: Scope) -> Given:
    """The headers of a request, by names in lower case. Of those that are repeated, the first."""
    found: Given | None = scope.get(GIVEN)
    if found is None:
        found = scope[GIVEN] = dict([*scope["headers"]][::-1])
    return found


def text(sent: Given, name: bytes) -> str:
    """The value of a header. Empty without it."""
    return sent.get(name, b"").decode("latin-1")


def request_id(scope: Scope) -> str:
    """The id that log lines and errors of a request share. A sane id of the client is kept."""
    state: dict[str, str] = scope.setdefault("state", {})
    if "request_id" not in state:
        own = given(scope).get(b"x-request-id")
        is_kept = own is not None and REQUEST_ID.fullmatch(own)
        state["request_id"] = own.decode() if own and is_kept else os.urandom(16).hex()
    return state["request_id"]


class AnswerHeaders:
    """Middleware that adds the headers to every answer, unless the answer has set them."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its request id."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = _complete(message["headers"], own_id)
            await send(message)

        own_id = request_id(scope)
        before = structlog.contextvars.bind_contextvars(request_id=own_id)
        try:
            await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
        finally:
            structlog.contextvars.reset_contextvars(**before)


def _complete(answer: Iterable[tuple[bytes, bytes]], own_id: str) -> list[tuple[bytes, bytes]]:
    """The headers of an answer, and those of ours that it has not set."""
    found = [*answer, (b"x-request-id", own_id.encode())]
    names = {name for name, _ in found}
    if SAFE_NAMES.isdisjoint(names):
        found += SAFE_LINES
    else:
        found += [line for line in SAFE_LINES if line[0] not in names]
    if b"vary" in names:  # several middlewares add to it
        headers = MutableHeaders(raw=found)
        varies = ", ".join(headers.getlist("Vary")).split(", ")
        headers["Vary"] = ", ".join(dict.fromkeys(varies))
    return found
