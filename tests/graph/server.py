"""Real HTTP servers for an app, and requests to them."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import httpx2
import pytest
import uvicorn
from starlette.types import ASGIApp

from domain import viewer
from domain.people import people, tokens
from domain.settings import settings
from graph.app import app
from graph.http import html
from graph.http.connections import Http
from graph.http.frames import WebSocket
from tests.graph.small_schema import SOMEBODY

PLAIN = "application/json"
GRAPHQL = "application/graphql-response+json"

Line = TypeVar("Line")


class Server(uvicorn.Server):
    """A server that is up at once and ends at once. Uvicorn looks ten times a second."""

    async def begin(self) -> str:
        """Listen, and return the address without the scheme."""
        self.config.load()
        self.lifespan = self.config.lifespan_class(self.config)
        await self.on_tick(0)
        await self.startup()
        return f"127.0.0.1:{self.servers[0].sockets[0].getsockname()[1]}"

    async def end(self) -> None:
        """Close all connections once their answers are sent."""
        for server in self.servers:
            server.close()
        state = self.server_state
        for connection in list(state.connections):
            connection.shutdown()
        async with asyncio.timeout(10):
            while state.connections or state.tasks:  # noqa: ASYNC110 (uvicorn has no event)
                await asyncio.sleep(0.002)


@asynccontextmanager
async def serve(app: ASGIApp, rest: float = 5) -> AsyncIterator[str]:
    """A real server on a free port. Returns its address without the scheme.

    Connections are kept for `rest` seconds after an answer.
    """
    server = Server(
        uvicorn.Config(
            app,
            host="127.0.0.1",
            port=0,
            http=Http,
            ws=WebSocket,
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=rest,  # type: ignore[arg-type]
        )
    )
    address = await server.begin()
    try:
        yield address
    finally:
        await server.end()


@asynccontextmanager
async def connected(
    place: str, made: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Line]
) -> AsyncIterator[Line]:
    """A connection to this address, as `made` makes one of its two ends. It has ten seconds."""
    host, _, port = place.partition(":")
    async with asyncio.timeout(10):
        reader, writer = await asyncio.open_connection(host, int(port))
        try:
            yield made(reader, writer)
        finally:
            writer.close()


async def post(client: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    """Send a body. Anything but bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(
        "/graphql", content=content, headers={"Content-Type": PLAIN, **headers}
    )


def error(response: httpx2.Response) -> dict[str, Any]:
    """The one error of an answer. Checks that it has a code and a request id."""
    body = response.json()
    assert len(body["errors"]) == 1
    found = body["errors"][0]
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    return {"message": found["message"], **found["extensions"]}


@pytest.fixture
async def api_place() -> AsyncIterator[str]:
    """The address of a real server of the real API."""
    async with serve(app) as address:
        yield address


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The settings of the demo, whose user is Alice."""
    changed = settings.model_copy(update={"demo_user": "alice@example.com"})
    monkeypatch.setattr(html, "settings", changed)


@pytest.fixture
def authorization(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of a person."""

    async def sign_in(claims: tokens.Claims) -> viewer.Viewer:
        return SOMEBODY

    monkeypatch.setattr(people, "sign_in", sign_in)
    return f"Bearer {tokens.issue('somebody', 'somebody@example.com')}"
