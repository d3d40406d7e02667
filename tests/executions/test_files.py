"""Stored results: no file that a row names is ever removed, and every other one is."""

import asyncio
import os
import random
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import null, select, text
from sqlalchemy.exc import DBAPIError

from domain import db, ids, models, storage
from domain.collections import edges
from domain.collections import steps as collection_steps
from domain.executions import claims, files, steps
from jobs import clock
from tests.collections.collections import ACT
from tests.collections.collections import READ as COLLECTION
from tests.database.rows import done
from tests.executions.executions import READ, ROWS, RUN
from tests.executions.workers import PATIENCE
from tests.schedules.schedules import CREATE, HOURLY, ago, fire

SEEDS = int(os.environ.get("REMOVALS", "6"))  # random histories
NAMES = text(
    """
    SELECT output_location FROM report_executions
    UNION SELECT output_location FROM workflow_executions
    UNION SELECT output_location FROM archived_workflow_executions
    UNION SELECT result_location FROM report_data_weeks
    UNION SELECT result_location FROM report_week_revisions
    """
)


async def named() -> set[str]:
    """The keys of all files that a row names."""
    async with db.owner_transaction() as session:
        return {key for key in await session.scalars(NAMES) if key is not None}


async def later() -> None:
    """Let so much time pass that all that was noted or decided is due."""
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE result_removals SET due_at = now() WHERE due_at IS NOT NULL")
        )


async def tidy_up(do: Any, sent: list[Any]) -> None:
    """Let the job decide, let time pass, and let it remove."""
    for _ in range(3):
        await later()
        sent[:] = [files.JOB]
        while sent:
            await do()


async def notes() -> list[Any]:
    async with db.owner_transaction() as session:
        return list(await session.execute(text("SELECT * FROM result_removals ORDER BY id")))


async def there(keys: set[str]) -> set[str]:
    """Those of these files that are in the store."""
    return {key for key in keys if await storage.exists(key)}


async def test_deleting_a_collection_removes_its_files(
    ask, refused, collect, work_until_done, do, sent
):
    collection = await collect(2)
    await work_until_done()
    keys = await named()
    runs = [week["execution"]["id"] for week in (await ask(COLLECTION, id=collection))["weeks"]]
    assert len(keys) == 2

    await ask(ACT["delete"], id=collection)
    assert sent.count(files.JOB) == 1
    await do()
    assert await named() == set()
    assert await there(keys) == keys, "somebody may be reading them"
    await tidy_up(do, sent)

    assert await there(keys) == set()
    assert (await ask(READ, id=runs[0]))["status"] == "COMPLETED", "executions stay"
    refusal = await refused(ROWS, id=runs[0], first=1, offset=0)
    assert (refusal["code"], "was removed" in refusal["message"]) == ("NOT_FOUND", True)


async def test_what_another_collection_took_over_stays_until_that_goes(
    ask, collect, work_until_done, do, sent
):
    first = await collect(1)
    await work_until_done()
    (shared,) = await named()
    second = await collect(2)
    await work_until_done()
    keys = await named()

    await ask(ACT["delete"], id=first)
    await tidy_up(do, sent)
    assert await there(keys) == keys == await named()
    week = (await ask(COLLECTION, id=second))["weeks"][0]
    assert (await ask(ROWS, id=week["execution"]["id"], first=1, offset=0))["rows"]["rows"]

    await ask(ACT["delete"], id=second)
    await tidy_up(do, sent)
    assert await there(keys) == set()
    assert shared in keys


async def test_a_run_with_the_same_result_keeps_the_file(
    ask, report, collect, work_until_done, do, sent
):
    collection = await collect(1)
    await work_until_done()
    week = (await ask(COLLECTION, id=collection))["weeks"][0]
    end = (date.fromisoformat(week["endDate"]) + timedelta(days=1)).isoformat()
    run = await ask(RUN, id=report["id"], window={"start": week["startDate"], "end": end})
    await work_until_done()
    (key,) = await named()

    await ask(ACT["delete"], id=collection)
    await tidy_up(do, sent)
    assert await there({key}) == {key}
    assert (await ask(ROWS, id=run["id"], first=1, offset=0))["rows"]["rows"]


async def test_a_scheduled_run_keeps_its_result_when_its_history_is_deleted(
    ask, report, work_until_done, do, sent
):
    made = await ask(CREATE, report=report["id"], schedule=HOURLY | {"keepsHistory": True})
    await ago(made["id"], hours=1)
    await fire(made["id"])
    await work_until_done()
    (key,) = await named()
    async with db.owner_transaction() as session:
        collection = await session.scalar(text("SELECT id FROM report_data_collections"))

    await ask(ACT["delete"], id=ids.encode("col", collection))
    await tidy_up(do, sent)
    assert await named() == await there({key}) == {key}


async def test_what_is_deleted_and_collected_again_is_there(
    ask, collect, work_until_done, do, sent
):
    for _ in range(3):
        collection = await collect(2)
        await work_until_done()
        keys = await named()
        assert len(keys) == 2
        assert await there(keys) == keys
        await ask(ACT["delete"], id=collection)
        await tidy_up(do, sent)
        assert await there(keys) == set()


async def test_instances_and_reports_that_go_take_their_files_along(
    ask, report, collect, work_until_done, do, sent
):
    await collect(1)
    await ask(RUN, id=report["id"])
    await work_until_done()
    keys = await named()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM report_definitions"))
    await tidy_up(do, sent)
    assert await there(keys) == set()


# Races and deaths.


Stored = tuple[str, claims.Claim, Any]  # an execution, claimed, and what its worker brought


