"""What one person's heavy questions cost everybody else, while they run.

    python -m benchmarks.fairness [NAME ...]

Starts the whole system in a folder of its own and collects a year. Then one person asks each heavy
question of HEAVY, or those named, five times at once, and others go on asking meanwhile, from a
process of their own: `/health` every 5 milliseconds, which waits for nothing but the event loop and
so shows how late that is; `{viewer{id}}`; and a page of rows. A question that a limit refuses is
shown with what was said.
"""

import asyncio
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import httpx2
import orjson

from benchmarks import board
from tests.local.running_system import ROOT, RunningSystem, running_system

AT_ONCE = 5
IDLE = 3.0  # seconds
EVERY = 0.005  # seconds between two looks at the event loop
OTHER = "other@example.com"
VIEWER = "{ viewer { id } }"
ROWS = "query($id: ID!) { execution(id: $id) { rows(first: 20) { rows } } }"
COLLECTED = "query($id: ID!) { collection(id: $id) { isOver weeks { execution { id } } } }"
NEWEST = """
query($ids: [ID!]!) { nodes(ids: $ids) {
  ... on Report { recentExecutions { id rows(first: 20) { rows } } }
} }
"""
HUNDRED = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Execution { rows(first: 100) %s } } }"
PLAN = """collectionPlan(collection: {reportId: $id, segmentation: {type: DAILY}}) {
  segments { startDate endDate isCollected settlesAt } }"""
OPTIONS = "lookbackOptions(reportId: $id) { options { startDate endDate segments { type count } } }"
VALIDATE = "query($sql: String!) { templateValidate(sqlTemplate: $sql) { sql errors { message } } }"
DEFINED = """
query($sql: String!, $defined: JSON, $values: JSON) {
  templateValidate(sqlTemplate: $sql, parameterDefinitions: $defined, parameters: $values) {
    sql errors { message } } }
"""

Question = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """Where the heavy questions are asked, and of what."""

    report: str
    board: str
    executions: list[str]


def _many(field: str, number: int, argument: str) -> str:
    fields = " ".join(f"a{n}: {field}" for n in range(number))
    return f"query({argument}) {{ {fields} }}"


def _defined(placeholders: int, values: int) -> dict[str, Any]:
    items = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {
        "sql": f"SELECT a AS a FROM t WHERE {' OR '.join(['a IN {{x}}'] * placeholders)}",
        "defined": {"properties": {"x": items}, "required": ["x"]},
        "values": {"x": ["x" * 900] * values},
    }


def _withs(number: int) -> str:
    parts = ", ".join(f"t{n} AS (SELECT a FROM t{max(0, n - 1)})" for n in range(number))
    return f"WITH {parts} SELECT a AS a FROM t{number - 1}"


HEAVY: Mapping[str, Callable[[Place], Question]] = {
    "newest": lambda of: (NEWEST, {"ids": [of.report] * 100}),
    "rows": lambda of: (HUNDRED % "{ rows }", {"ids": (of.executions * 2)[:100]}),
    "counts": lambda of: (HUNDRED % "{ totalCount }", {"ids": (of.executions * 2)[:100]}),
    "plans": lambda of: (_many(PLAN, 90, "$id: ID!"), {"id": of.report}),
    "options": lambda of: (_many(OPTIONS, 90, "$id: ID!"), {"id": of.report}),
    "charts": lambda of: (board.CHARTS, {"id": of.board}),
    "withs": lambda of: (VALIDATE, {"sql": _withs(2000)}),
    "unknown": lambda of: (
        DEFINED,
        {
            "sql": f"SELECT {', '.join(f'{{{{parameter_{n}}}}} AS a{n}' for n in range(1200))}",
            "defined": {"properties": {f"param_{n}": {"type": "string"} for n in range(100)}},
        },
    ),
    "joins": lambda of: (VALIDATE, {"sql": f"SELECT a AS a FROM t{' JOIN t' * 18}"}),
    "lists": lambda of: (DEFINED, _defined(1000, 1000)),
}


def bystander(address: str, token: str, execution: str, line: Connection) -> None:
    """Somebody else, who asks small questions all the while and says how long they took."""
    asyncio.run(_bystand(address, token, execution, line))


async def _bystand(address: str, token: str, execution: str, line: Connection) -> None:
    async with httpx2.AsyncClient(
        base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=300
    ) as http:
        asked = {
            "loop": (EVERY, lambda: http.get("/health")),
            "viewer": (0.01, lambda: http.post("/graphql", json={"query": VIEWER})),
            "rows": (
                0.05,
                lambda: http.post("/graphql", json={"query": ROWS, "variables": {"id": execution}}),
            ),
        }
        took: dict[str, list[float]] = {name: [] for name in asked}

        async def go_on(name: str) -> None:
            pause, ask = asked[name]
            while True:
                began = time.perf_counter()
                answer = await ask()
                took[name].append((time.perf_counter() - began) * 1000)
                assert "errors" not in answer.json(), answer.text
                await asyncio.sleep(pause)

        running = [asyncio.create_task(go_on(name)) for name in asked]
        line.send("asking")
        while await asyncio.to_thread(line.recv) == "tell":
            await asyncio.sleep(0.05)
            waiting = [one for one in running if one.done()]
            assert not waiting, waiting[0].exception()
            line.send({name: list(times) for name, times in took.items()})
            for times in took.values():
                times.clear()
        for one in running:
            one.cancel()


