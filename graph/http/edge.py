"""The outermost middleware, which every answer passes, including answers to failures."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

from graph.http import accept
from graph.http.endpoint import View
from graph.http.headers import AnswerHeaders
from graph.http.pieces import Whole
from graph.http.telemetry.access import AccessLog

API = ("/graphql", "/schema.graphql", "/files/")
EXPOSED = ("ETag", "Retry-After", "X-Request-ID", "Content-Disposition")
PREFLIGHT = 3600  # seconds for which browsers cache a preflight answer
SMALL = 1_000  # bytes; a smaller answer fits into one packet anyway
ANSWER = "graph.http.answer"  # in the scope of a request
ZSTD, BROTLI, GZIP = 3, 4, 4  # compression levels that take about 1 ms for 100 kB

add_compress_type(accept.GRAPHQL)
# Streams are not compressed. Their events are small and a compressor takes up to 2 MB for each
# stream. The middleware would also hold back parts of multipart/mixed until it has enough.
remove_compress_type(accept.EVENTS)
remove_compress_type(accept.MULTIPART)


class CrossOrigin(CORSMiddleware):
    """Lets pages of other origins use the API.

    Our own HTML pages stay closed to them, as a page of the demo contains a token.
    """

    def __init__(self, app: ASGIApp, origins: Collection[str]) -> None:
        super().__init__(
            app,
            allow_origins=origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            allow_credentials=True,
            expose_headers=EXPOSED,
            max_age=PREFLIGHT,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a preflight request, or pass the request on."""
        is_api = scope["type"] == "http" and scope["path"].startswith(API)
        await (super().__call__ if is_api else self.app)(scope, receive, send)


class Direct:
    """Asks views for their answers, past Starlette's router and its middleware for errors.

    A view has a fixed address and raises nothing, so those would have nothing to do. An answer that
    is too small to be compressed is sent as it is.
    """

    def __init__(self, app: ASGIApp, views: Mapping[str, View]) -> None:
        self.app, self.views = _compressing(app), views
        self._compressed = _compressing(_answer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the answer of a view, or pass the request on."""
        view = self.views.get(scope["path"]) if scope["type"] == "http" else None
        if view is None:
            await self.app(scope, receive, send)
            return
        response = await view.answer(scope, receive)
        if isinstance(response, Whole) and len(response.body) < SMALL:
            await response(scope, receive, send)
        else:
            scope[ANSWER] = response
            await self._compressed(scope, receive, send)


async def _answer(scope: Scope, receive: Receive, send: Send) -> None:
    await scope[ANSWER](scope, receive, send)


def _compressing(app: ASGIApp) -> ASGIApp:
    return CompressMiddleware(
        app,
        minimum_size=SMALL,
        zstd_level=ZSTD,
        brotli_quality=BROTLI,
        gzip_level=GZIP,
    )


class Application(Starlette):
    """Starlette inside this middleware. Starlette's own would not see answers to failures."""

    def __init__(self, routes: Sequence[BaseRoute], origins: Collection[str], **more: Any) -> None:
        self.origins = origins
        super().__init__(routes=routes, **more)

    def build_middleware_stack(self) -> ASGIApp:
        """Build the stack. Starlette calls this once."""
        routes = [one for one in self.routes if isinstance(one, Route)]
        views = {one.path: one.app for one in routes if isinstance(one.app, View)}
        app: ASGIApp = Direct(super().build_middleware_stack(), views)
        if self.origins:
            app = CrossOrigin(app, self.origins)
        return AnswerHeaders(AccessLog(app))
