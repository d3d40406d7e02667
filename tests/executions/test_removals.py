"""The removal of stored results: races with workers that name them, frozen workers, and deaths."""

import asyncio
import time
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import jobs.executions
import jobs.instances
from domain import db, storage
from domain.collections import edges
from domain.collections import steps as collection_steps
from domain.executions import claims, files, steps
from jobs import clock
from tests.collections.collections import ACT
from tests.executions.executions import READ, ROWS, RUN
from tests.executions.stored_results import later, named, notes, there, tidy_up
from tests.executions.workers import PATIENCE

Stored = tuple[str, claims.Claim, Any]  # an execution, claimed, and what its worker brought


@pytest.fixture
def stored(ask, report, do, amc, monkeypatch):
    """Run a report until its file is stored, and is not recorded."""

    async def run() -> Stored:
        run = (await ask(RUN, id=report["id"]))["id"]
        claimed: list[claims.Claim] = []

        async def keep(found: list[claims.Claim] | None) -> None:
            claimed.extend(found or ())

        with monkeypatch.context() as busy:  # workers that claim results and go no further
            busy.setattr(jobs.executions, "ingest", keep)
            busy.setattr(jobs.instances, "ingest", keep)
            while not claimed:
                await clock.tick(tidy=False)
                await do()
        (claim,) = claimed
        return run, claim, await steps.act(claim, amc)

    return run


async def record(stored: Stored) -> None:
    async with db.worker_transaction() as session:
        await steps.record(session, *stored[1:])


async def forget_executions() -> None:
    """Have no row name a result any more."""
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM report_executions WHERE phase = 'done'"))


async def decide(patience: str = "10s") -> None:
    await later()
    async with db.worker_transaction() as session:
        await session.execute(text(f"SET LOCAL lock_timeout = '{patience}'"))
        await files.decide(session)


async def test_a_file_that_was_given_up_while_it_was_stored_again_is_stored_anew(
    ask, stored, do, sent, work_until_done
):
    await record(await stored())
    second = await stored()
    await forget_executions()
    key = second[2].location
    await decide()
    await record(second)
    assert (await ask(READ, id=second[0]))["phase"] == "INGESTING"
    await tidy_up(do, sent)
    assert await there({key}) == set()

    await work_until_done()
    (other,) = await named()
    assert other != key
    assert await there({other}) == {other}
    assert (await ask(ROWS, id=second[0], first=1, offset=0))["rows"]["rows"]


async def test_a_file_that_is_named_again_before_it_is_given_up_stays(stored, do, sent):
    await record(await stored())
    second = await stored()
    await forget_executions()
    await record(second)
    await tidy_up(do, sent)
    assert await named() == await there({second[2].location}) == {second[2].location}


async def test_a_worker_that_was_frozen_while_it_removed_harms_nobody(stored, do, sent):
    first = await stored()
    await record(first)
    await forget_executions()
    await decide()
    await later()
    async with db.worker_transaction() as session:
        frozen = await files.claim(session)
    assert [one.key for one in frozen] == [first[2].location]
    await tidy_up(do, sent)  # another worker removes it

    second = await stored()
    await record(second)
    await files.remove(frozen)
    async with db.worker_transaction() as session:
        await files.record(session, frozen, {})
    assert await named() == await there({second[2].location}) == {second[2].location}


async def test_nobody_decides_while_a_worker_names_the_file(stored):
    first = await stored()
    await record(first)
    second = await stored()
    await forget_executions()
    async with db.worker_transaction() as naming:
        await steps.record(naming, *second[1:])
        with pytest.raises(DBAPIError, match="lock timeout"):
            await decide(patience="50ms")
    await decide()
    assert await named() == {second[2].location}
    assert not any(note.decided_at for note in await notes())


async def waits_for_a_lock() -> bool:
    """Whether somebody waits for somebody else."""
    async with db.owner_transaction() as session:
        return bool(await session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


async def test_a_collection_is_not_deleted_while_another_takes_over_its_results(
    ask, collect, work_until_done, do, sent
):
    first = await collect(1)
    await work_until_done()
    (key,) = await named()
    second = await collect(2)
    async with db.worker_transaction() as session:
        await collection_steps.step(session, second)
        deleting = asyncio.create_task(ask(ACT["delete"], id=first))
        ends = time.monotonic() + PATIENCE
        while not await waits_for_a_lock():
            assert time.monotonic() < ends, "nobody waits"
            await asyncio.sleep(0.005)
    assert await deleting == first
    await tidy_up(do, sent)
    assert key in await named()
    assert await there({key}) == {key}


async def test_results_of_a_collection_that_is_being_deleted_are_not_taken_over(
    alice, collect, work_until_done, do, sent
):
    first = await collect(1)
    await work_until_done()
    keys = await named()
    second = await collect(1)
    async with db.transaction(alice) as session:
        await edges.remove(session, alice, first)
        async with db.worker_transaction() as worker:
            await collection_steps.step(worker, second)
    await tidy_up(do, sent)
    assert await there(keys) == set()
    await work_until_done()
    assert await there(await named()) == await named() != set()


async def test_a_worker_may_die_after_each_step(stored, sent, do):
    first = await stored()
    await record(first)
    await forget_executions()
    await decide()
    for dies_before_removing in (True, False):
        await later()
        async with db.worker_transaction() as session:
            removals = await files.claim(session)
        assert [one.key for one in removals] == [first[2].location]
        if not dies_before_removing:
            assert await files.remove(removals) == {}
    await tidy_up(do, sent)
    (note,) = await notes()
    assert note.removed_at is not None
    assert await there({first[2].location}) == set()


async def test_a_file_that_cannot_be_removed_is_tried_again_and_says_why(
    stored, sent, do, monkeypatch
):
    first = await stored()
    await record(first)
    await forget_executions()

    async def broken(key: str) -> None:
        raise OSError("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "remove", broken)
        await tidy_up(do, sent)
        (note,) = await notes()
        assert (note.removed_at, note.error_message) == (None, "OSError: the disk is away")
        assert note.tries > 0
    await tidy_up(do, sent)
    (note,) = await notes()
    assert (note.removed_at is None, note.error_message) == (False, None)


async def test_removed_files_are_forgotten_after_a_week(stored, sent, do):
    await record(await stored())
    await forget_executions()
    await tidy_up(do, sent)
    await clock.tick()
    await do()
    assert len(await notes()) == 1
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE result_removals SET removed_at = removed_at - interval '8 days'")
        )
    await clock.tick()
    await do()
    assert await notes() == []


async def test_the_clock_nudges_what_is_due(stored, sent):
    await record(await stored())
    sent.clear()
    await clock.tick()
    assert files.JOB not in sent
    await later()
    await clock.tick()
    assert files.JOB in sent


async def test_what_is_removed_already_may_be_removed_again(tmp_path):
    (tmp_path / "file").write_bytes(b"a result")
    key = f"results/{uuid4().hex}/file"
    await storage.put(tmp_path / "file", key)
    await storage.remove(key)
    assert not await storage.exists(key)
    await storage.remove(key)
