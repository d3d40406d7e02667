"""What one person's heavy questions cost everybody else, while they run.

    python -m benchmarks.fairness [NAME ...]

Starts the whole system in a folder of its own and collects a year. Each question of HEAVY, or those
named, is asked in full. If it is refused, it is made smaller until it is just below the limit. Then
one person keeps ten of it under way for SECONDS, and others go on asking meanwhile, from a process
of their own: `/health`, which waits for nothing but the event loop and so shows how late that is;
`{viewer{id}}`; and a page of rows. Memory is the most that the API had meanwhile.
"""

import asyncio
import multiprocessing
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

import httpx2
import orjson

from benchmarks.support import board
from benchmarks.support.processes import cpu, forget_peak, peak
from tests.local.running_system import ROOT, RunningSystem, running_system

AT_ONCE = 10
IDLE = 5.0  # seconds
SECONDS = 8.0  # for which each question is kept under way
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
PLAN = """collectionPlan(collection: {reportId: $id, lookback: {value: 12, unit: MONTHS},
  segmentation: {type: DAILY}}) { executions
  segments { startDate endDate isCollected settlesAt } days { day executions } }"""
OPTIONS = "lookbackOptions(reportId: $id) { options { startDate endDate segments { type count } } }"
VALIDATE = "query($sql: String!) { templateValidate(sqlTemplate: $sql) { sql errors { message } } }"
DEFINED = """
query($sql: String!, $defined: JSON, $values: JSON) {
  templateValidate(sqlTemplate: $sql, parameterDefinitions: $defined, parameters: $values) {
    sql errors { message } } }
"""
CIRCLES = """{collections(first:1){nodes{weeks{collection{weeks{collection{weeks{collection{weeks{
id}}}}}}}}}}"""
WEEKS = """collection(id: $id) { weeks { id startDate endDate status rowCount
  collection { id status } execution { id status phase } } }"""

Question = tuple[str, dict[str, Any]]


@dataclass(frozen=True)
class Place:
    """Where the heavy questions are asked, and of what."""

    report: str
    collection: str
    board: str
    executions: list[str]


@dataclass(frozen=True)
class Heavy:
    """A question of so many parts, which can be made smaller."""

    parts: int
    of: Callable[[Place, int], Question]


def _many(field: str, number: int, argument: str = "$id: ID!") -> str:
    fields = " ".join(f"a{n}: {field}" for n in range(number))
    return f"query({argument}) {{ {fields} }}"


def _defined(placeholders: int, values: int) -> dict[str, Any]:
    items = {"type": "array", "items": {"type": "string"}, "minItems": 1}
    return {
        "sql": f"SELECT a AS a FROM t WHERE {' OR '.join(['a IN {{x}}'] * placeholders)}",
        "defined": {"properties": {"x": items}, "required": ["x"]},
        "values": {"x": ["x" * 900] * values},
    }


def _unknown(number: int) -> dict[str, Any]:
    return {
        "sql": f"SELECT {', '.join(f'{{{{parameter_{n}}}}} AS a{n}' for n in range(number))}",
        "defined": {"properties": {f"param_{n}": {"type": "string"} for n in range(100)}},
    }


def _withs(number: int) -> str:
    parts = ", ".join(f"t{n} AS (SELECT a FROM t{max(0, n - 1)})" for n in range(number))
    return f"WITH {parts} SELECT a AS a FROM t{number - 1}"


HEAVY: Mapping[str, Heavy] = {
    # Refused in full, or else a few of its lists.
    "circles": Heavy(
        90,
        lambda of, n: (CIRCLES, {}) if n == 90 else (_many(WEEKS, n), {"id": of.collection}),
    ),
    "newest": Heavy(100, lambda of, n: (NEWEST, {"ids": [of.report] * n})),
    "rows": Heavy(100, lambda of, n: (HUNDRED % "{ rows }", {"ids": (of.executions * 2)[:n]})),
    "counts": Heavy(
        100, lambda of, n: (HUNDRED % "{ totalCount }", {"ids": (of.executions * 2)[:n]})
    ),
    "plans": Heavy(90, lambda of, n: (_many(PLAN, n), {"id": of.report})),
    "options": Heavy(90, lambda of, n: (_many(OPTIONS, n), {"id": of.report})),
    "charts": Heavy(1, lambda of, n: (board.CHARTS, {"id": of.board})),
    "withs": Heavy(2000, lambda of, n: (VALIDATE, {"sql": _withs(n)})),
    "unknown": Heavy(1200, lambda of, n: (DEFINED, _unknown(n))),
    "joins": Heavy(18, lambda of, n: (VALIDATE, {"sql": f"SELECT a AS a FROM t{' JOIN t' * n}"})),
    "lists": Heavy(1000, lambda of, n: (DEFINED, _defined(n, n))),
}


def bystander(address: str, token: str, execution: str, line: Connection) -> None:
    """Somebody else, who asks small questions all the while and says how long they took."""
    asyncio.run(_bystand(address, token, execution, line))


