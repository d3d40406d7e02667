"""Valkey is cut or frozen: requests do not wait for it, and work goes on without it."""

import asyncio
import time
from typing import Any

import pytest

import jobs.actors  # noqa: F401 (the actors of a worker process)
from domain.bus import bus, queues
from domain.viewer import Viewer
from jobs import clock, without_redis
from tests.graph.front_door import Ask
from tests.lines import Line, until

RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
READ = "query($id: ID!) { execution(id: $id) { status } }"


@pytest.mark.parametrize("harm", ["cut", "freeze"])
async def test_an_execution_completes_without_valkey(
    ask: Ask, report: Any, sent: list[Any], amc: Any, valkey_line: Line, harm: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(queues, "enqueue", ENQUEUE)
    getattr(valkey_line, harm)()
    began = time.monotonic()
    execution = (await ask(RUN, id=report["id"]))["id"]
    assert time.monotonic() - began < 5
    assert not await bus.ping()
    with pytest.raises(queues.LOST):
        await clock.tick(tidy=False)

    under_way: dict[Any, Any] = {}

    async def is_completed() -> bool:
        await without_redis.look(under_way)  # as each worker does while it is alone
        return bool((await ask(READ, id=execution))["status"] == "COMPLETED")

    await until(is_completed)
    await asyncio.gather(*under_way.values())


ENQUEUE = queues.enqueue


async def test_requests_wait_once_for_a_frozen_valkey_and_then_no_more(
    ask: Ask, alice: Viewer, report: Any, valkey_line: Line
) -> None:
    await bus.keep("a key", "a text", 60)
    assert await bus.kept("a key") == "a text"
    valkey_line.freeze()
    await ask(RUN, id=report["id"])  # this one notices
    began = time.monotonic()
    assert await bus.kept("a key") is None
    assert time.monotonic() - began < bus.PAUSE / 2
    valkey_line.mend()

    async def is_back() -> bool:
        return await bus.kept("a key") == "a text"

    await until(is_back)


async def test_the_hub_notices_that_valkey_is_frozen_and_hears_again_afterwards(
    valkey_line: Line,
) -> None:
    hub = bus.Hub()
    hub.start()
    async with asyncio.timeout(10):
        await hub.connected.wait()
        valkey_line.freeze()
        await until(lambda: not hub.connected.is_set())
        valkey_line.mend()
        await until(hub.connected.is_set)
    assert hub.connected.is_set()
    await hub.stop()
