"""Nobody waits for all that somebody else has asked, and the same is never done twice."""

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from domain import db, pool, storage
from domain.bus import bus
from domain.bus.queues import Job
from domain.errors import RateLimited
from domain.settings import settings
from domain.viewer import Viewer
from graph.fields import batches, turns
from tests.executions.executions import RUN
from tests.graph.front_door import execute

PATIENCE = 20  # seconds
ROWS = "query($id: ID!) { execution(id: $id) { rows(first: 2) { rows } } }"
NEWEST = """
query($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Report { recentExecutions { id rows(first: 2) { rows } } } }
}
"""
PAGES = """
query($id: ID!) {
  execution(id: $id) {
    one: rows(first: 1) { rows } two: rows(first: 1, offset: 1) { rows } three: rows { rows }
  }
}
"""
COUNTS = """
query($id: ID!) {
  execution(id: $id) { rows(first: 2) { totalCount hasNextPage columns { name type } } }
}
"""
PLAN = """
collectionPlan(collection: {reportId: $id, segmentation: {type: DAILY}}) { segments { startDate } }
"""
PLANS = "query($id: ID!) {{ {} }}".format(" ".join(f"a{n}: {PLAN}" for n in range(5)))
NESTED = """
{ reports { nodes { recentExecutions { instance { id } report { id template { id } } } } } }
"""


@pytest.fixture
async def run(ask: Any, report: Any, work_until_done: Any) -> str:
    """The id of a completed execution."""
    started = await ask(RUN, id=report["id"])
    await work_until_done()
    return str(started["id"])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys of the files that were fetched to be read."""
    found: list[str] = []
    fetch = storage.fetch_now

    def noted(key: str, folder: Path) -> Path:
        found.append(key)
        return fetch(key, folder)

    monkeypatch.setattr(storage, "fetch_now", noted)
    return found


@pytest.fixture
def small_pool(monkeypatch: pytest.MonkeyPatch) -> pool.Pool:
    """Two threads, one for each person; one more piece of work may wait."""
    made = pool.Pool(threads=2, share=1, waiting=1)
    monkeypatch.setattr(pool, "_pool", lambda: made)
    return made


Busy = Callable[[Viewer], Awaitable[None]]


@pytest.fixture
def busy(small_pool: pool.Pool) -> Iterator[Busy]:
    """Have a person's share taken until the end of the test."""
    end = threading.Event()
    taken: list[Any] = []

    async def take(person: Viewer) -> None:
        began = threading.Event()

        def work() -> None:
            began.set()
            end.wait(PATIENCE)

        taken.append(small_pool.submit(person.user_id, work))
        assert await asyncio.to_thread(began.wait, PATIENCE)

    yield take
    end.set()
    for one in taken:
        one.result(PATIENCE)


async def test_the_same_rows_of_one_request_are_read_once(ask, report, run, opened):
    answer = await ask(NEWEST, ids=[report["id"]] * 3)
    assert len(answer) == 3
    assert len({str(one) for one in answer}) == 1
    assert answer[0]["recentExecutions"][0]["rows"]["rows"]
    assert len(opened) == 1


async def test_pages_of_one_result_open_its_file_once(ask, run, opened):
    pages = await ask(PAGES, id=run)
    both = [*pages["one"]["rows"], *pages["two"]["rows"]]
    assert both == pages["three"]["rows"][:2]
    assert len(opened) == 1


async def test_what_is_known_of_a_result_needs_no_file(ask, run, opened):
    shutil.rmtree(Path(urlsplit(settings.storage_url).path))
    found = (await ask(COUNTS, id=run))["rows"]
    assert found["totalCount"] > 2
    assert found["hasNextPage"]
    assert found["columns"]
    assert not opened


async def test_nobody_waits_behind_another_persons_work(alice, bob, run, busy):
    await busy(alice)
    hers = asyncio.create_task(execute(alice, ROWS, id=run))
    his = await asyncio.wait_for(execute(bob, ROWS, id=run), PATIENCE)
    assert his.data["execution"]["rows"]["rows"]
    assert not hers.done()
    hers.cancel()


