"""How fast `reportRun` answers, and how soon AMC hears of the execution.

    python -m benchmarks.report_run [RUNS]

Starts the whole system in a folder of its own, with a local AMC that takes no time. Beside each
`reportRun` it times `{ viewer { id } }`, the least the server can do, so that the ratio can be
compared between machines. Prints medians and 95th percentiles in milliseconds.
"""

import asyncio
import statistics
import sys
import time
from typing import Any

import httpx2

from tests.local.running_system import RUN, RunningSystem, running_system

RUNS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
LEAST = "{ viewer { id } }"


async def timed(
    system: RunningSystem, query: str, **variables: Any
) -> tuple[float, dict[str, str]]:
    """The milliseconds that a request took, and its answer."""
    began = time.perf_counter()
    answer = await system.ask(query, **variables)
    return (time.perf_counter() - began) * 1000, answer


async def until_created(system: RunningSystem, http: httpx2.AsyncClient, number: int) -> float:
    """Milliseconds until the local AMC has accepted this many executions."""
    began = time.perf_counter()
    url = system.running.settings["AMC_API_URL"] + "/sandbox/stats"
    while (await http.get(url)).json()["executions_created"] < number:  # noqa: ASYNC110
        await asyncio.sleep(0.005)
    return (time.perf_counter() - began) * 1000


def told(name: str, values: list[float]) -> str:
    """A line of the report."""
    tail = statistics.quantiles(values, n=20)[-1]
    return f"{name:<28} median {statistics.median(values):7.1f}   95 % {tail:7.1f}"


async def main() -> None:
    """Measure one request after the other, as one person would send them."""
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0") as system:
        report = await system.report()
        await system.ask(RUN, id=report)  # connections and caches are warm from here on
        run, least, reached = [], [], []
        async with httpx2.AsyncClient() as http:
            await until_created(system, http, 1)
            for number in range(RUNS):
                least.append((await timed(system, LEAST))[0])
                run.append((await timed(system, RUN, id=report))[0])
                reached.append(await until_created(system, http, number + 2))
        print(told("{ viewer { id } }", least))
        print(told("reportRun", run))
        print(told("accepted by AMC after that", reached))
        ratio = statistics.median(run) / statistics.median(least)
        print(f"{'reportRun / viewer':<28} {ratio:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