@pytest.fixture
def stored(ask, report, do, amc):
    """Run a report until its file is stored, and is not recorded."""

    async def run() -> Stored:
        run = (await ask(RUN, id=report["id"]))["id"]
        while (await ask(READ, id=run))["phase"] != "INGESTING":
            await clock.tick(tidy=False)
            await do()
        async with db.worker_transaction() as session:
            claim = await claims.claim(session, run)
        assert claim is not None
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
    assert len(await notes()) == 1
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE result_removals SET removed_at = removed_at - interval '8 days'")
        )
    await clock.tick()
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


# Random histories.


class History:
    """Rows that name files at random, deleted at random, and workers that remove files."""

    def __init__(self, seed: int, viewer: Any, instance: UUID, report: UUID, path: Path) -> None:
        self.chance = random.Random(seed)
        self.mine = {"user_id": viewer.user_id, "instance_id": instance}
        self.report = report
        self.path = path
        self.contents = [f"results/{instance.hex}/{number}.parquet" for number in range(5)]
        self.used: set[str] = set()
        self.frozen: list[Any] = []

    async def bring(self) -> None:
        """A worker stores a result and records it, in a collection, in several, or by itself."""
        async with db.worker_transaction() as session:
            key = await files.reserve(session, self.chance.choice(self.contents))
        if not await storage.exists(key):
            await storage.put(self.path, key)
        self.used.add(key)
        if self.chance.random() < 0.2:
            await self.do_something_else()
        if self.chance.random() < 0.1:
            return  # it dies
        async with db.worker_transaction() as session:
            if await files.may_name(session, key):
                await self.name(session, key)

    async def name(self, session: Any, key: str) -> None:
        collections = list(await session.scalars(text("SELECT id FROM report_data_collections")))
        kind = self.chance.choice(("manual", "backfill", "schedule"))
        inside = kind != "manual" and collections
        run = models.ReportExecution(
            **done(triggered_by=kind if inside else "manual", output_location=key)
            | {"due_at": null()},  # the default of a None is now()
            **self.mine,
            report_id=self.report,
            collection_id=self.chance.choice(collections) if inside else None,
        )
        session.add(run)
        await session.flush()
        for collection in collections if inside else ():
            if collection == run.collection_id or self.chance.random() < 0.3:
                await self.segment(session, collection, run)

    async def segment(self, session: Any, collection: UUID, run: Any) -> None:
        """One of a few days, for the first time or again; with a revision, or without."""
        day = date(2026, 1, 1) + timedelta(days=self.chance.randrange(3))
        result = {"report_execution_id": run.id, "result_location": run.output_location}
        week = await session.scalar(
            select(models.Week).where(
                models.Week.collection_id == collection, models.Week.week_start_date == day
            )
        )
        if week is None:
            days = {"week_start_date": day, "week_end_date": day}
            week = models.Week(collection_id=collection, status="completed", outcome="DATA", **days)
            session.add(week)
        week.revision = (week.revision or 0) + 1
        for name, value in result.items():
            setattr(week, name, value)
        await session.flush()
        if self.chance.random() < 0.5:
            session.add(
                models.WeekRevision(
                    week_id=week.id,
                    revision=week.revision,
                    checksum="0",
                    outcome="DATA",
                    row_count=1,
                    **result,
                )
            )

    async def begin(self) -> None:
        """A collection."""
        async with db.worker_transaction() as session:
            session.add(
                models.Collection(
                    report_id=self.report,
                    collection_type="backfill",
                    target_weeks=1,
                    start_date=date(2026, 1, 1),
                    end_date=date(2026, 12, 31),
                    **self.mine,
                )
            )

    async def delete(self) -> None:
        """A collection, a segment or an execution goes."""
        table = self.chance.choice(
            ("report_data_collections", "report_data_collections", "report_executions")
        )
        async with db.owner_transaction() as session:
            found = list(await session.scalars(text(f"SELECT id FROM {table} ORDER BY id")))
            if found:
                one = self.chance.choice(found)
                await session.execute(text(f"DELETE FROM {table} WHERE id = :id"), {"id": one})

    async def work(self) -> None:
        """A worker takes a step of the removal; it may die or be frozen before the next."""
        if self.chance.random() < 0.7:
            await later()
        async with db.worker_transaction() as session:
            await files.decide(session)
        async with db.worker_transaction() as session:
            removals = await files.claim(session)
        match self.chance.choice(("go on", "go on", "die", "freeze")):
            case "go on":
                failed = await files.remove(removals)
                async with db.worker_transaction() as session:
                    await files.record(session, removals, failed)
            case "freeze":
                self.frozen += removals

    async def thaw(self) -> None:
        """A frozen worker wakes up and goes on."""
        await files.remove(self.frozen)
        async with db.worker_transaction() as session:
            await files.record(session, self.frozen, {})
        self.frozen = []

    async def do_something_else(self) -> None:
        await self.chance.choice((self.delete, self.work, self.work, self.thaw))()

    async def do_something(self) -> None:
        usual = (self.bring, self.bring, self.begin, self.delete, self.work)
        await self.chance.choice((*usual, self.do_something_else))()


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_no_named_file_is_ever_removed_and_every_other_one_is(
    seed, alice, instance, report, tmp_path, do, sent
):
    path = tmp_path / "result"
    path.write_bytes(b"a result")
    history = History(seed, alice, instance.id, ids.decode("rpt", report["id"]), path)
    for _ in range(100):
        await history.do_something()
        assert await named() <= await there(history.used)
    await history.thaw()
    await tidy_up(do, sent)
    assert await there(history.used) == await named()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM report_data_collections"))
        await session.execute(text("DELETE FROM report_executions"))
    await tidy_up(do, sent)
    assert await there(history.used) == set()
