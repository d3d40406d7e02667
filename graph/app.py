"""The web application: the API, the explorer, the pages, downloads and health checks."""

import asyncio
import gc
import sys
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from strawberry.schema import Schema

from domain import db, health, logs
from domain.bus import bus
from domain.errors import Unavailable
from domain.settings import settings
from graph.http import caching, documents, files, own_documents
from graph.http.documents import Documents
from graph.http.edge import Application
from graph.http.endpoint import View
from graph.http.explorer import explorer
from graph.http.limits import garbage
from graph.http.pages import pages
from graph.http.telemetry import metrics
from graph.schema import schema

OK, SILENT = "ok", "does not answer"


@asynccontextmanager
async def lifespan(app: Starlette) -> AsyncIterator[None]:
    """Listen for changes while the server runs, and close all connections when it stops."""
    logs.configure()
    bus.hub.start()
    collecting = asyncio.create_task(garbage.watch())
    try:
        yield
    finally:
        collecting.cancel()
        await bus.close()
        await db.dispose()


async def alive(request: Request) -> Response:
    """Answer that the process runs. It checks no other service: a restart would not repair one."""
    return JSONResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def ready(request: Request) -> Response:
    """Answer 503 while the database does not answer, or a loop is late by three periods.

    Redis is reported, but may be away.
    """
    states = await _own_states()
    if states["database"] == OK:
        try:
            late = await health.late_loops()
        except Unavailable:
            states["database"] = SILENT
        else:
            states |= {loop: _in_time(seconds) for loop, seconds in late.items()}
    return _readiness(states)


async def ready_alone(request: Request) -> Response:
    """Answer the same about this process only, for a balancer: a late clock is not its fault."""
    return _readiness(await _own_states())


async def _own_states() -> dict[str, str]:
    database, redis = await health.database_answers(), await health.redis_answers()
    return {
        "database": OK if database else SILENT,
        "redis": OK if redis else SILENT,
        "changes": "late" if health.hub_is_late() else OK,
    }


def _in_time(late: float) -> str:
    return f"late: {late:.0f} s ago" if late else OK


def _readiness(states: dict[str, str]) -> Response:
    needed = {name: state for name, state in states.items() if name != "redis"}
    status = 200 if set(needed.values()) == {OK} else 503
    return JSONResponse(states, status_code=status, headers={"Cache-Control": "no-store"})


def application(
    served: Schema, origins: Collection[str] = (), known: Documents | None = None
) -> Starlette:
    """Build the application for a schema. `origins` may use the API from their own pages."""
    view = View(served, origins, known)
    sdl = f"{served.as_str().rstrip()}\n".encode()

    async def the_schema(request: Request) -> Response:
        return caching.answer(request, Response(sdl, media_type="text/plain"), sdl)

    return Application(
        routes=[
            Route("/graphql", view),
            WebSocketRoute("/graphql", view),
            *pages.ROUTES,
            Route("/explorer", explorer.page),
            Route("/explorer/{name}", explorer.FILES.serve),
            Route("/schema.graphql", the_schema),
            Route("/files/{token}", files.download),
            Route("/exports/{token}", files.download_export),
            Route("/health", alive),
            Route("/ready", ready),
            Route("/ready/api", ready_alone),
            Route("/metrics", metrics.serve),
        ],
        origins=origins,
        lifespan=lifespan,
    )


def trusted() -> Documents:
    """The documents that the settings trust. Raises ValueError if they cannot be read."""
    only = settings.trusted_documents_only
    listed = documents.read(settings.trusted_documents) if settings.trusted_documents else {}
    return Documents(listed | own_documents.documents() if only else listed, only_trusted=only)


app = application(schema, settings.cors_origins, trusted())
gc.freeze()  # the garbage collector skips imported modules; scanning them delayed requests by 0.5 s
# A thread of the pool that computes hands over sooner; the event loop would wait 5 ms each time.
sys.setswitchinterval(0.0005)
