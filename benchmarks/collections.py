"""How long collections take against an ideal scheduler, and what a segment costs.

    python -m benchmarks.collections wall [COLLECTIONS] [WORKERS]
    python -m benchmarks.collections limit [COLLECTIONS] [WORKERS]
    python -m benchmarks.collections slow [COLLECTIONS] [WORKERS]
    python -m benchmarks.collections series [WORKERS]
    python -m benchmarks.collections idle [SECONDS]

`wall`: 52 weeks each over instances of ten slots, 2 to 5 seconds an execution. The ideal scheduler
is given the same durations, the first segment alone, and as many slots; it takes no time between.
Prints the ratio of the wall times, and AMC's calls per segment: all but downloads, which are S3's.

`limit`: an AMC that answers at once. `slow`: one that takes 2 to 5 seconds. Both print segments a
second, and what a segment costs: CPU by process, by thread and by step of the workers, statements,
commits, messages, publishes, claims and HOT updates.
`series`: both with 1, 4, 10, 20 and 50 collections. `idle`: what a system costs that does nothing.
"""

import asyncio
import hashlib
import heapq
import sys
from typing import Any

from benchmarks.support.counters import Counters, metered
from tests.local.running_system import RunningSystem, running_system

WEEKS, SLOTS, LOW, HIGH = 52, 10, 2.0, 5.0
INSTANT = (0.0, 0.0)
STATEMENTS = 60  # the most frequent ones are printed
TABLES = 8  # with the most updates
SETTLED = 20.0  # seconds until a system that was just started rests
CONTEXT = "{ instances(first: 50) { nodes { id } } templates(first: 50) { nodes { id slug } } }"
CREATE = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"
START = """
mutation($report: ID!) {
  collectionStart(collection: {
    reportId: $report, targetWeeks: 52, segmentation: {parallelLimit: 10}
  }) { id }
}
"""
READ = """
query($id: ID!) {
  collection(id: $id) {
    status isOver weeksCompleted startedAt completedAt errorMessage
    weeks { status collectedAt execution { amcExecutionId createdAt startedAt completedAt } }
  }
}
"""
OPEN = "{ collections(first: 1, filter: {isOpen: true}) { nodes { id } } }"


def instances(number: int) -> str:
    """This many instances, as settings of the local AMC."""
    listed = ", ".join(
        f'"amcbench{n:03}": ["ENTITYLOCAL1", "Acme Advertising", "Bench {n}"]'
        for n in range(number)
    )
    return f"{{{listed}}}"


def seconds_of(amc_id: str) -> float:
    """How long this execution takes at the local AMC."""
    share = int.from_bytes(hashlib.sha256(amc_id.encode()).digest()[:4], "big") / 2**32
    return LOW + (HIGH - LOW) * share


def ideal(durations: list[float]) -> float:
    """The ideal time: the first segment alone, then the others in order on all slots."""
    first, rest = durations[0], durations[1:]
    slots = [0.0] * SLOTS
    for one in rest:
        heapq.heappush(slots, heapq.heappop(slots) + one)
    return first + max(slots)


async def start(system: RunningSystem, number: int, over: int) -> list[str]:
    """Start this many collections, spread over this many instances."""
    context = await system.ask(CONTEXT)
    template = next(
        one["id"] for one in context["templates"]["nodes"] if one["slug"] == "campaign-performance"
    )
    places = context["instances"]["nodes"][:over]
    started = []
    for n in range(number):
        report = {
            "name": f"Benchmark {n}",
            "templateId": template,
            "instanceId": places[n % over]["id"],
        }
        made = await system.ask(CREATE, report=report)
        started.append((await system.ask(START, report=made["id"]))["id"])
    return started


async def until_over(system: RunningSystem) -> None:
    """Wait until all collections are over."""
    while (await system.ask(OPEN))["nodes"]:  # noqa: ASYNC110
        await asyncio.sleep(0.5)


async def cleaned_up(system: RunningSystem, saved: int) -> dict[str, Any]:
    """The calls that AMC has counted once every saved query is removed, after a minute or two."""
    while (stats := system.amc())["requests"].get("delete", 0) < saved:  # noqa: ASYNC110
        await asyncio.sleep(2)
    return stats


def moment(text: str) -> float:
    """The time in seconds since 1970."""
    from datetime import datetime

    return datetime.fromisoformat(text).timestamp()