async def test_somebody_whose_line_is_full_is_refused_and_told_when_to_come_back(
    alice, run, busy, small_pool
):
    await busy(alice)
    waits = small_pool.submit(alice.user_id, lambda: None)
    refused = await execute(alice, ROWS, id=run)
    (error,) = refused.errors
    assert error.message.startswith("1 computations of yours are waiting already.")
    assert error.extensions["code"] == "RATE_LIMITED"
    assert error.extensions["retryAfter"]
    waits.cancel()


async def test_work_that_nobody_waits_for_any_more_is_not_done(alice, run, busy, small_pool):
    await busy(alice)
    pool.act_for(alice.user_id)
    done: list[int] = []
    waits = asyncio.create_task(pool.run(done.append, 1))
    await asyncio.sleep(0)
    with pytest.raises(RateLimited):
        await pool.run(done.append, 2)
    waits.cancel()
    await asyncio.wait([waits])
    again = asyncio.create_task(pool.run(done.append, 3))  # there is room in the line again
    await asyncio.sleep(0)
    assert not again.done()
    assert done == []
    again.cancel()


async def test_the_engine_takes_what_threads_there_are(small_pool):
    pool.act_for(None)
    both = threading.Barrier(2)
    await asyncio.gather(*(pool.run(both.wait, PATIENCE) for _ in range(2)))
    assert await asyncio.gather(*(pool.run(int, n) for n in range(50))) == list(range(50))


async def test_persons_get_their_turn_one_after_the_other(small_pool):
    first = pool.Pool(threads=1, share=1, waiting=10)
    end, order = threading.Event(), list[str]()
    blocks = first.submit("nobody", lambda: end.wait(PATIENCE))
    waiting = [first.submit("Alice", lambda: order.append("Alice")) for _ in range(3)]
    waiting += [first.submit("Bob", lambda: order.append("Bob")) for _ in range(2)]
    end.set()
    for one in [blocks, *waiting]:
        await asyncio.wrap_future(one)
    assert order == ["Alice", "Bob", "Alice", "Bob", "Alice"]


async def test_the_bus_does_not_wait_behind_computations(alice, bob, busy, sent):
    await busy(alice)
    await busy(bob)
    async with asyncio.timeout(PATIENCE), db.worker_transaction() as session:
        bus.later(session, Job.DISPATCH_INSTANCE, "inst_1")
    assert sent == [(Job.DISPATCH_INSTANCE, "inst_1")]


async def test_others_are_answered_while_a_long_answer_is_made(
    alice, bob, report, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(turns, "SLICE", 0)  # every portion of a list is a turn
    rounds = 0

    async def count() -> None:
        nonlocal rounds
        while True:
            await asyncio.sleep(0)
            rounds += 1

    counting = asyncio.create_task(count())
    hers = asyncio.create_task(execute(alice, PLANS, id=report["id"]))
    his = await execute(bob, f"query($id: ID!) {{ {PLAN} }}", id=report["id"])
    assert len(his.data["collectionPlan"]["segments"]) == 365
    assert not hers.done()
    assert len((await hers).data["a4"]["segments"]) == 365
    counting.cancel()
    assert rounds > 5 * 4  # the lists are written in as many portions, whatever else is waited for


async def test_what_is_asked_for_in_slices_is_still_asked_for_together(
    ask, report, count_statements, monkeypatch: pytest.MonkeyPatch
):
    for _ in range(3):
        await ask(RUN, id=report["id"])
    await ask(NESTED)
    counts = []
    for seconds in (PATIENCE, 0):
        monkeypatch.setattr(turns, "SLICE", seconds)
        monkeypatch.setattr(batches, "PORTION", 20 if seconds else 1)
        with count_statements() as seen:
            await ask(NESTED)
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_fields_that_wait_for_the_same_answer_go_on_a_few_at_a_time():
    asked, done, rounds = batches.Batches(), list[int](), list[int]()

    async def answer(keys: list[int]) -> dict[int, int]:
        return {key: key for key in keys}

    async def field(key: int) -> None:
        done.append(await asked.find("same", answer, key, key))

    async with asyncio.TaskGroup() as fields:
        for key in range(10 * batches.PORTION):
            fields.create_task(field(key))
        while len(done) < 10 * batches.PORTION:
            before = len(done)
            await asyncio.sleep(0)
            rounds.append(len(done) - before)
    assert sorted(done) == list(range(10 * batches.PORTION))
    assert max(rounds) <= batches.PORTION
