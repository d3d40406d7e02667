"""Fixtures of the tests of the GraphQL endpoint."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from domain.people import people, tokens
from graph.app import app
from tests.graph.server import serve
from tests.graph.small_schema import small_app
from tests.graph.tokens import Change


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Change settings for this test."""

    def to(**settings: Any) -> None:
        changed = tokens.settings.model_copy(update=settings)
        monkeypatch.setattr(tokens, "settings", changed)
        monkeypatch.setattr(people, "settings", changed)

    return to


@pytest.fixture
async def api() -> AsyncIterator[httpx2.AsyncClient]:
    """The real API, over HTTP."""
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


@pytest.fixture
async def client(authorization: str) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the small schema, signed in, over HTTP."""
    headers = {"Authorization": authorization}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(small_app()), base_url="http://testserver", headers=headers
    ) as made:
        yield made


@pytest.fixture
async def place() -> AsyncIterator[str]:
    """The address of a real server of the small schema."""
    async with serve(small_app()) as address:
        yield address


@pytest.fixture
def greeting(authorization: str) -> dict[str, str]:
    """The payload of connection_init that signs a person in."""
    return {"Authorization": authorization}
