"""What reading costs: five operations by plan, normally, and by PostGraphile over one database.

    python -m benchmarks.reads [ROUNDS] [SECONDS] [OPERATIONS]

Starts the whole system, collects a year, and makes 60 reports with 10 executions each. Then 16
clients ask each operation of each server for about SECONDS in each of ROUNDS rounds, the servers
in turn and in reverse order every other round. OPERATIONS are R1, R3 or others of these, and all
without it. Needs npm, to install PostGraphile and its Node.

    R1  a page of 50 reports, 16 fields, with template and instance
    R2  a collection with its 52 weeks and the execution of each
    R3  a dashboard of 12 widgets over a year
    R4  a page of 50 executions, 15 fields, with report and instance
    R5  who is signed in

`planned` is the API with PLANNED_READS=on, `normal` with PLANNED_READS=off. PostGraphile is asked
for the columns behind the same fields; it computes nothing, is told once who asks, and knows no
public ids. CPU is that of the family of processes that serves, and of PostgreSQL with all it has
started, less what they take at rest. Ratios are PostGraphile's CPU by ours: above 1 we take less.
`cold` is the server's CPU for a document that it has never seen.
"""

import asyncio
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx2

from benchmarks.dashboards import client, filled, logging, sent_by
from benchmarks.support import board
from benchmarks.support.processes import cpu
from benchmarks.support.rival import postgraphile
from local import ports
from tests.local.running_system import ROOT, RunningSystem, running_system

ROUNDS = int(sys.argv[1]) if len(sys.argv) > 1 else 5
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 3.0
OPERATIONS = sys.argv[3:]
CLIENTS, IN_A_ROW, COUNTED, FEWEST = 16, 8, 10, 24
REPORTS, RUNS = 60, 10
PATIENT = {"WAITING_TIMEOUT": "120"}  # all requests are of one person, who has to wait for a turn
PARTS = ("server", "postgres")
FIRST_FIELD = re.compile(r"\{ *(\w+)")

OURS = {
    "R1": "query($first: Int!) { reports(first: $first) { nodes { id reportId name description "
    "state frequency newestStatus lastRunAt nextRunAt isFavorite timeZone executionCount "
    "createdAt updatedAt template { id name } instance { id name } } "
    "pageInfo { hasNextPage endCursor } } }",
    "R2": "query($id: ID!) { collection(id: $id) { id status isOver startDate endDate timeZone "
    "targetWeeks weeksCompleted progressPercentage version createdAt report { id name } "
    "weeks { id startDate endDate status attempts outcome rowCount revision isProvisional "
    "settlesAt collectedAt errorMessage execution { id status } } } }",
    "R3": board.NUMBERS,
    "R4": "query($first: Int!, $filter: ExecutionFilter) { executions(first: $first, "
    "filter: $filter) { nodes { id status phase triggeredBy outcome rowCount sizeBytes attempts "
    "createdAt startedAt completedAt windowStart windowEnd errorCode errorMessage "
    "report { id name } instance { id name } } pageInfo { hasNextPage endCursor } } }",
    "R5": "{ viewer { id email } }",
}
THEIRS = {
    "R1": "query($first: Int!) { allReportDefinitions(first: $first, orderBy: [CREATED_AT_DESC]) "
    "{ nodes { rowId reportId name description frequency timezone executionCount createdAt "
    "updatedAt isActive queryTemplateByTemplateId { rowId name } "
    "amcInstanceByInstanceId { rowId instanceName } "
    "reportSchedulesByReportId(first: 1) { nodes { nextRunAt isPaused } } "
    "newest: reportExecutionsByReportId(first: 1, orderBy: [CREATED_AT_DESC]) "
    "{ nodes { status } } "
    "last: reportExecutionsByReportId(first: 1, orderBy: [STARTED_AT_DESC]) "
    "{ nodes { startedAt } } "
    "dashboardByDashboardId { dashboardFavoritesByDashboardId(first: 1) { nodes { userId } } } } "
    "pageInfo { hasNextPage endCursor } } }",
    "R2": "query($id: UUID!) { reportDataCollectionByRowId(rowId: $id) { rowId status startDate "
    "endDate timeZone targetWeeks weeksCompleted progressPercentage version createdAt "
    "reportDefinitionByReportId { rowId name } "
    "reportDataWeeksByCollectionId(orderBy: [WEEK_START_DATE_ASC]) { nodes { rowId weekStartDate "
    "weekEndDate status attempts outcome rowCount revision isProvisional settlesAt executionDate "
    "errorMessage reportExecutionByReportExecutionId { rowId status } } } } }",
    "R3": board.theirs(),
    "R4": "query($first: Int!, $i: UUID!) { allReportExecutions(first: $first, "
    'orderBy: [CREATED_AT_DESC], condition: {status: "completed", instanceId: $i}) '
    "{ nodes { rowId status phase triggeredBy outcome rowCount sizeBytes attempts createdAt "
    "startedAt completedAt timeWindowStart timeWindowEnd errorCode errorMessage "
    "reportDefinitionByReportId { rowId name } amcInstanceByInstanceId { rowId instanceName } } "
    "pageInfo { hasNextPage endCursor } } }",
    "R5": "query($u: UUID!) { userByRowId(rowId: $u) { rowId email } }",
}


