"""Collections while everything is killed, frozen, emptied and restarted at random.

`make chaos` is the long version: 52 weeks, five minutes, processes frozen for a minute.
"""

import asyncio
import contextlib
import os
import random
import time

import pytest
import redis.asyncio

from tests.collections.disturbed import collected, numbers, read, until_over
from tests.local.running_system import QUICK, VICTIMS, RunningSystem, running_system

pytestmark = pytest.mark.processes

WEEKS = int(os.environ.get("CHAOS_WEEKS", "6"))
SECONDS = float(os.environ.get("CHAOS_SECONDS", "12"))
FROZEN = float(os.environ.get("CHAOS_FROZEN", "4"))  # seconds; `make chaos` has 60
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PATIENCE = 180.0 + 10 * WEEKS


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


async def test_a_collection_outlives_everything_and_its_numbers_are_the_same():
    limits = {"COLLECTIONS_PER_USER": "10", "SEGMENT_RETRY_MIN": "0.5", "SEGMENT_RETRY_MAX": "3"}
    with running_system(**QUICK, **limits) as system:
        calm_report, calm = await collected(system, "calm", WEEKS)
        undisturbed = await until_over(system, calm, PATIENCE)
        assert undisturbed["status"] == "COMPLETED", system.logs()

        report, collection = await collected(system, "chaos", WEEKS)
        attacks = await attack(system, time.monotonic() + SECONDS)
        ended = await until_over(system, collection, PATIENCE)

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
        ours = await numbers(system, report)
        theirs = await numbers(system, calm_report)
        assert len(ours) > WEEKS
        assert ours == theirs
