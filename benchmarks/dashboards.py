"""What a dashboard of 12 widgets over 52 weeks costs, beside PostGraphile over the same database.

    python -m benchmarks.dashboards [ROUNDS] [SECONDS]

Starts the whole system, collects a year, and reads the dashboard in one query: 20 times in a row
and then by 32 clients at once for SECONDS, in each of ROUNDS rounds, the variants in turn so that
what else the machine does hits all of them. Needs npm, to install PostGraphile and its Node.

The two do not do the same. Ours answers with what is shown: sums over the range, ratios of sums,
the largest values and the rest as `other`, the period before, totals, coverage, why a number is
missing, and if wanted charts. PostGraphile answers with the rows of aggregates, all their metrics
in each, and does none of this; the page would. It is asked twice: with a connection for each
widget, and with each series once for a page that hands it on. Row-level security holds for the
same person in both; ours also reads who that is from a token at every request, PostGraphile is
told once.

CPU is that of the family of processes that serves, and of PostgreSQL with all it has started, less
what they take at rest. Statements are those that PostgreSQL logs, the begin and end of
transactions among them.
"""

import asyncio
import statistics
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from benchmarks.support import board
from benchmarks.support.processes import cpu
from benchmarks.support.rival import postgraphile
from tests.local.running_system import RunningSystem, running_system

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 4.0
IN_A_ROW, CLIENTS, COUNTED = 20, 32, 10
PARTS = ("server", "postgres")


@dataclass
class Load:
    """Measurements under one kind of load."""

    times: list[float] = field(default_factory=list)  # milliseconds
    cpu: dict[str, float] = field(default_factory=lambda: dict.fromkeys(PARTS, 0.0))  # seconds
    seconds: float = 0.0

    def cuts(self) -> tuple[float, float]:
        """The median and the 99th percentile."""
        cuts = statistics.quantiles(self.times, n=100)
        return cuts[49], cuts[98]

    def each(self, part: str) -> float:
        """Milliseconds of CPU per request."""
        return self.cpu[part] * 1000 / len(self.times)

    def per_second(self) -> float:
        """Answered requests per second."""
        return len(self.times) / self.seconds


@dataclass
class Variant:
    """A way to read the dashboard."""

    name: str
    http: httpx2.AsyncClient
    body: dict[str, Any]
    pids: dict[str, int]
    application: str  # as PostgreSQL knows it
    rest: dict[str, float] = field(default_factory=dict)  # seconds of CPU a second
    row: Load = field(default_factory=Load)
    crowd: Load = field(default_factory=Load)

    async def ask(self) -> bytes:
        """The answer as it was received."""
        response = await self.http.post("/graphql", json=self.body)
        assert response.status_code == 200, response.text
        return response.content

    async def timed(self, load: Load) -> None:
        """Send one request and note its time."""
        began = time.perf_counter()
        await self.ask()
        load.times.append((time.perf_counter() - began) * 1000)

    @contextmanager
    def watched(self, load: Load) -> Iterator[None]:
        """Add up the CPU that is used within the block."""
        before = {part: cpu(self.pids[part]) for part in PARTS}
        began = time.monotonic()
        yield
        took = time.monotonic() - began
        load.seconds += took
        for part in PARTS:
            used = cpu(self.pids[part]) - before[part]
            load.cpu[part] += max(0.0, used - self.rest.get(part, 0.0) * took)

    async def one_after_the_other(self, load: Load) -> None:
        """Measure a client that waits for each answer."""
        with self.watched(load):
            for _ in range(IN_A_ROW):
                await self.timed(load)

    async def at_once(self, load: Load, seconds: float) -> None:
        """Measure many clients, each of which waits for its own answers."""
        until = time.monotonic() + seconds

        async def client() -> None:
            while time.monotonic() < until:
                await self.timed(load)

        with self.watched(load):
            await asyncio.gather(*(client() for _ in range(CLIENTS)))


async def filled(system: RunningSystem) -> tuple[str, str]:
    """Create a report with a year of numbers, and a dashboard of it."""
    report = await system.report()
    collection = (await system.ask(board.START, report=report))["id"]
    while not (now := await system.ask(board.COLLECTED, id=collection))["isOver"]:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    assert now["weeksCompleted"] == 52, now
    made = await system.ask(board.CREATE)
    add = [board.widget(number, report) for number in range(len(board.WIDGETS))]
    await system.ask(board.ADD, id=made["id"], version=made["version"], change={"add": add})
    return report, made["id"]


