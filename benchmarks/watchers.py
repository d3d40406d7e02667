"""What many watchers of one thing cost the API, and how soon they hear of a change.

    python -m benchmarks.watchers [SOCKETS]

Starts the whole system in a folder of its own. Watchers are in processes of their own and read as
cheaply as they can; the CPU time is that of the API process alone, less what it takes at rest. A
delay is from the end of the commit to the arrival. A read is two transactions: the pool asks first
whether its connection lives.

In the last part every tenth watcher is cut and comes back all the while; nobody may see a version
twice on one line, or go back, and all have to see the end.
"""

import asyncio
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import asyncpg
import redis.asyncio

from benchmarks.support.watcher import Heard, Task, working
from domain.bus.bus import CHANGES
from tests.local.running_system import RunningSystem, running_system

SOCKETS = int(sys.argv[1]) if len(sys.argv) > 1 else 500
CLIENTS = 2  # number of processes
RATE = 20  # changes per second
SECONDS = 20.0
TICK = os.sysconf("SC_CLK_TCK")

# The watched object, and how it is changed. Any object with a version would do.
WATCH = """
subscription($id: ID!) {
  collection(id: $id) {
    id version status weeksCompleted targetWeeks progressPercentage ratePerHour etaEarliest
    etaLatest errorMessage waits { reason count until }
    counts { pending running completed failed skipped waiting atAmc ingesting }
  }
}
"""
FIELD = "collection"
START = """
mutation($report: ID!) {
  collectionStart(collection: {reportId: $report, targetWeeks: 52}) { id }
}
"""
CHANGE = """
UPDATE report_data_collections SET version = version + 1 WHERE id = $1 RETURNING version
"""
END = """
UPDATE report_data_collections SET status = 'cancelled', due_at = NULL, completed_at = now(),
version = version + 1 WHERE id = $1 RETURNING version
"""


@dataclass
class Bench:
    """The running system, with access to its database and processes."""

    system: RunningSystem
    database: asyncpg.Connection
    bus: redis.asyncio.Redis
    id: str
    api: int  # the id of the process

    @property
    def row(self) -> str:
        """The primary key of the watched object, as the bus names it."""
        return self.id.partition("_")[2]

    async def change(self, statement: str = CHANGE) -> tuple[int, float]:
        """Change the object. Returns its new version and the time of the commit."""
        version = await self.database.fetchval(statement, self.row)
        committed = time.time()
        await self.bus.publish(CHANGES, self.row)
        return version, committed

    def cpu(self) -> float:
        """Seconds of CPU that the API has used."""
        stat = Path(f"/proc/{self.api}/stat").read_text()
        user, system = stat.rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / TICK

    def memory(self) -> int:
        """Bytes of memory that the API uses."""
        status = Path(f"/proc/{self.api}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) * 1024

    async def transactions(self) -> int:
        """The number of transactions of the whole system, read once the counters have settled."""
        await asyncio.sleep(1.5)
        return int(
            await self.database.fetchval(
                "SELECT sum(xact_commit + xact_rollback) FROM pg_stat_database"
            )
        )


@asynccontextmanager
async def watchers(bench: Bench, sockets: int, churn: float = 0) -> AsyncIterator[list[Connection]]:
    """Open this many sockets and watch."""
    running = bench.system.running
    counts = [len(range(one, sockets, CLIENTS)) for one in range(min(CLIENTS, sockets))]
    tasks = [
        [Task(running.address, running.token, WATCH, FIELD, {"id": bench.id}, count, churn)]
        for count in counts
    ]
    async with working(tasks) as pipes:
        yield pipes


async def told(pipes: list[Connection], word: str) -> list[Heard]:
    """Tell all watchers something, and return what they have received."""
    for pipe in pipes:
        pipe.send(word)
    return [await asyncio.to_thread(pipe.recv) for pipe in pipes]


async def changes(bench: Bench, seconds: float) -> dict[int, float]:
    """Change the object again and again. Returns the times of the commits by version."""
    moments = {}
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        version, committed = await bench.change()
        moments[version] = committed
        due = int(passed * RATE + 1) / RATE
        await asyncio.sleep(max(0, began + due - time.monotonic()))
    return moments


async def measure(bench: Bench, sockets: int) -> None:
    """Measure and print one line of the report."""
    empty = bench.memory()
    async with watchers(bench, sockets) as pipes:
        memory = (bench.memory() - empty) / sockets / 1024
        at, cpu, before = time.monotonic(), bench.cpu(), await bench.transactions()
        await asyncio.sleep(5)
        now = await bench.transactions()
        rest = (now - before) / (time.monotonic() - at)
        idle = (bench.cpu() - cpu) / (time.monotonic() - at)
        at, cpu, before = time.monotonic(), bench.cpu(), now
        moments = await changes(bench, SECONDS)
        took = time.monotonic() - at
        used = bench.cpu() - cpu - idle * took
        now = await bench.transactions()
        reads = now - before - rest * (time.monotonic() - at) - len(moments)
        heard = await told(pipes, "stop")
    delays = sorted(
        (arrived - moments[version]) * 1000
        for one in heard
        for version, arrived in one.events
        if version in moments
    )
    cuts = statistics.quantiles(delays, n=100)
    print(
        f"{sockets:>5} watchers {len(moments):>4} changes {len(delays):>7} events "
        f"{len(delays) / took:>7.0f}/s  CPU {used / len(delays) * 1e6:>6.1f} us/event "
        f"(+{idle * 1000:.1f} ms/s at rest)  delay ms p50 {cuts[49]:>5.1f} p99 {cuts[98]:>5.1f}  "
        f"{reads / len(moments):.2f} transactions/change  {memory:.1f} kB/socket",
        flush=True,
    )


async def unquiet(bench: Bench, sockets: int) -> None:
    """Let some watchers disconnect and connect again all the time, until the end."""
    async with watchers(bench, sockets, churn=0.1) as pipes:
        moments = await changes(bench, SECONDS)
        ended, _ = await bench.change(END)
        heard = await told(pipes, "end")
    lines = sum(one.lines for one in heard)
    backwards = sum(one.backwards for one in heard)
    missed = sum(1 for one in heard for version in one.last if version != ended)
    print(
        f"{sockets:>5} watchers {len(moments):>4} changes  every tenth cut again and again: "
        f"{lines} lines, {backwards} versions not newer, {missed} watchers without the end"
    )
    assert backwards == missed == 0


async def main() -> None:
    """Run all measurements, on one collection that does not end by itself."""
    with running_system(SANDBOX_MIN_SECONDS="3600", SANDBOX_MAX_SECONDS="3600") as system:
        collection = (await system.ask(START, report=await system.report()))["id"]
        settings = system.running.settings
        database = await asyncpg.connect(settings["DATABASE_URL"])
        bus = redis.asyncio.Redis.from_url(settings["REDIS_URL"])
        bench = Bench(system, database, bus, collection, system.pids()["api"])
        await asyncio.sleep(5)  # until its first segment is at AMC
        for sockets in sorted({1, min(50, SOCKETS), SOCKETS}):
            await measure(bench, sockets)
        await unquiet(bench, SOCKETS)
        await bus.aclose()
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
