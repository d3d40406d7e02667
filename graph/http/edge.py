"""What every answer passes through on its way out, that of a failure too."""

from collections.abc import Collection, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette_compress import CompressMiddleware, add_compress_type, remove_compress_type

from graph.http import accept
from graph.http.headers import AnswerHeaders

API = ("/graphql", "/schema.graphql", "/files/")
EXPOSED = ("ETag", "Retry-After", "X-Request-ID", "Content-Disposition")
PREFLIGHT = 3600  # seconds that a browser remembers what it may send
SMALL = 1_000  # bytes that fit into one packet anyway
ZSTD, BROTLI, GZIP = 3, 4, 4  # levels: a millisecond for 100 kB

add_compress_type(accept.GRAPHQL)
# Streams stay as they are. A compressor costs each up to 2 MB, and events are small. The middleware
# would also hold back the parts of multipart/mixed until it has enough of them.
remove_compress_type(accept.EVENTS)
remove_compress_type(accept.MULTIPART)


class CrossOrigin(CORSMiddleware):
    """Lets pages of other origins use the API.

    Our own HTML stays closed to them: a page of the demo holds a token.
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
        """Answer a preflight, or pass the request on."""
        is_api = scope["type"] == "http" and scope["path"].startswith(API)
        await (super().__call__ if is_api else self.app)(scope, receive, send)


class Application(Starlette):
    """Starlette within the edge. Its own middleware would leave out answers to failures."""

    def __init__(self, routes: Sequence[BaseRoute], origins: Collection[str], **more: Any) -> None:
        self.origins = origins
        super().__init__(routes=routes, **more)

    def build_middleware_stack(self) -> ASGIApp:
        """Called by Starlette, once."""
        app: ASGIApp = CompressMiddleware(
            super().build_middleware_stack(),
            minimum_size=SMALL,
            zstd_level=ZSTD,
            brotli_quality=BROTLI,
            gzip_level=GZIP,
        )
        if self.origins:
            app = CrossOrigin(app, self.origins)
        return AnswerHeaders(app)