def client(address: str, token: str = "") -> httpx2.AsyncClient:
    """An HTTP client, the same for all variants. Answers are not compressed."""
    headers = {"Accept-Encoding": "identity"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx2.AsyncClient(
        base_url=address,
        headers=headers,
        timeout=60,
        limits=httpx2.Limits(max_connections=CLIENTS, max_keepalive_connections=CLIENTS),
    )


def variants(
    system: RunningSystem, address: str, pid: int, report: str, board_id: str
) -> list[Variant]:
    """Our API without and with charts, and PostGraphile by widget and by series."""
    running, pids = system.running, system.pids()
    ours = {"server": pids["api"], "postgres": pids["postgres"]}
    theirs = {"server": pid, "postgres": pids["postgres"]}
    keys = [str(UUID(one.partition("_")[2])) for one in (board_id, report)]
    since = datetime.now(UTC).date() - timedelta(weeks=60)  # all there is, and not forever
    given = {"id": keys[0], "report": keys[1], "since": since.isoformat()}
    api, graphile = client(running.address, running.token), client(address)
    mine = {"id": board_id}
    return [
        Variant(name, http, {"query": query, "variables": values}, family, application)
        for name, http, query, values, family, application in (
            ("ours", api, board.NUMBERS, mine, ours, "amc-reports api"),
            ("ours, charts", api, board.CHARTS, mine, ours, "amc-reports api"),
            ("PostGraphile", graphile, board.theirs(), given, theirs, "postgraphile"),
            ("  each once", graphile, board.theirs_once(), given, theirs, "postgraphile"),
        )
    ]


async def checked(one: Variant) -> str:
    """Check that the answer has all numbers, and return its size."""
    content = await one.ask()
    answer = httpx2.Response(200, content=content).json()
    assert not answer.get("errors"), answer["errors"]
    data = answer["data"]
    if "dashboard" in data:
        shown = [widget["data"] for widget in data["dashboard"]["widgets"]]
        assert not any(widget["unserved"] for widget in shown)
        rows = sum(len(widget["points"]) for widget in shown)
    else:
        widgets = data.pop("dashboardByRowId")["dashboardWidgetsByDashboardId"]["nodes"]
        assert len(widgets) == len(board.WIDGETS)
        assert all(len(found["nodes"]) >= 52 for found in data.values())
        rows = sum(len(found["nodes"]) for found in data.values())
    return f"{len(content) / 1024:8.0f} kB {rows:6} rows"


async def statements(system: RunningSystem, one: Variant) -> float:
    """SQL statements per request, as the server logs them."""
    log = system.folder / "postgres/postgres.log"
    at = log.stat().st_size
    for _ in range(COUNTED):
        await one.ask()
    await asyncio.sleep(0.5)
    with log.open("rb") as file:
        file.seek(at)
        lines = file.read().decode(errors="replace").splitlines()
    return sent_by(one.application, lines) / COUNTED


def sent_by(application: str, lines: Iterable[str]) -> int:
    """The number of statements of an application in the lines of PostgreSQL's log."""
    told = (line.partition("|LOG:  ") for line in lines if line.startswith(application))
    return sum(one.startswith(("execute ", "statement: ")) for _, _, one in told)


async def logging(database: asyncpg.Connection, what: str) -> None:
    """Set the server to log `all` statements, or `none`."""
    await database.execute("ALTER SYSTEM SET log_line_prefix = '%a|'")
    await database.execute(f"ALTER SYSTEM SET log_statement = '{what}'")
    await database.execute("SELECT pg_reload_conf()")
    await asyncio.sleep(1)


async def measure(all_of_them: list[Variant]) -> None:
    """Warm up, measure the load at rest, then measure the variants in turn."""
    for one in all_of_them:
        await one.at_once(Load(), 2.0)
    before = [{part: cpu(one.pids[part]) for part in PARTS} for one in all_of_them]
    await asyncio.sleep(5)
    for one, was in zip(all_of_them, before, strict=True):
        one.rest = {part: (cpu(one.pids[part]) - was[part]) / 5 for part in PARTS}
    for number in range(ROUNDS):
        for one in all_of_them if number % 2 == 0 else all_of_them[::-1]:
            await one.one_after_the_other(one.row)
            await one.at_once(one.crowd, SECONDS)


def told(one: Variant, size: str, counted: float) -> str:
    """A row of the table."""
    loads = []
    for load in (one.row, one.crowd):
        low, high = load.cuts()
        loads.append(
            f"{low:7.1f} {high:7.1f} {load.each('server'):7.1f} {load.each('postgres'):7.1f}"
        )
    rate = f"{one.crowd.per_second():6.1f}"
    return f"{one.name:<13} {loads[0]} |{loads[1]} {rate} |{counted:5.1f} {size}"


def compared(ours: Variant, other: Variant) -> str:
    """Our numbers as a share of the other's. Less than 1 means that ours takes less."""
    shares = []
    for mine, its in ((ours.row, other.row), (ours.crowd, other.crowd)):
        low, high = (a / b for a, b in zip(mine.cuts(), its.cuts(), strict=True))
        parts = [mine.each(part) / its.each(part) for part in PARTS]
        both = sum(map(mine.each, PARTS)) / sum(map(its.each, PARTS))
        shares.append(
            f"p50 {low:4.2f} p99 {high:4.2f} server {parts[0]:4.2f} postgres {parts[1]:4.2f} "
            f"all CPU {both:4.2f}"
        )
    return f"{ours.name} / {other.name.strip()}: in a row {shares[0]}; at once {shares[1]}"


async def main() -> None:
    """Run everything once."""
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0") as system:
        report, board_id = await filled(system)
        url = system.running.settings["DATABASE_URL"]
        database = await asyncpg.connect(url)
        await database.execute("ANALYZE")
        user = await database.fetchval("SELECT id FROM users WHERE email = $1", system.running.user)
        with postgraphile(url, str(user)) as rival:
            asked = variants(system, rival.address, rival.pid, report, board_id)
            sizes = [await checked(one) for one in asked]
            await logging(database, "all")
            counted = [await statements(system, one) for one in asked]
            await logging(database, "none")
            await measure(asked)
        await database.close()
    print(
        f"{IN_A_ROW * ROUNDS} in a row, then {CLIENTS} clients at once for {SECONDS * ROUNDS:.0f} s"
    )
    print(
        "              ms: p50     p99  server postgres|  p50     p99  server postgres  /s  | SQL"
    )
    for one, size, number in zip(asked, sizes, counted, strict=True):
        print(told(one, size, number))
    for mine in asked[:2]:
        for other in asked[2:]:
            print(compared(mine, other))


if __name__ == "__main__":
    asyncio.run(main())
