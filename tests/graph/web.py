"""A small schema behind the real view, and real servers to ask: for tests of how we answer.

In it every valid token is somebody's, whoever it names.
"""

import asyncio
import contextlib
import enum
import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

import httpx2
import pytest
import strawberry
import uvicorn
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from strawberry.scalars import JSON
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from domain import viewer
from domain.errors import Conflict
from domain.people import people, tokens
from domain.settings import settings
from domain.viewer import Viewer
from graph.http import html
from graph.http.documents import Documents
from graph.http.edge import Application
from graph.http.endpoint import View
from graph.http.upgrades import Http11

SOMEBODY = Viewer(user_id=UUID(int=1), email="somebody@example.com", name="Somebody")
SECRET = "postgresql://amc_api:hunter2@10.0.0.7/amc"
PLAIN = "application/json"
GRAPHQL = "application/graphql-response+json"
HELLO = {"query": "{ hello }"}
PROTOCOL = Subprotocol("graphql-transport-ws")

counted = 0


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.type
class Thing:
    @strawberry.field
    def name(self) -> str:
        return "thing"

    @strawberry.field
    def things(self) -> list["Thing"]:
        return [Thing()]

    @strawberry.field
    def page(self, first: int = 20) -> "Thing":
        return Thing()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "you", colour: Colour = Colour.RED) -> str:
        return f"hello {name}"

    @strawberry.field
    def thing(self) -> Thing:
        return Thing()

    @strawberry.field
    def by_id(self, id: UUID) -> str | None:
        return str(id)

    @strawberry.field
    def bug(self) -> str | None:
        raise RuntimeError(SECRET)

    @strawberry.field
    def impossible(self) -> str:
        return None  # type: ignore[return-value]

    @strawberry.field
    def too_big(self) -> int | None:
        return 2**40

    @strawberry.field
    def refused(self) -> str | None:
        raise Conflict("There is one already. Did you mean this one?", field="thing.name")

    @strawberry.field
    def numbers(self) -> JSON:
        return [float("nan"), float("-inf"), Decimal("0.10"), 2**63, 0.1, date(2026, 2, 28)]

    @strawberry.field
    def strange(self) -> JSON:
        return {"huge": 2**100, "nan": [float("nan")], "half": "\ud83d", "id": UUID(int=1)}


@strawberry.type
class Mutation:
    @strawberry.mutation
    def count(self) -> int:
        global counted  # noqa: PLW0603
        counted += 1
        return counted


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, until: int = 3) -> AsyncGenerator[int, None]:
        for number in range(until):
            yield number
            await asyncio.sleep(0)

    @strawberry.subscription
    async def forever(self) -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.Event().wait()

    @strawberry.subscription
    async def broken(self) -> AsyncGenerator[int, None]:
        yield 1
        raise RuntimeError(SECRET)

    @strawberry.subscription
    async def refused(self) -> AsyncGenerator[int, None]:
        yield 1
        raise Conflict("Not any more.")


small = strawberry.Schema(query=Query, mutation=Mutation, subscription=Subscription)


def small_app(*origins: str, documents: Documents | None = None) -> ASGIApp:
    """The small schema, answered as the real one is, to pages of these origins too."""
    view = View(small, origins, documents)
    routes = [Route("/graphql", view), WebSocketRoute("/graphql", view)]
    return Application(routes, origins)


@asynccontextmanager
async def serve(app: ASGIApp) -> AsyncIterator[str]:
    """A real server on a free port of this machine; its address without the scheme."""
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        http=Http11,
        ws="websockets-sansio",
        log_level="warning",
        lifespan="off",
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event to wait for)
            await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await running


@asynccontextmanager
async def socket(
    place: str, payload: dict[str, Any] | None = None, **headers: str
) -> AsyncIterator[ClientConnection]:
    """A websocket to the API that has said hello, and been greeted, if a payload is given."""
    named = {name.title(): value for name, value in headers.items()}
    async with (
        asyncio.timeout(10),
        connect(
            f"ws://{place}/graphql", subprotocols=[PROTOCOL], additional_headers=named
        ) as opened,
    ):
        if payload is not None:
            await say(opened, type="connection_init", payload=payload)
            assert await hear(opened) == {"type": "connection_ack"}
        yield opened


async def say(line: ClientConnection, **message: Any) -> None:
    """Send a message."""
    await line.send(json.dumps(message))


async def hear(line: ClientConnection) -> dict[str, Any]:
    """The next message."""
    return dict(json.loads(await line.recv()))


async def closing(line: ClientConnection) -> tuple[int, str]:
    """How the other end closes the socket, whatever it says before."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in line:
            pass
    return line.close_code or 0, line.close_reason or ""


async def subscribe(line: ClientConnection, query: str, id: str = "1", **payload: Any) -> None:
    """Begin an operation."""
    await say(line, id=id, type="subscribe", payload={"query": query, **payload})


@pytest.fixture
def authorization(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of somebody's."""

    async def sign_in(claims: tokens.Claims) -> viewer.Viewer:
        return SOMEBODY

    monkeypatch.setattr(people, "sign_in", sign_in)
    return f"Bearer {tokens.issue('somebody', 'somebody@example.com')}"


@pytest.fixture
async def client(authorization: str) -> AsyncIterator[httpx2.AsyncClient]:
    """Somebody who asks the small schema over HTTP."""
    headers = {"Authorization": authorization}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(small_app()), base_url="http://testserver", headers=headers
    ) as made:
        yield made


@pytest.fixture
async def place() -> AsyncIterator[str]:
    """Where a real server answers for the small schema."""
    async with serve(small_app()) as address:
        yield address


@pytest.fixture
def greeting(authorization: str) -> dict[str, str]:
    """What somebody's sockets begin with."""
    return {"Authorization": authorization}


async def post(client: httpx2.AsyncClient, body: Any, **headers: str) -> httpx2.Response:
    """Send a body, as JSON if it is not bytes."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await client.post(
        "/graphql", content=content, headers={"Content-Type": PLAIN, **headers}
    )


def error(response: httpx2.Response) -> dict[str, Any]:
    """The one error of an answer; each has a code and the id of its request."""
    body = response.json()
    assert len(body["errors"]) == 1
    found = body["errors"][0]
    assert found["extensions"]["requestId"] == response.headers["x-request-id"]
    return {"message": found["message"], **found["extensions"]}


def doubled(levels: int) -> str:
    """Fragments that spread the next one twice: each level doubles what there is to look at."""
    fragments = " ".join(
        f"fragment F{n} on Thing {{ things {{ ...F{n + 1} }} ...F{n + 1} ...F{n + 1} }}"
        for n in range(levels)
    )
    return f"{{ thing {{ ...F0 }} }} {fragments} fragment F{levels} on Thing {{ name }}"


@pytest.fixture
def demo(monkeypatch: pytest.MonkeyPatch) -> None:
    """The demo's settings: Alice is its user."""
    changed = settings.model_copy(update={"demo_user": "alice@example.com"})
    monkeypatch.setattr(html, "settings", changed)
