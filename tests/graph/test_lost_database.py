"""Requests while PostgreSQL is away, frozen or full get UNAVAILABLE, and when to try again."""

import time
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from domain import db, health
from domain.bus import bus
from domain.people import tokens
from domain.viewer import Viewer
from jobs import clock
from tests.graph.server import post
from tests.lines import Line

MINE = {"query": "{ reports(first: 1) { nodes { id } } }"}
PATIENCE = 10.0  # seconds until a frozen server is noticed, with the short times of these tests


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


STOPPED = "UPDATE heartbeats SET beat_at = now() - interval '16 seconds' WHERE loop = 'clock'"
OVERDUE = "UPDATE heartbeats SET beat_at = now() - interval '46 seconds' WHERE loop = 'polls'"


async def test_readiness_is_red_without_the_database_or_when_a_loop_is_late(
    api: httpx2.AsyncClient, alice: Viewer, postgres_line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def state(path: str = "/ready") -> tuple[int, dict[str, str]]:
        answer = await api.get(path)
        ill = {name: word for name, word in answer.json().items() if word != "ok"}
        return answer.status_code, ill

    await clock.tick()
    assert set((await api.get("/ready")).json()) == {
        *("database", "redis", "changes", "clock", "polls")
    }
    assert await state() == (200, {})
    for statement, loop, words in ((STOPPED, "clock", "16 s"), (OVERDUE, "polls", "46 s")):
        async with db.owner_transaction() as session:
            await session.execute(text(statement))
        assert await state() == (503, {loop: f"late: {words} ago"})
        assert await state("/ready/api") == (200, {})
        await clock.tick()
        assert await state() == (200, {})

    await bus.hub.stop()
    bus.hub.start()
    with monkeypatch.context() as later:
        later.setattr(health, "HUB_PERIOD", -1.0)
        assert await state("/ready/api") == (503, {"changes": "late"})

    async def no() -> bool:
        return False

    with monkeypatch.context() as away:
        away.setattr(bus, "ping", no)
        assert await state() == (200, {"redis": "does not answer"})
    postgres_line.cut()
    assert await state() == (503, {"database": "does not answer"})
    assert (await api.get("/health")).status_code == 200


async def test_who_may_open_too_many_connections_is_told_how_many_fit(clean_database: None) -> None:
    assert await health.cramped("worker", 1) is None
    told = await health.cramped("worker", 1000)
    assert told is not None
    assert "Set DATABASE_CONNECTIONS to 2" in told
