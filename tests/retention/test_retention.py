"""Retention: what goes by time, and what never does. Time is moved by making rows older."""

import asyncio
import random
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain import db, ids, storage
from domain.bus.queues import Job
from domain.executions import files
from domain.retention import holds, orphans, retention
from domain.retention.rules import RULES
from domain.settings import settings
from tests.database import rows
from tests.executions.workers import ACTORS
from tests.local.command_line import amc_reports
from tests.retention.retention import noted, run, take_steps

# The age of what each rule looks at, and how to make a row older that `rows.populate` has made.
AGES = {
    "ticks": "UPDATE schedule_ticks SET created_at = {}",
    "notices": (
        "UPDATE notices SET created_at = {}, state = 'failed', last_error = '?', due_at = NULL"
    ),
    "inbox": "UPDATE inbox_entries SET created_at = {} WHERE dedupe_key = '1'",
    "view_insights": "UPDATE dashboard_insights SET generated_at = {}",
    "ai_insights": "UPDATE ai_insights SET created_at = {}",
    "exports": (
        "UPDATE report_exports SET exported_at = {}, state = 'expired', file_url = NULL, "
        "due_at = NULL"
    ),
    "builder_steps": "UPDATE report_builder_audit SET created_at = {}",
    "superseded_results": "UPDATE report_week_revisions SET created_at = {}",
    "results": (
        "UPDATE report_executions SET created_at = {} + (right(output_location, 1) || ' minutes')"
        "::interval WHERE week_id IS NULL"
    ),
    "views": "UPDATE dashboard_views SET last_updated = {}",
    "removals": "UPDATE retention_log SET created_at = {}",
    "audit": (
        "UPDATE audit_entries SET created_at = {} WHERE object_type = 'report' AND act = 'create'"
    ),
}
OLD = "now() - interval '{} days'"
# An execution with a newer one of its report, and a superseded revision.
MORE = (
    """
    INSERT INTO report_executions (report_id, instance_id, triggered_by, sql_text, sql_hash, phase,
        status, due_at, completed_at, outcome, output_location, size_bytes, created_at)
    SELECT report_id, instance_id, 'manual', '1', '0', 'done', 'completed', NULL, now(), 'DATA',
        'results/' || n, 7, now() + (n || ' minutes')::interval
    FROM report_executions, generate_series(1, 2) n LIMIT 2
    """,
    "UPDATE report_week_revisions SET result_location = 'results/superseded'",
    """
    INSERT INTO report_week_revisions (week_id, revision, checksum, outcome, row_count, created_at)
    SELECT week_id, 2, '1', 'DATA', 1, now() - interval '1000 days' FROM report_week_revisions
    """,
)


async def foreseen() -> dict[str, int]:
    async with db.owner_transaction() as session:
        return {rule.name: one.items for rule, one in await retention.foreseen(session)}


async def logged() -> dict[str, int]:
    async with db.owner_transaction() as session:
        return {one.name: one.items for one in await retention.states(session)}


@pytest.fixture
async def aged(alice, instance) -> rows.Rows:
    """A row in every table but holds, and old results."""
    made = await rows.populate(alice, instance.id)
    await run("DELETE FROM legal_holds", *MORE)
    return made


async def test_each_rule_removes_what_is_older_than_it_says(aged):
    none = dict.fromkeys(RULES, 0)
    for name, statement in AGES.items():
        await run(statement.format(OLD.format(RULES[name].days - 1)))
    await take_steps(*RULES)
    assert await foreseen() == none

    for name, statement in AGES.items():
        await run(statement.format(OLD.format(RULES[name].days + 1)))
    expected = dict.fromkeys(RULES, 1)
    assert await foreseen() == expected
    told = await asyncio.to_thread(amc_reports, "retention", "--dry-run")
    assert [line.split()[3] for line in told.stdout.splitlines()[1:]] == ["1"] * len(RULES)

    await take_steps(*RULES)

    assert await foreseen() == none
    assert await logged() == expected
    assert {"results/1", "results/superseded"} <= await noted()
    async with db.owner_transaction() as session:
        kept = await session.scalars(
            text("SELECT output_location FROM report_executions WHERE output_location IS NOT NULL")
        )
        assert kept.all() == ["results/2"], "the newest result of a report stays"