async def _bystand(address: str, token: str, execution: str, line: Connection) -> None:
    async with httpx2.AsyncClient(
        base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=300
    ) as http:
        asked: dict[str, tuple[float, Callable[[], Awaitable[httpx2.Response]]]] = {
            "loop": (0.02, lambda: http.get("/health")),
            "viewer": (0.02, lambda: http.post("/graphql", json={"query": VIEWER})),
            "rows": (
                0.5,
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


async def answered(http: httpx2.AsyncClient, question: Question) -> tuple[float, dict[str, Any]]:
    """How many milliseconds the answer to a question took, and the answer."""
    began = time.perf_counter()
    query, variables = question
    response = await http.post("/graphql", json={"query": query, "variables": variables})
    took = 1000 * (time.perf_counter() - began)
    answer: dict[str, Any] = orjson.loads(response.content)
    return took, answer | {"bytes": len(response.content)}


def refused(answer: Mapping[str, Any]) -> str | None:
    """What is said of a question that costs too much."""
    for error in answer.get("errors", ()):
        if error["extensions"]["code"] == "QUERY_TOO_EXPENSIVE":
            return str(error["message"])
    return None


async def allowed(http: httpx2.AsyncClient, name: str, place: Place) -> Question:
    """The question as it is just below the limit, after it was asked in full."""
    heavy, parts = HEAVY[name], HEAVY[name].parts
    took, answer = await answered(http, heavy.of(place, parts))
    if (said := refused(answer)) is not None:
        print(f"{name}: refused in {took:.0f} ms: {said}")
        parts = 1
        _, answer = await answered(http, heavy.of(place, parts))
        cost = answer["extensions"]["cost"]
        parts = max(1, min(heavy.parts - 1, cost["limit"] // cost["requested"]))
    while True:
        took, answer = await answered(http, heavy.of(place, parts))
        if refused(answer) is None:
            break
        parts = parts * 49 // 50
    assert "extensions" in answer, answer["errors"]
    cost = answer["extensions"]["cost"]
    print(
        f"{name}: {parts} of {heavy.parts} parts alone: {took:.0f} ms, {answer['bytes']:,} bytes, "
        f"{cost['requested']:,} points, {cost['actual']:,} of them used"
    )
    return heavy.of(place, parts)


async def told(line: Connection) -> dict[str, list[float]]:
    """What the bystander saw since it was last asked."""
    line.send("tell")
    found: dict[str, list[float]] = await asyncio.to_thread(line.recv)
    return found


def show(seen: Mapping[str, list[float]], idle: Mapping[str, float]) -> None:
    """A line for each small question: median, 99th percentile, longest, and against idle."""
    for asked, times in seen.items():
        if len(times) < 2:
            print(f"  {asked:7} {len(times)} answers, the longest {max(times, default=0)}")
            continue
        middle, late = statistics.median(times), statistics.quantiles(times, n=100)[98]
        ratio = f"{middle / idle[asked]:6.1f} x idle" if idle else ""
        print(
            f"  {asked:7} {len(times):5} answers  median {middle:8.1f}"
            f"  p99 {late:8.1f}  longest {max(times):8.1f} ms  {ratio}"
        )


async def filled(system: RunningSystem) -> Place:
    """A report with a year of results, and a dashboard of it."""
    report = await system.report()
    collection = (await system.ask(board.START, report=report))["id"]
    while not (now := await system.ask(COLLECTED, id=collection))["isOver"]:  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    made = await system.ask(board.CREATE)
    add = [board.widget(number, report) for number in range(len(board.WIDGETS))]
    await system.ask(board.ADD, id=made["id"], version=made["version"], change={"add": add})
    executions = [one["execution"]["id"] for one in now["weeks"]]
    return Place(report, collection, made["id"], executions)


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


async def kept_under_way(http: httpx2.AsyncClient, question: Question) -> int:
    """Ask ten times at once, again and again for SECONDS. Returns how many were answered."""
    until, number = time.monotonic() + SECONDS, 0

    async def go_on() -> None:
        nonlocal number
        while time.monotonic() < until:
            await answered(http, question)
            number += 1

    await asyncio.gather(*(go_on() for _ in range(AT_ONCE)))
    return number


async def measured(system: RunningSystem, names: list[str]) -> None:
    """Ask the heavy questions in turn."""
    place, token = await filled(system), await somebody_else(system)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    address, api = system.running.address, system.pids()["api"]
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
        print("idle")
        show(seen, {})
        headers = {"Authorization": f"Bearer {system.running.token}"}
        async with httpx2.AsyncClient(base_url=address, headers=headers, timeout=300) as http:
            for name in names:
                question = await allowed(http, name, place)
                await told(ours)
                forget_peak(api)
                before = cpu(api)
                number = await kept_under_way(http, question)
                seen, spent = await told(ours), cpu(api) - before
                print(
                    f"  {number} of it, {AT_ONCE} at once: {1000 * spent / number:.0f} ms of CPU "
                    f"each, peak {peak(api) / 1e6:.0f} MB"
                )
                show(seen, idle)
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
