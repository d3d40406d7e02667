"""Lost, frozen and unsteady servers under watchers of each kind and a running collection.

It takes minutes, so only `make chaos` runs it; OUTAGES=0.1 is a tenth of the time.
"""

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg
import httpx2
import pytest
from sqlalchemy import make_url

from benchmarks.support.processes import family
from tests import servers
from tests.graph.http import sockets
from tests.lines import Line, to_postgres, to_valkey, until
from tests.local.running_system import QUICK, RUN, RunningSystem, running_system
from tests.watchers import STREAMS, Watchers, lasting_socket

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif("OUTAGES" not in os.environ, reason="takes minutes; OUTAGES=1 runs it"),
]

SCALE = float(os.environ.get("OUTAGES", "1"))
EACH = int(os.environ.get("OUTAGES_WATCHERS", "50"))  # watchers of each kind
WEEKS = int(os.environ.get("OUTAGES_WEEKS", "52"))
DATABASE = "lost_servers"
BETWEEN = 3.0  # seconds between two outages
PATIENCE = 600.0

START = """
mutation($report: ID!, $weeks: Int!, $key: String!) {
  collectionStart(idempotencyKey: $key, collection: {
    reportId: $report, targetWeeks: $weeks,
    segmentation: {parallelLimit: 10, maxAttempts: 10}
  }) { id }
}
"""
BOARD = """
mutation($name: String!, $key: String) {
  dashboardCreate(dashboard: {name: $name}, idempotencyKey: $key) { id version }
}
"""
RENAME = """
mutation($id: ID!, $version: Int!, $name: String!) {
  dashboardChange(id: $id, version: $version, change: {name: $name}) { id }
}
"""
ASKED = "{ viewer { email } reports(first: 5) { nodes { id name state } } }"
KINDS = {
    "execution": "subscription($id: ID!) { execution(id: $id) { status report { name } } }",
    "collection": "subscription($id: ID!) { collection(id: $id) { status weeks { status } } }",
    "collections": "subscription { collections { nodes { id status weeks { status } } } }",
    "ticks": "subscription($id: ID!) { scheduleTicks(reportId: $id) { nodes { outcome } } }",
    "dashboard": "subscription($id: ID!) { dashboard(id: $id) { dashboard { name } } }",
}
KILL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = 'lost_servers' AND pid <> pg_backend_pid()
"""


class Asking:
    """Somebody who asks ten times a second, and counts what is answered."""

    def __init__(self) -> None:
        self.statuses: Counter[int | str] = Counter()
        self.codes: Counter[str] = Counter()
        self.without_retry_after = 0
        self.slowest = 0.0

    async def ask(self, client: httpx2.AsyncClient) -> None:
        """Ask until cancelled."""
        while True:
            began = time.monotonic()
            try:
                answer = await client.post("/graphql", json={"query": ASKED})
            except httpx2.HTTPError as failed:
                self.statuses[type(failed).__name__] += 1
            else:
                self.statuses[answer.status_code] += 1
                for error in answer.json().get("errors", ()):
                    self.codes[error["extensions"]["code"]] += 1
                is_silent = answer.status_code == 503 and "retry-after" not in answer.headers
                self.without_retry_after += is_silent
            self.slowest = max(self.slowest, time.monotonic() - began)
            await asyncio.sleep(0.1)


class Trial:
    """The system behind two lines, its watchers, and somebody who asks."""

    def __init__(self, system: RunningSystem, postgres: Line, valkey: Line) -> None:
        self.system, self.postgres, self.valkey = system, postgres, valkey
        self.watchers, self.asking = Watchers(), Asking()
        self.finals: dict[str, str] = {}  # by watcher: the state that it has to end with

    async def watch(
        self, group: asyncio.TaskGroup, stack: AsyncExitStack, kind: str, key: str, many: int
    ) -> list[asyncio.Task[None]]:
        """Begin to watch, a fifth of them as events, a fifth as parts, the others by sockets."""
        place = self.system.running.address.partition("://")[2]
        token = f"Bearer {self.system.running.token}"
        limits = httpx2.Limits(max_connections=None)
        client = await stack.enter_async_context(
            httpx2.AsyncClient(
                base_url=self.system.running.address,
                headers={"Authorization": token},
                timeout=None,
                limits=limits,
            )
        )
        line = await stack.enter_async_context(lasting_socket(place, token))
        tasks = [group.create_task(self.watchers.by_socket(line))]
        body = {"query": KINDS[kind], "variables": {"id": key} if "$id" in KINDS[kind] else {}}
        for number in range(many):
            by = {0: "events", 1: "parts"}.get(number % 5, "socket")
            name = f"{kind} {key} {number}"
            if by == "socket":
                await sockets.subscribe(line, KINDS[kind], name, variables=body["variables"])
            else:
                watch = self.watchers.by_stream(client, f"{by} {name}", body, STREAMS[by])
                tasks.append(group.create_task(watch))
            if kind in ("execution", "collection"):
                self.finals[f"{by} {name}"] = "COMPLETED"
        return tasks

    async def run_and_watch(
        self, group: asyncio.TaskGroup, stack: AsyncExitStack, report: str, number: int, many: int
    ) -> list[asyncio.Task[None]]:
        """Start an execution that is under way during the next outage, and watch it."""
        made = await self.system.ask(RUN, id=report, key=f"run {number}")
        watching = await self.watch(group, stack, "execution", made["id"], many)
        await until(lambda: set(self.finals) <= set(self.watchers.got), 60)
        return watching

    async def watch_all(
        self, group: asyncio.TaskGroup, stack: AsyncExitStack, subjects: dict[str, str]
    ) -> list[asyncio.Task[None]]:
        """Begin to watch each of these things, by its kind."""
        found = []
        for kind, key in subjects.items():
            found += await self.watch(group, stack, kind, key, EACH)
        return found

    async def asks(self, group: asyncio.TaskGroup, stack: AsyncExitStack) -> asyncio.Task[None]:
        """Let somebody ask until the task is cancelled."""
        asker = httpx2.AsyncClient(
            base_url=self.system.running.address,
            headers={"Authorization": f"Bearer {self.system.running.token}"},
            timeout=60,
        )
        return group.create_task(self.asking.ask(await stack.enter_async_context(asker)))

    def tell(self, what: str) -> None:
        """Print what comes next, and what was answered until now."""
        answers = dict(self.asking.statuses)
        print(f"{what}; until now {answers}, slowest {self.asking.slowest:.1f} s")
        self.asking.slowest = 0.0

    def is_shown(self) -> bool:
        """Whether the watches without an end show the newest state."""
        others = [name for name in self.watchers.got if name not in self.finals]
        boards = [name for name in others if name.split()[1] == "dashboard"]
        lists = [name for name in others if name.split()[1] == "collections"]
        newest = self.watchers.newest
        return all(newest(one)["dashboard"]["name"] == "Renamed" for one in boards) and all(
            newest(one)["nodes"][0]["status"] == "COMPLETED" for one in lists
        )


async def kill_each_second(seconds: float) -> int:
    """Close all connections of the database, each second."""
    connection = await asyncpg.connect(servers.SERVER_URL)
    killed = 0
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        killed += await connection.fetchval(KILL)
        await asyncio.sleep(1)
    await connection.close()
    return killed


async def freeze(pid: int, seconds: float) -> None:
    """Stop a server with its children by SIGSTOP, for a while."""
    frozen = family(pid)
    for one in frozen:
        os.kill(one, signal.SIGSTOP)
    try:
        await asyncio.sleep(seconds)
    finally:
        for one in frozen:
            os.kill(one, signal.SIGCONT)


async def outages(trial: Trial) -> AsyncIterator[str]:
    """Cause one outage after the other. Yields before each."""
    for seconds in (0.2, 5.0, 60.0):
        yield f"PostgreSQL down for {seconds} s"
        trial.postgres.cut()
        await asyncio.sleep(seconds * (SCALE if seconds > 1 else 1))
        trial.postgres.mend()
    yield "connections killed each second"
    print("killed:", await kill_each_second(60 * SCALE))
    yield "Valkey down"
    trial.valkey.cut()
    await asyncio.sleep(120 * SCALE)
    trial.valkey.mend()
    yield "Valkey frozen"
    assert servers.SERVERS._valkey is not None
    assert servers.SERVERS._valkey.process is not None
    await freeze(servers.SERVERS._valkey.process.pid, 60 * SCALE)
    yield "PostgreSQL frozen"
    assert servers.SERVERS._postgres is not None
    assert servers.SERVERS._postgres.process is not None
    await freeze(servers.SERVERS._postgres.process.pid, 30 * SCALE)


def bugs(system: RunningSystem) -> str:
    """The lines of all logs that tell of a bug, for a trial that failed."""
    logs = sorted((system.folder / "logs").glob("*.log"))
    lines = [line for log in logs for line in log.read_text(errors="replace").splitlines()]
    return "\n".join(line[:6000] for line in lines if '"level": "error"' in line)[:30_000]


@asynccontextmanager
async def trial() -> AsyncIterator[Trial]:
    """The whole system, with lines to its servers that can be cut."""
    await servers.execute(servers.SERVER_URL, f"CREATE DATABASE {DATABASE}")
    async with Line(to_postgres()).serve() as postgres, Line(to_valkey()[0]).serve() as valkey:
        url = make_url(servers.SERVER_URL).set(
            host="127.0.0.1", port=postgres.port, query={}, database=DATABASE
        )
        given = {
            "DATABASE_URL": url.render_as_string(hide_password=False),
            "REDIS_URL": f"redis://127.0.0.1:{valkey.port}/9",
            "OPERATIONS_PER_SOCKET": "1000",
            "SANDBOX_MIN_SECONDS": "2",
            "SANDBOX_MAX_SECONDS": "8",
            "COLLECTIONS_PER_USER": "10",
            "SEGMENT_RETRY_MIN": "0.5",
            "SEGMENT_RETRY_MAX": "3",
        }
        running = running_system(**{**QUICK, **given})
        system = await asyncio.to_thread(running.__enter__)
        try:
            yield Trial(system, postgres, valkey)
        except BaseException:
            print(bugs(system))
            raise
        finally:
            postgres.mend()
            valkey.mend()
            await asyncio.to_thread(running.__exit__, None, None, None)


async def stop_the_api(trial: Trial) -> None:
    """End the API, as for an update. Watchers are cut off in a way that has them come back."""
    os.kill(trial.system.pids()["api"], signal.SIGTERM)
    await until(lambda: bool(trial.watchers.cut), 30)
    sockets_cut = {one for one in trial.watchers.cut if one.startswith("a socket")}
    assert sockets_cut == {"a socket, with 1012"}


async def test_no_watch_ends_early_no_final_state_is_missed_and_nothing_is_a_500() -> None:
    number = 0
    async with trial() as on, AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        system, watchers = on.system, on.watchers
        report = await system.report()
        board = await system.ask(BOARD, name="Board", key="board")
        made = await system.ask(START, report=report, weeks=WEEKS, key="outages")
        subjects = {"collection": made["id"], "collections": "", "ticks": report}
        tasks = await on.watch_all(group, stack, subjects | {"dashboard": board["id"]})
        asking = await on.asks(group, stack)
        async for what in outages(on):
            on.tell(what)
            await asyncio.sleep(BETWEEN)
            tasks += await on.run_and_watch(group, stack, report, number, max(1, EACH // 7))
            number += 1
        await system.ask(RENAME, id=board["id"], version=board["version"], name="Renamed")
        await until(lambda: set(on.finals) <= watchers.over, PATIENCE)
        await until(on.is_shown)
        early = len(watchers.cut) + len(watchers.over - set(on.finals))
        assert not watchers.cut
        stats = system.amc()
        asking.cancel()
        await stop_the_api(on)
        for task in tasks:
            task.cancel()

    on.tell(f"answers with {dict(on.asking.codes)}")
    kinds = Counter(name.split()[1] for name in watchers.got)
    ended = {name: watchers.newest(name)["status"] for name in on.finals}
    missed = sum(ended[name] != state for name, state in on.finals.items())
    unexpected = sum(on.asking.statuses.values()) - sum(
        on.asking.statuses[one] for one in (200, 503)
    )
    print(
        f"watchers {dict(kinds)}: {early} ended early, {missed} of {len(ended)} final states missed"
    )
    print(f"HTTP answers besides 200 and 503: {unexpected}")
    print(f"executions at AMC {stats['executions_created']}, expected {WEEKS + number}")
    assert watchers.over == set(on.finals), "no other watch has an end"
    assert (early, missed, unexpected) == (0, 0, 0)
    assert len(watchers.got) >= 4 * EACH + number
    assert set(on.asking.codes) <= {"UNAVAILABLE"}
    assert on.asking.without_retry_after == 0
    assert stats["executions_created"] == WEEKS + number
    assert set(stats["by_workflow"].values()) == {1}
