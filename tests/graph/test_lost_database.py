"""Requests while PostgreSQL is away, frozen or full get UNAVAILABLE, and when to try again."""

import time
from typing import Any

import httpx2
import pytest

from domain import db
from domain.people import tokens
from domain.viewer import Viewer
from tests.graph.server import post
from tests.lines import Line

MINE = {"query": "{ viewer { email } reports(first: 1) { nodes { id } } }"}
PATIENCE = 4.0  # seconds until a frozen server is noticed, with the short times of these tests


@pytest.fixture
async def ask_mine(api_place: str, alice: Viewer) -> Any:
    """Ask for Alice's reports over HTTP."""
    token = tokens.issue(alice.email, alice.email)
    async with httpx2.AsyncClient(base_url=f"http://{api_place}", timeout=30) as client:

        async def asked(**body: Any) -> httpx2.Response:
            return await post(client, body or MINE, Authorization=f"Bearer {token}")

        yield asked


def told(response: httpx2.Response) -> tuple[int, str, bool]:
    """The status, the code and whether it says when to try again."""
    error = response.json()["errors"][0]
    return response.status_code, error["extensions"]["code"], "retry-after" in response.headers


async def test_a_lost_or_frozen_database_is_told_within_seconds_and_forgotten_afterwards(
    ask_mine: Any, api_place: str, postgres_line: Line
) -> None:
    assert (await ask_mine()).status_code == 200
    for harm in (postgres_line.cut, postgres_line.freeze):
        harm()
        began = time.monotonic()
        assert told(await ask_mine()) == (503, "UNAVAILABLE", True)
        assert time.monotonic() - began < PATIENCE
        async with httpx2.AsyncClient(base_url=f"http://{api_place}") as client:
            assert (await client.get("/ready")).status_code == 503
        postgres_line.mend()
        assert (await ask_mine()).status_code == 200


async def test_connections_that_break_between_two_requests_fail_none(
    ask_mine: Any, postgres_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(db, "IDLE", 0.0)
    for _ in range(3):
        assert (await ask_mine()).status_code == 200
        postgres_line.break_all()


async def test_a_full_pool_waits_and_is_then_told(
    ask_mine: Any, postgres_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = db.settings.model_copy(update={"database_connections": 2})
    monkeypatch.setattr(db, "settings", few)
    async with db.transaction(), db.transaction():
        assert told(await ask_mine()) == (503, "UNAVAILABLE", True)
    assert (await ask_mine()).status_code == 200