@dataclass
class Server:
    """A server that is asked, and how PostgreSQL knows it."""

    name: str
    http: httpx2.AsyncClient
    pids: dict[str, int]
    application: str
    rest: dict[str, float] = field(default_factory=dict)  # seconds of CPU a second

    async def ask(self, body: Any) -> bytes:
        """The answer as it was received."""
        response = await self.http.post("/graphql", json=body)
        assert response.status_code == 200, response.text
        assert b'"errors"' not in response.content[:2000], response.text[:2000]
        return response.content


@dataclass
class Measured:
    """What an operation took of a server, in each round."""

    server: list[float] = field(default_factory=list)  # milliseconds of CPU a request
    postgres: list[float] = field(default_factory=list)
    rate: list[float] = field(default_factory=list)
    times: list[float] = field(default_factory=list)  # milliseconds, one after the other
    cold: float = 0.0
    bytes: int = 0
    statements: float = 0.0

    @property
    def all(self) -> list[float]:
        """Milliseconds of both, in each round."""
        return [sum(both) for both in zip(self.server, self.postgres, strict=True)]


async def measure(server: Server, body: Any, number: int, into: Measured) -> None:
    """Ask so often, at once and one after the other."""
    for _ in range(IN_A_ROW):
        began = time.perf_counter()
        await server.ask(body)
        into.times.append((time.perf_counter() - began) * 1000)
    before = {part: cpu(server.pids[part]) for part in PARTS}
    began = time.monotonic()
    left = iter(range(number))

    async def one_client() -> None:
        for _ in left:
            await server.ask(body)

    await asyncio.gather(*(one_client() for _ in range(CLIENTS)))
    took = time.monotonic() - began
    used = {
        part: max(0.0, cpu(server.pids[part]) - before[part] - server.rest[part] * took)
        for part in PARTS
    }
    into.server.append(used["server"] * 1000 / number)
    into.postgres.append(used["postgres"] * 1000 / number)
    into.rate.append(number / took)


async def cold(server: Server, body: Any) -> float:
    """Milliseconds of the server's CPU for each of some documents that it has never seen."""
    before = cpu(server.pids["server"])
    for number in range(COUNTED):
        new = FIRST_FIELD.sub(rf"{{ never{number}: \1", body["query"], count=1)
        await server.ask(body | {"query": new})
    return (cpu(server.pids["server"]) - before) * 1000 / COUNTED


async def statements(system: RunningSystem, server: Server, body: Any) -> float:
    """SQL statements per request, as PostgreSQL logs them."""
    log = system.folder / "postgres/postgres.log"
    at = log.stat().st_size
    for _ in range(COUNTED):
        await server.ask(body)
    await asyncio.sleep(0.5)
    with log.open("rb") as file:
        file.seek(at)
        lines = file.read().decode(errors="replace").splitlines()
    return sent_by(server.application, lines) / COUNTED


