"""What a running system has used: CPU by process, SQL statements, commits, messages, publishes."""

import asyncio
import json
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import redis.asyncio

from benchmarks.support.processes import cpu, wakeups
from tests.local.running_system import RunningSystem

ORCHESTRATION = ("worker", "clock", "postgres", "valkey")
USED = """
    SELECT (SELECT sum(calls) FROM pg_stat_statements(false) s JOIN pg_roles r ON r.oid = s.userid
            WHERE r.rolname LIKE 'amc_%')::float AS statements,
        (SELECT sum(xact_commit) FROM pg_stat_database)::float AS commits,
        (pg_current_wal_insert_lsn() - '0/0')::float / 1024 AS wal
"""
CHANGED = """
    SELECT relname AS table, n_tup_upd AS updates, n_tup_hot_upd AS hot
    FROM pg_stat_user_tables WHERE n_tup_upd > 0 ORDER BY n_tup_upd DESC LIMIT $1
"""
TOP = """
    SELECT calls, total_exec_time + total_plan_time AS ms, query FROM pg_stat_statements s
    JOIN pg_roles r ON r.oid = s.userid WHERE r.rolname LIKE 'amc_%' ORDER BY calls DESC LIMIT $1
"""


@dataclass(frozen=True)
class Use:
    """What was used between two moments."""

    seconds: float
    cpu: Mapping[str, float]  # seconds of each process
    wakeups: Mapping[str, int]  # of each process
    counts: Mapping[str, float]
    steps: "Counter[tuple[str, str]]"  # what the meters of the workers tell

    def print(self, units: float, unit: str) -> None:
        """Print the use of one of so many units."""
        for name, value in sorted(self.cpu.items(), key=lambda one: -one[1]):
            woke = self.wakeups[name] / units
            print(
                f"  {name:<13} {1000 * value / units:7.1f} ms CPU per {unit}, {woke:6.1f} wake-ups"
            )
        total, woke = sum(self.cpu.values()), sum(self.wakeups.values())
        print(f"  {'all':<13} {1000 * total / units:7.1f} ms CPU, {woke / units:6.1f} wake-ups")
        ours = sum(self.cpu.get(name, 0.0) for name in ORCHESTRATION)
        print(f"  orchestration {1000 * ours / units:7.1f} ms CPU per {unit}")
        told = ", ".join(f"{value / units:.1f} {name}" for name, value in self.counts.items())
        print(f"  per {unit}: {told}")
        self._print_steps(units)

    def _print_steps(self, units: float) -> None:
        """Print the workers' CPU by thread and by step, and how often each step was taken."""
        for sort, title in (("threads", "threads"), ("used", "steps")):
            ours = [(name, value) for (of, name), value in self.steps.items() if of == sort]
            if ours:
                print(f"  {title} of the workers, in ms of CPU:")
            for name, value in sorted(ours, key=lambda one: -one[1]):
                times = self.steps["times", name] / units
                often = f" {times:5.2f} x" if sort == "used" else ""
                print(f"    {name:<26} {1000 * value / units:6.1f}{often}")


@contextmanager
def metered() -> Iterator[tuple[Path, dict[str, str]]]:
    """Give a folder for the notes of the workers' meters, and the environment that makes them."""
    here = Path(__file__).parent.parent
    with tempfile.TemporaryDirectory(prefix="amc-reports-meters-") as folder:
        yield (
            Path(folder),
            {
                "PYTHONPATH": str(here / "metered"),
                "AMC_REPORTS_METERED": str(here.parent),
                "AMC_REPORTS_METERS": folder,
            },
        )


async def set_up(system: RunningSystem, wanted: Mapping[str, str]) -> None:
    """Give PostgreSQL these settings. It starts again for that."""
    url = system.running.settings["DATABASE_URL"]
    connection = await asyncpg.connect(url)
    for name, value in wanted.items():
        await connection.execute(f"ALTER SYSTEM SET {name} = {value}")
    await connection.close()
    system.kill("postgres")
    while True:
        try:
            await (await asyncpg.connect(url, timeout=1)).close()
        except (OSError, asyncpg.PostgresError):
            await asyncio.sleep(0.2)
        else:
            break
    await asyncio.sleep(5)  # until all have noticed


class Counters:
    """Reads the counters of a system, whose PostgreSQL has to count statements."""

    def __init__(self, system: RunningSystem, meters: Path | None = None) -> None:
        self._system, self._meters = system, meters
        self._steps: Counter[tuple[str, str]] = Counter()
        self._url = system.running.settings["DATABASE_URL"]
        self._redis = system.running.settings["REDIS_URL"]
        self._began = 0.0
        self._cpu: dict[str, float] = {}
        self._wakeups: dict[str, int] = {}
        self._counts: dict[str, float] = {}

    async def prepare(self) -> None:
        """Have PostgreSQL count statements. It starts again for that."""
        counting = {
            "shared_preload_libraries": "pg_stat_statements",
            "pg_stat_statements.track_planning": "on",
        }
        await set_up(self._system, counting)
        connection = await asyncpg.connect(self._url)
        await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        await connection.close()

    async def begin(self) -> None:
        """Note the counters."""
        self._began = asyncio.get_running_loop().time()
        self._cpu, self._wakeups = self._used(), self._woken()
        self._counts = await self._counted()
        self._steps = self._metered()

    async def end(self) -> Use:
        """Return what was used since `begin`."""
        used, woken, counted = self._used(), self._woken(), await self._counted()
        return Use(
            asyncio.get_running_loop().time() - self._began,
            {name: value - self._cpu.get(name, 0.0) for name, value in used.items()},
            {name: value - self._wakeups.get(name, 0) for name, value in woken.items()},
            {name: value - self._counts[name] for name, value in counted.items()},
            self._metered() - self._steps,
        )

    def _metered(self) -> "Counter[tuple[str, str]]":
        found: Counter[tuple[str, str]] = Counter()
        for note in self._meters.glob("*.json") if self._meters else ():
            for sort, told in json.loads(note.read_text()).items():
                found.update({(sort, name): value for name, value in told.items()})
        return found

    async def top(self, most: int) -> list[Any]:
        """Return the most frequent statements since PostgreSQL's start."""
        return await self._asked(TOP, most)

    async def changed(self, most: int) -> list[Any]:
        """Return how many updates the tables have had in all, and how many of them were HOT."""
        return await self._asked(CHANGED, most)

    async def _asked(self, statement: str, most: int) -> list[Any]:
        connection = await asyncpg.connect(self._url)
        try:
            return list(await connection.fetch(statement, most))
        finally:
            await connection.close()

    def _used(self) -> dict[str, float]:
        return {name: cpu(pid) for name, pid in self._system.pids().items()}

    def _woken(self) -> dict[str, int]:
        return {name: wakeups(pid) for name, pid in self._system.pids().items()}

    async def _counted(self) -> dict[str, float]:
        connection = await asyncpg.connect(self._url)
        try:
            row = await connection.fetchrow(USED)
        finally:
            await connection.close()
        async with redis.asyncio.Redis.from_url(self._redis) as client:
            commands = await client.info("commandstats")

        def calls(*names: str) -> float:
            return float(sum(commands.get(f"cmdstat_{one}", {}).get("calls", 0) for one in names))

        return {
            "statements": row["statements"],
            "commits": row["commits"],
            "kB of WAL": row["wal"],
            "messages": calls("hset"),  # Dramatiq's way to store one
            "publishes": calls("publish"),
            "looks into queues": calls("lpop"),
            "scripts of Valkey": calls("evalsha"),
        }
