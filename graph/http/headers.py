"""Headers of every answer: a request id, and security headers."""

import re
import uuid

import structlog
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUEST_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")
NOTHING = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
SAFE = {
    "Content-Security-Policy": NOTHING,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def request_id(scope: Scope) -> str:
    """The id that log lines and errors of a request share. A sane id of the client is kept."""
    state: dict[str, str] = scope.setdefault("state", {})
    if "request_id" not in state:
        given = Headers(scope=scope).get("x-request-id", "")
        state["request_id"] = given if REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
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
                headers = MutableHeaders(scope=message)
                headers["X-Request-ID"] = own_id
                for name, value in SAFE.items():
                    headers.setdefault(name, value)
                if varies := headers.getlist("Vary"):  # several middlewares add to it
                    names = ", ".join(varies).split(", ")
                    headers["Vary"] = ", ".join(dict.fromkeys(names))
            await send(message)

        own_id = request_id(scope)
        with structlog.contextvars.bound_contextvars(request_id=own_id):
            await self.app(scope, receive, with_headers if scope["type"] == "http" else send)
