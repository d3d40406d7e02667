"""Over random histories, no stored result that a row names is removed, and every other one is."""

import os
import random
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import null, select, text

from domain import db, ids, models, storage
from domain.executions import files
from tests.database.rows import done
from tests.executions.stored_results import later, named, there, tidy_up

SEEDS = int(os.environ.get("REMOVALS", "6"))  # random histories


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
