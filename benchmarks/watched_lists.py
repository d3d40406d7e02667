"""What many watchers of many lists cost, for each change of a row.

    python -m benchmarks.watched_lists [SOCKETS] [executions | collections]

Starts the whole system in a folder of its own. Four people watch five lists each, which differ by
their filters and all have the row that is changed, with SOCKETS sockets in all. Watchers are in
processes of their own. SQL statements are counted as PostgreSQL logs them, in rounds of their own;
CPU time is that of the API and of its PostgreSQL backends, less what they take at rest.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import asyncpg
import redis.asyncio
from joserfc import jwt
from joserfc.jwk import OctKey

from benchmarks.support.processes import cpu
from benchmarks.support.watcher import Heard, Task, working
from domain.bus.bus import CHANGES
from tests.local.running_system import RunningSystem, running_system

SOCKETS = int(sys.argv[1]) if len(sys.argv) > 1 else 500
LIST = sys.argv[2] if len(sys.argv) > 2 else "executions"
PEOPLE, LISTS = 4, 5  # people, and the lists of each
RATE, SECONDS, COUNTED = 10, 15.0, 20  # changes a second, seconds of them, changes with a log
WATCH = {
    "executions": """
        subscription($from: DateTime) {
          executions(filter: {createdFrom: $from}) {
            nodes { id version status phase rowCount createdAt startedAt completedAt } } }""",
    "collections": """
        subscription($from: DateTime) {
          collections(filter: {createdFrom: $from}) {
            nodes { id version status weeksCompleted progressPercentage createdAt } } }""",
}
RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
START = """
mutation($id: ID!) { collectionStart(collection: {reportId: $id, targetWeeks: 2}) { id } }
"""
CHANGE = {
    "executions": "UPDATE report_executions SET error_message = version::text",
    "collections": "UPDATE report_data_collections SET version = version + 1",
}
JOIN = """
WITH made AS (
    INSERT INTO users (email, name, issuer, subject) VALUES ($1, $1, 'amc-reports', $1)
    RETURNING id
)
INSERT INTO instance_members (user_id, instance_id, role)
SELECT made.id, i.id, 'viewer' FROM made, amc_instances i
"""


@dataclass
class Bench:
    """The running system, the row that is changed, and the tokens of the people."""

    system: RunningSystem
    database: asyncpg.Connection
    bus: redis.asyncio.Redis
    row: str
    tokens: list[str]

    async def change(self) -> tuple[int, float]:
        """Change the row and announce it. Returns its version and the time of the commit."""
        changed = await self.database.fetchrow(
            f"{CHANGE[LIST]} WHERE id = $1 RETURNING version, instance_id", self.row
        )
        committed = time.time()
        await self.bus.publish(CHANGES, self.row)
        if LIST == "collections":
            await self.bus.publish(CHANGES, changed["instance_id"].hex)
        return changed["version"], committed

    def cpu(self) -> tuple[float, float]:
        """Seconds of CPU of the API, and of PostgreSQL with all of its backends."""
        pids = self.system.pids()
        return cpu(pids["api"]), cpu(pids["postgres"])

    async def statements(self) -> float:
        """SQL statements of the API for each change, as PostgreSQL logs them."""
        log = self.system.folder / "postgres/postgres.log"
        await _log(self.database, "all")
        at = log.stat().st_size
        for _ in range(COUNTED):
            await self.change()
            await asyncio.sleep(0.2)
        with log.open("rb") as file:
            file.seek(at)
            lines = file.read().decode(errors="replace").splitlines()
        await _log(self.database, "none")
        told = [line.partition("LOG:  ")[2] for line in lines if line.startswith("amc-reports api")]
        asked = [one for one in told if one.startswith(("execute ", "statement: "))]
        return sum(not one.endswith(("BEGIN;", "COMMIT;", "ROLLBACK;")) for one in asked) / COUNTED


async def _log(database: asyncpg.Connection, what: str) -> None:
    await database.execute("ALTER SYSTEM SET log_line_prefix = '%a|'")
    await database.execute(f"ALTER SYSTEM SET log_statement = '{what}'")
    await database.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(1)


def _token(system: RunningSystem, email: str) -> str:
    key = OctKey.import_key(system.running.settings["TOKEN_SECRET"].encode())
    now = int(time.time())
    ours = {"iss": "amc-reports", "aud": "amc-reports", "iat": now, "exp": now + 3600}
    return jwt.encode({"alg": "HS256"}, {**ours, "sub": email, "email": email}, key)


@asynccontextmanager
async def watchers(bench: Bench, sockets: int) -> AsyncIterator[list[Connection]]:
    """Open this many sockets, spread evenly over all lists of all people, and watch."""
    address = bench.system.running.address
    tasks = [
        Task(address, token, WATCH[LIST], LIST, {"from": f"2020-01-{day + 1:02}T00:00:00Z"}, 1, 0)
        for token in bench.tokens
        for day in range(LISTS)
    ]
    of_processes = [
        [tasks[place % len(tasks)] for place in range(number, sockets, 2)]
        for number in range(min(2, sockets))
    ]
    async with working(of_processes) as pipes:
        yield pipes


async def changes(bench: Bench) -> dict[int, float]:
    """Change the row again and again. Returns the times of the commits by version."""
    moments = {}
    began = time.monotonic()
    while (passed := time.monotonic() - began) < SECONDS:
        version, committed = await bench.change()
        moments[version] = committed
        await asyncio.sleep(max(0, began + int(passed * RATE + 1) / RATE - time.monotonic()))
    return moments


async def measure(bench: Bench, sockets: int) -> None:
    """Measure and print one line of the report."""
    async with watchers(bench, sockets) as pipes:
        at, before = time.monotonic(), bench.cpu()
        await asyncio.sleep(5)
        took = time.monotonic() - at
        rest = [(now - was) / took for now, was in zip(bench.cpu(), before, strict=True)]
        at, before = time.monotonic(), bench.cpu()
        moments = await changes(bench)
        took = time.monotonic() - at
        used = [
            (now - was - idle * took) / len(moments) * 1000
            for now, was, idle in zip(bench.cpu(), before, rest, strict=True)
        ]
        statements = await bench.statements()
        for pipe in pipes:
            pipe.send("stop")
        heard: list[Heard] = [await asyncio.to_thread(pipe.recv) for pipe in pipes]
    delays = sorted(
        (arrived - moments[version]) * 1000
        for one in heard
        for version, arrived in one.events
        if version in moments
    )
    cuts: list[Any] = statistics.quantiles(delays, n=100)
    print(
        f"{LIST}: {sockets:>4} sockets on {min(sockets, PEOPLE * LISTS)} lists of {PEOPLE} people, "
        f"{len(moments)} changes, {len(delays)} events: {statements:.1f} statements/change, "
        f"CPU/change {used[0]:.1f} ms API, {used[1]:.1f} ms PostgreSQL; "
        f"delay ms p50 {cuts[49]:.0f} p99 {cuts[98]:.0f}",
        flush=True,
    )


async def main() -> None:
    """Run all measurements, on a row that does not change by itself."""
    hours = {"SANDBOX_MIN_SECONDS": "3600", "SANDBOX_MAX_SECONDS": "3600"}
    with running_system(**hours) as system:
        database = await asyncpg.connect(system.running.settings["DATABASE_URL"])
        bus = redis.asyncio.Redis.from_url(system.running.settings["REDIS_URL"])
        mails = [f"watcher{number}@example.com" for number in range(PEOPLE)]
        for mail in mails:
            await database.execute(JOIN, mail)
        made = await system.ask(RUN if LIST == "executions" else START, id=await system.report())
        tokens = [_token(system, mail) for mail in mails]
        bench = Bench(system, database, bus, made["id"].partition("_")[2], tokens)
        await asyncio.sleep(5)  # until it is at AMC
        for sockets in sorted({1, min(20, SOCKETS), SOCKETS}):
            await measure(bench, sockets)
        await bus.aclose()
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