COPY = """
INSERT INTO report_executions ({names})
SELECT {values} FROM report_executions AS e, generate_series(1, {runs}) AS g,
       (SELECT *, row_number() OVER () AS place FROM report_definitions) AS report
WHERE e.id = $1 AND report.name LIKE 'Report %'
"""
MOMENT = "now() - make_interval(days => g, mins => report.place::int)"


async def fill(system: RunningSystem, database: asyncpg.Connection) -> dict[str, str]:
    """Make everything that is read, and return the ids."""
    report, board_id = await filled(system)
    context = await system.ask(
        "{ instances { nodes { id } } templates(first: 100) { nodes { id slug } } "
        "collections(first: 1) { nodes { id } } }"
    )
    templates = {one["slug"]: one["id"] for one in context["templates"]["nodes"]}
    instance = context["instances"]["nodes"][0]["id"]
    for number in range(REPORTS):
        made = {
            "name": f"Report {number:02d} of the week",
            "description": f"What report {number} is for, in one line of text",
            "templateId": templates["campaign-performance"],
            "instanceId": instance,
        }
        await system.ask(
            "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }",
            report=made,
        )
    source = await database.fetchval(
        "SELECT id FROM report_executions WHERE status = 'completed' LIMIT 1"
    )
    rows = await database.fetch(
        "SELECT column_name FROM information_schema.columns WHERE table_name = "
        "'report_executions' AND is_generated = 'NEVER' AND identity_generation IS NULL"
    )
    changed = {
        "id": "gen_random_uuid()",
        "report_id": "report.id",
        "week_id": "NULL",
        "collection_id": "NULL",
        "created_at": MOMENT,
        "started_at": f"{MOMENT} + interval '20 seconds'",
        "completed_at": f"{MOMENT} + interval '3 minutes'",
        "amc_execution_id": "gen_random_uuid()::text",
        "execution_id": "gen_random_uuid()::text",
    }
    names = [row[0] for row in rows]
    values = ", ".join(changed.get(name, f"e.{name}") for name in names)
    await database.execute(COPY.format(names=", ".join(names), values=values, runs=RUNS), source)
    await database.execute("VACUUM ANALYZE")
    await database.execute("ALTER SYSTEM SET autovacuum = off")  # it would count as ours
    return {
        "report": report,
        "board": board_id,
        "collection": context["collections"]["nodes"][0]["id"],
        "instance": instance,
    }


@contextmanager
def without_plans(system: RunningSystem) -> Iterator[tuple[str, int]]:
    """A second API over the same database that plans nothing."""
    port = ports.free_port("127.0.0.1", 19000 + os.getpid() % 1000)
    env = os.environ | system.running.settings | {"PLANNED_READS": "off", "PORT": str(port)}
    command = [sys.executable, str(Path(ROOT) / "cli.py"), "api", "--port", str(port)]
    with (system.folder / "normal.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            env=env | {"BUDGET_MAXIMUM": "0"} | PATIENT,
            cwd=system.folder,
            stdout=log,
            stderr=log,
        )
        try:
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            process.kill()
            process.wait()


async def until_up(http: httpx2.AsyncClient) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            await http.get("/health")
        except httpx2.TransportError:
            await asyncio.sleep(0.2)
        else:
            return
    raise AssertionError("the second API does not start")


def bodies(there: dict[str, str], user: str) -> dict[str, tuple[Any, Any]]:
    """What is asked of us and of PostGraphile, by operation."""
    keys = {name: str(UUID(one.partition("_")[2])) for name, one in there.items()}
    which = {"status": "COMPLETED", "instanceId": there["instance"]}
    since = {"id": keys["board"], "report": keys["report"], "since": "2025-10-01"}
    ours: dict[str, Any] = {
        "R1": {"first": 50},
        "R2": {"id": there["collection"]},
        "R3": {"id": there["board"]},
        "R4": {"first": 50, "filter": which},
        "R5": {},
    }
    theirs: dict[str, Any] = {
        "R1": {"first": 50},
        "R2": {"id": keys["collection"]},
        "R3": since,
        "R4": {"first": 50, "i": keys["instance"]},
        "R5": {"u": user},
    }
    return {
        name: (
            {"query": OURS[name], "variables": ours[name]},
            {"query": THEIRS[name], "variables": theirs[name]},
        )
        for name in OPERATIONS or OURS
    }