async def wall(number: int, workers: int) -> None:
    """Compare with the ideal scheduler."""
    environment = {
        "PROCESSES": str(workers),
        "SANDBOX_INSTANCES": instances(number),
        "SANDBOX_COMPUTED_ONCE": "true",  # else AMC takes longer than that, if the machine is slow
        "COLLECTIONS_PER_USER": "1000",
        "COLLECTIONS_PER_INSTANCE_AND_DAY": "1000",
    }
    with running_system(**environment) as system:
        ids = await start(system, number, number)
        await until_over(system)
        found = [await system.ask(READ, id=one) for one in ids]
        ratios = []
        for one in found:
            assert one["status"] == "COMPLETED", one
            order = sorted(
                (week["execution"] for week in one["weeks"]), key=lambda run: run["startedAt"]
            )
            best = ideal([seconds_of(run["amcExecutionId"]) for run in order])
            took = moment(one["completedAt"]) - moment(order[0]["createdAt"])
            ratios.append(took / best)
            lag = [
                moment(run["completedAt"])
                - moment(run["startedAt"])
                - seconds_of(run["amcExecutionId"])
                for run in order
            ]
            wait = [moment(run["startedAt"]) - moment(run["createdAt"]) for run in order]
            print(f"  asked to accepted: mean {sum(wait) / WEEKS:.2f} s, most {max(wait):.2f} s")
            print(f"  over at AMC to stored: mean {sum(lag) / WEEKS:.2f} s, most {max(lag):.2f} s")
            print(f"  took {took:6.1f} s, ideal {best:6.1f} s, ratio {took / best:.3f}")
        stats = await cleaned_up(system, WEEKS * number)
        calls = sum(stats["requests"].values()) - stats["requests"]["result"]  # S3 answers those
        print(f"{number} collections of 52, {workers} workers: ratio {max(ratios):.3f} at most")
        print(f"AMC calls per segment {calls / (WEEKS * number):.2f}: {stats['requests']}")
        print(f"slots used at once: {stats['max_running_seen']}")


async def cost(number: int, workers: int, seconds: tuple[float, float]) -> None:
    """Measure what a segment costs, with an AMC that takes so long."""
    over = min(number, 20)
    environment = {
        "PROCESSES": str(workers),
        "SANDBOX_INSTANCES": instances(over),
        "SANDBOX_MIN_SECONDS": str(seconds[0]),
        "SANDBOX_MAX_SECONDS": str(seconds[1]),
        "SANDBOX_COMPUTED_ONCE": "true",
        "COLLECTIONS_PER_USER": "1000",
        "COLLECTIONS_PER_INSTANCE_AND_DAY": "1000",
    }
    with metered() as (meters, more), running_system(**environment, **more) as system:
        counters = Counters(system, meters)
        await counters.prepare()
        await counters.begin()
        await start(system, number, over)
        await until_over(system)
        used = await counters.end()
        segments = WEEKS * number
        pace = "an instant AMC" if seconds[1] == 0 else "{:g} to {:g} s at AMC".format(*seconds)
        print(
            f"{number} collections of 52, {workers} workers, {pace}: "
            f"{segments / used.seconds:.1f} segments/s"
        )
        used.print(segments, "segment")
        calls: dict[str, Any] = system.amc()["requests"]
        print(f"  AMC calls per segment {sum(calls.values()) / segments:.2f}")
        for row in await counters.changed(TABLES):
            print(
                f"    {row['updates'] / segments:6.2f} updates of {row['table']}, "
                f"{row['hot'] / segments:.2f} of them HOT"
            )
        for row in await counters.top(STATEMENTS):
            text = " ".join(row["query"].split())[:150]
            print(
                f"    {row['calls'] / segments:6.2f} x {row['ms'] / row['calls']:7.3f} ms  {text}"
            )


async def idle(seconds: float) -> None:
    """Measure what a system costs that has nothing to do."""
    with running_system() as system:
        counters = Counters(system)  # without meters, which wake up by themselves
        await counters.prepare()
        await asyncio.sleep(SETTLED)
        await counters.begin()
        await asyncio.sleep(seconds)
        used = await counters.end()
        print(
            "idle, in ms of CPU a second (10 are 1 % of a core), and by wake-ups, which cost most:"
        )
        used.print(used.seconds, "second")
        for row in await counters.top(12):
            print(
                f"    {row['calls']:6} x {row['ms'] / row['calls']:7.3f} ms  {row['query'][:150]!r}"
            )


async def main() -> None:
    """Run one of the measurements."""
    what, *numbers = sys.argv[1:] or ["wall"]
    if what == "idle":
        await idle(float(numbers[0]) if numbers else 30.0)
        return
    if what == "series":
        for many in (1, 4, 10, 20, 50):
            for pace in (INSTANT, (LOW, HIGH)):
                await cost(many, int(numbers[0]) if numbers else 2, pace)
        return
    number, workers = [*map(int, numbers), *(1, 2)[len(numbers) :]]
    if what == "wall":
        await wall(number, workers)
    else:
        await cost(number, workers, INSTANT if what == "limit" else (LOW, HIGH))


if __name__ == "__main__":
    asyncio.run(main())