@pytest.mark.parametrize("on", ["report", "instance"])
async def test_a_legal_hold_stops_every_rule_until_it_is_released(aged, on):
    for name, statement in AGES.items():
        await run(statement.format(OLD.format(RULES[name].days + 1)))
    key = aged["report_definitions"].id if on == "report" else aged["workflows"].instance_id
    name = ids.encode("rpt" if on == "report" else "inst", key)
    told = await asyncio.to_thread(amc_reports, "hold", "place", name, "--reason", "A suit")
    assert told.returncode == 0, told.stderr

    await take_steps(*RULES)
    went = {rule for rule, items in (await logged()).items() if items}
    assert went - {"removals"} == {"ai_insights"}, "answers to questions are of no report"

    async with db.owner_transaction() as session:
        await holds.release(session, name)
        assert [one.reason for one in await holds.listed(session)] == ["A suit"]
    await take_steps(*RULES)
    assert {rule for rule, items in (await logged()).items() if items} == set(RULES)


@pytest.mark.parametrize("seed", range(3))
async def test_no_named_file_is_removed_and_every_unnamed_one_is(aged, seed):
    """Segments and revisions name files at random; superseded revisions let go of theirs."""
    chance = random.Random(seed)
    keys = [f"random/{seed}/{n}" for n in range(6)]
    await run("DELETE FROM report_week_revisions", "DELETE FROM result_removals")
    used = [chance.choice(keys) for _ in range(9)]
    for number, key in enumerate(used[1:], start=1):
        await run(
            "INSERT INTO report_week_revisions (week_id, revision, checksum, outcome, row_count, "
            "result_location, created_at) VALUES (:week, :number, '0', 'DATA', 1, :key, "
            f"{OLD.format(chance.choice([1, 500, 500]))})",
            week=aged["report_data_weeks"].id,
            number=number,
            key=key,
        )
    await run("UPDATE report_data_weeks SET result_location = :key", key=used[0])
    for key in used:
        stored_at(key).parent.mkdir(parents=True, exist_ok=True)
        stored_at(key).write_bytes(b"rows")

    await take_steps("superseded_results")
    for _ in range(2):  # decide, and remove
        await run("UPDATE result_removals SET due_at = now() WHERE due_at IS NOT NULL")
        await ACTORS[Job.REMOVE_RESULTS]("results")

    async with db.owner_transaction() as session:
        named = {key async for key in files.named(session)} & set(used)
    assert {key for key in used if stored_at(key).exists()} == named
    assert named < set(used), "some were let go of"


def stored_at(key: str) -> Path:
    return Path(settings.storage_url.removeprefix("file://"), *key.split("/"))


async def test_orphans_are_found_both_ways(aged, tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"rows")
    unnamed, named = f"results/{uuid4().hex}.parquet", "results/2"
    for key in (unnamed, named):
        await storage.put(tmp_path / "file", key)
    await run("UPDATE report_executions SET output_location = 'lost' WHERE week_id IS NOT NULL")

    async def check(**more: Any) -> orphans.Found:
        async with db.owner_transaction() as session:
            return await orphans.check(session, **more)

    assert unnamed not in (await check()).unnamed_keys, "a worker may be about to name it"
    monkeypatch.setattr(orphans, "YOUNG", timedelta(hours=-1))
    found = await check(remove=True)
    assert unnamed in found.unnamed_keys
    assert named not in found.unnamed_keys
    assert "lost" in found.lost_keys
    assert unnamed in await noted()
    assert (await check()).unnamed == 0, "what is noted is not told again"
    told = await asyncio.to_thread(amc_reports, "storage", "check")
    assert told.returncode == 1
    assert "Lost, though a row names it: lost" in told.stderr