async def compare(
    system: RunningSystem, database: asyncpg.Connection, servers: list[Server], asked: Any
) -> None:
    """Measure every operation of every server, and print a table of each."""
    for name, (mine, its) in asked.items():
        body = {one.name: its if one.name == "PostGraphile" else mine for one in servers}
        found = {one.name: Measured() for one in servers}
        number = {}
        for one in servers:
            found[one.name].bytes = len(await one.ask(body[one.name]))
            warm = Measured()
            one.rest = dict.fromkeys(PARTS, 0.0)
            await measure(one, body[one.name], FEWEST, warm)
            number[one.name] = int(min(600, max(FEWEST, SECONDS * warm.rate[0])))
        same = {await one.ask(mine) for one in servers if one.name != "PostGraphile"}
        assert len({_data(one) for one in same}) == 1, "plans answer differently"
        await logging(database, "all")
        for one in servers:
            found[one.name].statements = await statements(system, one, body[one.name])
        await logging(database, "none")
        before = [{part: cpu(one.pids[part]) for part in PARTS} for one in servers]
        await asyncio.sleep(3)
        for one, was in zip(servers, before, strict=True):
            one.rest = {part: (cpu(one.pids[part]) - was[part]) / 3 for part in PARTS}
        for turn in range(ROUNDS):
            for one in servers if turn % 2 == 0 else servers[::-1]:
                await measure(one, body[one.name], number[one.name], found[one.name])
        for one in servers:
            found[one.name].cold = await cold(one, body[one.name])
        show(name, found)


def _data(answer: bytes) -> str:
    return str(httpx2.Response(200, content=answer).json()["data"])


def show(name: str, found: dict[str, Measured]) -> None:
    """Print the table of an operation."""
    its = found["PostGraphile"]
    print(
        f"{name}              server ms  postgres ms     /s  p50 ms   SQL    kB  cold ms "
        "| CPU of theirs"
    )
    for server, one in found.items():
        ratios = sorted(b / a for a, b in zip(one.all, its.all, strict=True) if a)
        ratio = f"{statistics.median(ratios):5.2f} [{ratios[0]:.2f}-{ratios[-1]:.2f}]"
        middle = statistics.median
        print(
            f"  {server:<13} {middle(one.server):11.2f} {middle(one.postgres):12.2f} "
            f"{middle(one.rate):6.0f} {middle(one.times):7.1f} {one.statements:5.1f} "
            f"{one.bytes / 1024:5.0f} {one.cold:8.1f} | {ratio}",
            flush=True,
        )


async def main() -> None:
    """Run everything once."""
    with running_system(
        SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0", PLANNED_READS="on", **PATIENT
    ) as system:
        url = system.running.settings["DATABASE_URL"]
        database = await asyncpg.connect(url)
        there = await fill(system, database)
        user = str(
            await database.fetchval("SELECT id FROM users WHERE email = $1", system.running.user)
        )
        pids = system.pids()
        with postgraphile(url, user) as rival, without_plans(system) as (address, pid):
            await until_up(normal := client(address, system.running.token))
            api = client(system.running.address, system.running.token)
            postgres = {"postgres": pids["postgres"]}
            known = "amc-reports api"
            servers = [
                Server("planned", api, {"server": pids["api"], **postgres}, known),
                Server("normal", normal, {"server": pid, **postgres}, known),
                Server(
                    "PostGraphile",
                    client(rival.address),
                    {"server": rival.pid, **postgres},
                    "postgraphile",
                ),
            ]
            for name in ("worker", "clock", "sandbox"):
                system._signal(system.family(name), 19)  # SIGSTOP: they rest while we measure
            await compare(system, database, servers, bodies(there, user))
            for name in ("worker", "clock", "sandbox"):
                system._signal(system.family(name), 18)
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
