"""A small schema behind the real endpoint."""

import asyncio
import enum
from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
import strawberry
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from strawberry.scalars import JSON

from domain.errors import Conflict
from domain.people import people, tokens
from domain.viewer import Viewer
from graph.fields.costs import at_most, sliced, weighs
from graph.http.documents import Documents
from graph.http.edge import Application
from graph.http.endpoint import View

SOMEBODY = Viewer(user_id=UUID(int=1), email="somebody@example.com", name="Somebody")
SECRET = "postgresql://amc_api:hunter2@10.0.0.7/amc"
HELLO = {"query": "{ hello }"}
counted = 0


@dataclass
class Slowness:
    """Work that takes as long as a test lets it, and what became of it."""

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)  # before it was done
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    async def work(self) -> str:
        self.begun.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.ended.set()
            raise
        self.finished.set()
        return "done"


slow_work = Slowness()


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.type
class Thing:
    @strawberry.field
    def name(self) -> str:
        return "thing"

    @strawberry.field(directives=[at_most(20)])
    def things(self) -> list["Thing"]:
        return [Thing()]

    @strawberry.field(directives=[sliced("first", otherwise=20)])
    def page(self, first: int = 20) -> list["Thing"]:
        return [Thing()][:first]


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

    @strawberry.field(directives=[weighs(100)])
    def dear(self) -> str:
        return "dear"

    @strawberry.field
    async def late(self) -> str:
        await asyncio.sleep(0.2)
        return "done"

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
    async def slow(self) -> str:
        return await slow_work.work()

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

    @strawberry.mutation
    async def slow(self) -> str:
        return await slow_work.work()


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, until: int = 3) -> AsyncGenerator[int, None]:
        for number in range(until):
            yield number
            await asyncio.sleep(0)

    @strawberry.subscription(directives=[weighs(100)])
    async def dear(self) -> AsyncGenerator[int, None]:
        yield 1

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
    """An application of the small schema. Pages of these origins may use it."""
    view = View(small, origins, documents)
    routes = [Route("/graphql", view), WebSocketRoute("/graphql", view)]
    return Application(routes, origins)


def doubled(levels: int) -> str:
    """Fragments that spread the next one twice, so that each level doubles the work."""
    fragments = " ".join(
        f"fragment F{n} on Thing {{ things {{ ...F{n + 1} }} ...F{n + 1} ...F{n + 1} }}"
        for n in range(levels)
    )
    return f"{{ thing {{ ...F0 }} }} {fragments} fragment F{levels} on Thing {{ name }}"


@pytest.fixture
def slowness(monkeypatch: pytest.MonkeyPatch) -> Slowness:
    """What `slow` does in this test."""
    fresh = Slowness()
    monkeypatch.setattr(f"{__name__}.slow_work", fresh)
    return fresh


@pytest.fixture
def authorization(monkeypatch: pytest.MonkeyPatch) -> str:
    """A token of a person."""

    async def sign_in(claims: tokens.Claims) -> Viewer:
        return SOMEBODY

    monkeypatch.setattr(people, "sign_in", sign_in)
    return f"Bearer {tokens.issue('somebody', 'somebody@example.com')}"
