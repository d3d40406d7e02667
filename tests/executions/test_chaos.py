"""kill -9 at everything while executions are under way. `make chaos` is the long version."""

import asyncio
import os
import random

import pytest

from tests.local.running_system import QUICK, READ, RUN, VICTIMS, RunningSystem, running_system

pytestmark = pytest.mark.processes

EXECUTIONS = int(os.environ.get("CHAOS_EXECUTIONS", "6"))
KILLS = int(os.environ.get("CHAOS_KILLS", "6"))
SEED = int(os.environ.get("CHAOS_SEED", "1"))
PATIENCE = 60.0 + 10 * EXECUTIONS  # seconds until all are done


async def attack(system: RunningSystem, kills: int) -> list[str]:
    """Kill one process after the other, each once and then at random."""
    chance = random.Random(SEED)
    order = [*VICTIMS, *chance.choices(VICTIMS, k=max(0, kills - len(VICTIMS)))][:kills]
    killed = []
    for name in order:
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        until = asyncio.get_running_loop().time() + 20
        while not system.kill(name):  # it may be on its way up again
            assert asyncio.get_running_loop().time() < until, f"{name} did not come back"
            await asyncio.sleep(0.1)
        killed.append(name)
    return killed


async def until_done(system: RunningSystem, runs: list[str]) -> list[dict[str, str]]:
    """All of them, once none is open."""
    async with asyncio.timeout(PATIENCE):
        while True:
            found = [await system.ask(READ, id=run) for run in runs]
            if all(one["phase"] == "DONE" for one in found):
                return found
            await asyncio.sleep(0.5)


async def test_kill_9_at_everything_loses_and_doubles_nothing():
    with running_system(**QUICK) as system:
        report = await system.report()
        runs = [
            (await system.ask(RUN, id=report, key=f"run {number}"))["id"]
            for number in range(EXECUTIONS)
        ]
        killed = await attack(system, KILLS)
        ended = await until_done(system, runs)

        assert len(killed) == KILLS
        assert [one["status"] for one in ended] == ["COMPLETED"] * EXECUTIONS, system.logs()
        assert len({one["rowCount"] for one in ended}) == 1
        assert system.amc()["executions_created"] == EXECUTIONS
