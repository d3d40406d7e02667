"""Collections while everything is killed, frozen, emptied and restarted at random.

`make chaos` is the long version: 52 weeks, five minutes, processes frozen for a minute.
"""

import asyncio
import contextlib
import os
import random
import time
from typing import Any

import asyncpg
import pytest
import redis.asyncio

from tests.local.running_system import QUICK, VICTIMS, RunningSystem, running_system

pytestmark = pytest.mark.processes

WEEKS = int(os.environ.get("CHAOS_WEEKS", "6"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "12"))
FROZEN = float(os.environ.get("CHAOS_FROZEN", "4"))  # seconds; `make chaos` has 60
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PATIENCE = 180.0 + 10 * WEEKS
START = """
mutation($report: ID!, $weeks: Int!, $key: String!) {
  collectionStart(idempotencyKey: $key, collection: {
    reportId: $report, targetWeeks: $weeks,
    segmentation: {parallelLimit: 10, maxAttempts: 10}
  }) { id }
}
"""
READ = """
query($id: ID!) {
  collection(id: $id) {
    status isOver weeksCompleted progressPercentage errorMessage
    weeks { status checksum revision outcome execution { id status } }
  }
}
"""
NUMBERS = """
SELECT aggregation_type, aggregation_key, dimension_key, state, metrics, metric_states, coverage,
    row_count, suppressed_rows, undated_rows, is_provisional
FROM report_data_aggregates WHERE report_id = $1 ORDER BY 1, 2, 3
"""


async def attack(system: RunningSystem, until: float) -> list[str]:
    """Kill, freeze and empty what holds the system up, one after the other."""
    chance = random.Random(SEED)
    done = []
    while time.monotonic() < until:
        await asyncio.sleep(chance.uniform(0.3, 2.0))
        name = chance.choice(VICTIMS)
        match chance.choice(("kill", "kill", "freeze", "flush")):
            case "kill":
                done.append(f"kill {name}" if system.kill(name) else f"{name} was away")
            case "freeze":
                await system.freeze(name, min(FROZEN, max(1.0, until - time.monotonic())))
                done.append(f"freeze {name}")
            case _:
                await flush(system)
                done.append("flush")
    return done


async def flush(system: RunningSystem) -> None:
    """Have Redis forget everything."""
    with contextlib.suppress(redis.exceptions.RedisError, OSError, TimeoutError):
        client = redis.asyncio.Redis.from_url(system.running.settings["REDIS_URL"])
        async with asyncio.timeout(2), client:
            await client.flushall()


async def until_over(system: RunningSystem, collection: str) -> dict[str, Any]:
    """As it ended."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found: dict[str, Any] = await system.ask(READ, id=collection)
            if found["isOver"]:
                return found
            await asyncio.sleep(0.5)


async def read(system: RunningSystem, query: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(system.running.settings["DATABASE_URL"])
    try:
        return [tuple(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


async def collected(system: RunningSystem, name: str) -> tuple[str, str]:
    """A new report and its collection, started once however often it takes to be heard."""
    report = await system.report()
    started = await system.ask(START, report=report, weeks=WEEKS, key=name)
    return report, started["id"]


async def test_a_collection_outlives_everything_and_its_numbers_are_the_same():
    limits = {"COLLECTIONS_PER_USER": "10", "SEGMENT_RETRY_MIN": "0.5", "SEGMENT_RETRY_MAX": "3"}
    with running_system(**QUICK, **limits) as system:
        calm_report, calm = await collected(system, "calm")
        undisturbed = await until_over(system, calm)
        assert undisturbed["status"] == "COMPLETED", system.logs()

        report, collection = await collected(system, "chaos")
        attacks = await attack(system, time.monotonic() + SECONDS)
        ended = await until_over(system, collection)

        assert len(attacks) >= SECONDS / 10
        assert (ended["status"], ended["weeksCompleted"]) == ("COMPLETED", WEEKS), system.logs()
        for before, after in zip(undisturbed["weeks"], ended["weeks"], strict=True):
            assert after["checksum"] == before["checksum"]
            assert (after["status"], after["revision"]) == ("COMPLETED", 1)
        await asyncio.sleep(1)
        stats = system.amc()
        asked = await read(
            system, "SELECT count(*) FROM report_executions WHERE amc_execution_id IS NOT NULL"
        )
        assert stats["executions_created"] == asked[0][0], attacks
        assert set(stats["by_workflow"].values()) == {1}
        ours = await read(system, NUMBERS, await key_of(system, report))
        theirs = await read(system, NUMBERS, await key_of(system, calm_report))
        assert len(ours) > WEEKS
        assert ours == theirs


async def key_of(system: RunningSystem, report: str) -> Any:
    rows = await read(system, "SELECT id FROM report_definitions WHERE report_id = $1", report)
    return rows[0][0]
