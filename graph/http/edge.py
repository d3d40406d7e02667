"""What every answer passes through on its way out, that of a failure too."""

from collections.abc import Collection, Sequence
from typing import Any

from starlette.applications import Starlette
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from graph.http.headers import AnswerHeaders

API = ("/graphql", "/schema.graphql", "/files/")
EXPOSED = ("ETag", "Retry-After", "X-Request-ID", "Content-Disposition")
PREFLIGHT = 3600  # seconds that a browser remembers what it may send


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
        app = super().build_middleware_stack()
        if self.origins:
            app = CrossOrigin(app, self.origins)
        return AnswerHeaders(app)
