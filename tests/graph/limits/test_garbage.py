"""Garbage in cycles is looked for when the process has grown, and rarely otherwise."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from graph.http.limits import garbage


class Cycle:
    """What only the garbage collector can remove."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """The memory that the process is said to have; Python collects nothing by itself."""
    at = {"bytes": 100_000_000}
    monkeypatch.setattr(garbage, "resident", lambda: at["bytes"])
    gc.disable()
    yield at
    gc.enable()


def test_garbage_is_collected_each_time_the_process_has_grown(memory):
    looked = garbage.Garbage()
    for _ in range(2):
        left = weakref.ref(Cycle())
        memory["bytes"] += garbage.GROWN
        looked.look()
        assert left() is not None
        memory["bytes"] += 1
        looked.look()
        assert left() is None


def test_memory_that_was_given_back_counts_after_a_while(memory, monkeypatch):
    looked = garbage.Garbage()
    memory["bytes"] -= 60_000_000
    looked.look()
    monkeypatch.setattr(garbage, "QUIET", 0)
    left = weakref.ref(Cycle())
    memory["bytes"] += garbage.GROWN + 1
    looked.look()  # it knows of nothing that was given back yet
    assert left() is not None
    memory["bytes"] -= garbage.GROWN + 1
    looked.look()
    memory["bytes"] += garbage.GROWN + 1
    looked.look()
    assert left() is None


async def test_python_collects_by_its_own_rules_again_when_the_server_ends():
    usual = gc.get_threshold()
    watching = asyncio.create_task(garbage.watch())
    await asyncio.sleep(0)
    assert gc.get_threshold()[2] == garbage.NEVER
    watching.cancel()
    await asyncio.wait([watching])
    assert gc.get_threshold() == usual


async def test_memory_is_looked_at_soon_after_a_question_and_seldom_without_one(monkeypatch):
    looks = asyncio.Queue[None]()
    monkeypatch.setattr(garbage.Garbage, "look", lambda _: looks.put_nowait(None))
    monkeypatch.setattr(garbage, "LOOK", 0.001)
    watching = asyncio.create_task(garbage.watch())
    await asyncio.sleep(0)
    garbage.asked()
    await asyncio.wait_for(looks.get(), 5)  # and not after REST
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(looks.get(), 0.05)
    monkeypatch.setattr(garbage, "REST", 0.001)
    garbage.asked()
    await asyncio.wait_for(looks.get(), 5)
    await asyncio.wait_for(looks.get(), 5)  # nobody has asked again
    watching.cancel()