async def heavy(
    http: httpx2.AsyncClient, query: str, variables: dict[str, Any]
) -> tuple[float, str]:
    """How long a question took in seconds, and how it ended."""
    began = time.perf_counter()
    try:
        answer = await http.post("/graphql", json={"query": query, "variables": variables})
    except httpx2.HTTPError as broken:
        return time.perf_counter() - began, type(broken).__name__
    took = time.perf_counter() - began
    errors = orjson.loads(answer.content).get("errors")
    said = str(errors[0]["message"])[:90] if errors else f"{len(answer.content):,} bytes"
    return took, said


async def told(line: Connection) -> dict[str, list[float]]:
    """What the bystander saw since it was last asked."""
    line.send("tell")
    found: dict[str, list[float]] = await asyncio.to_thread(line.recv)
    return found


def show(name: str, seen: Mapping[str, list[float]], idle: Mapping[str, float]) -> None:
    """A line for each small question: median, 99th percentile, longest, and against idle."""
    for asked, times in seen.items():
        if len(times) < 2:
            print(f"  {name:9} {asked:7} {len(times)} answers, the longest {max(times, default=0)}")
            continue
        middle, late = statistics.median(times), statistics.quantiles(times, n=100)[98]
        ratio = f"{middle / idle[asked]:6.1f} x idle" if idle else ""
        print(
            f"  {name:9} {asked:7} {len(times):5} answers  median {middle:8.1f}"
            f"  p99 {late:8.1f}  longest {max(times):8.1f} ms  {ratio}"
        )


def peak(pid: int) -> str:
    """The most memory that the process has had."""
    with open(f"/proc/{pid}/status") as status:
        kilobytes = int(status.read().partition("VmHWM:")[2].split()[0])
    return f"{kilobytes / 1024:.0f} MB"


async def filled(system: RunningSystem) -> Place:
    """A report with a year of results, and a dashboard of it."""
    report = await system.report()
    collection = (await system.ask(board.START, report=report))["id"]
    while not (now := await system.ask(COLLECTED, id=collection))["isOver"]:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    made = await system.ask(board.CREATE)
    add = [board.widget(number, report) for number in range(len(board.WIDGETS))]
    await system.ask(board.ADD, id=made["id"], version=made["version"], change={"add": add})
    return Place(report, made["id"], [one["execution"]["id"] for one in now["weeks"]])


async def somebody_else(system: RunningSystem) -> str:
    """The token of another member of the instance."""
    node = (await system.ask("{ instances { nodes { id } } }"))["nodes"][0]["id"]

    def run(*command: str) -> str:
        whole = [sys.executable, str(ROOT / "cli.py"), *command, "--folder", str(system.folder)]
        env = {**os.environ, **system.running.settings}
        done = subprocess.run(whole, env=env, check=True, capture_output=True, text=True)
        return done.stdout.strip()

    await asyncio.to_thread(run, "user", "add", OTHER, "--name", "Other")
    await asyncio.to_thread(run, "member", "add", OTHER, node, "--role", "viewer")
    return (await asyncio.to_thread(run, "token", OTHER)).split()[-1]


async def measured(system: RunningSystem, names: list[str]) -> None:
    """Ask the heavy questions in turn."""
    place, token = await filled(system), await somebody_else(system)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    address = system.running.address
    process = multiprocessing.get_context("spawn").Process(
        target=bystander, args=(address, token, place.executions[0], theirs)
    )
    process.start()
    theirs.close()
    assert await asyncio.to_thread(ours.recv) == "asking"
    try:
        await asyncio.sleep(1)
        await told(ours)
        await asyncio.sleep(IDLE)
        seen = await told(ours)
        idle = {name: statistics.median(times) for name, times in seen.items()}
        show("idle", seen, {})
        headers = {"Authorization": f"Bearer {system.running.token}"}
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=300) as http:
            for name in names:
                question = HEAVY[name](place)
                ended = await asyncio.gather(*(heavy(http, *question) for _ in range(AT_ONCE)))
                seen = await told(ours)
                slowest, said = max(ended)
                memory = peak(system.pids()["api"])
                print(f"{name}: {AT_ONCE} at once took {slowest:.1f} s ({said}), peak {memory}")
                show(name, seen, idle)
    finally:
        ours.send("stop")
        process.join(10)
        process.kill()


def main() -> None:
    """Bring everything up, and measure."""
    names = sys.argv[1:] or list(HEAVY)
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0.1") as system:
        asyncio.run(measured(system, names))


if __name__ == "__main__":
    main()
