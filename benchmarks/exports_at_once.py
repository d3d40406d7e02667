"""What 50 exports at once cost everybody else, next to running executions.

    python -m benchmarks.exports_at_once [EXPORTS]

Starts the whole system in a folder of its own and collects a year. Reports run all the while, four
a second, and another person asks `{viewer{id}}` from a process of their own: for some seconds
without exports, and then while EXPORTS of a dashboard of 12 widgets are made, a fifth in each
format. Prints how long the small questions took, how late the steps of executions were claimed
after they were due, and how long exports took. A trigger of the benchmark notes each claim.
"""

import asyncio
import multiprocessing
import statistics
import sys
import time
from collections.abc import Mapping
from typing import Any

import asyncpg

from benchmarks import fairness
from tests.local.running_system import RUN, RunningSystem, running_system

EXPORTS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
FORMATS = ("PDF", "PNG", "XLSX", "CSV", "PARQUET")
QUIET = 15.0  # seconds without exports
PAUSE = 0.25  # seconds between two executions
CREATE = "mutation($export: ExportInput!) { exportCreate(export: $export) { id } }"
USAGE = "{ exportUsage { count open } }"
NOTE = """
CREATE TABLE noted (phase text, late double precision);
CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.noted
    VALUES (OLD.phase, extract(epoch FROM clock_timestamp() - OLD.due_at) * 1000);
    RETURN NEW;
END $$;
CREATE TRIGGER note AFTER UPDATE ON report_executions FOR EACH ROW
WHEN (NEW.fence > OLD.fence AND OLD.due_at IS NOT NULL AND OLD.phase <> 'waiting')
EXECUTE FUNCTION note();
"""
LATE = "DELETE FROM noted RETURNING phase, late"
TOOK = """
SELECT export_format, count(*), max(extract(epoch FROM completed_at - exported_at)),
    count(*) FILTER (WHERE state = 'completed')
FROM report_exports GROUP BY 1 ORDER BY 1
"""


async def measured(system: RunningSystem) -> None:
    """Measure without exports, and then with them."""
    place, token = await fairness.filled(system), await fairness.somebody_else(system)
    database = await asyncpg.connect(system.running.settings["DATABASE_URL"])
    await database.execute(NOTE)
    ours, theirs = multiprocessing.get_context("spawn").Pipe()
    process = multiprocessing.get_context("spawn").Process(
        target=fairness.bystander,
        args=(system.running.address, token, place.executions[0], theirs),
    )
    process.start()
    theirs.close()
    assert await asyncio.to_thread(ours.recv) == "asking"
    running = asyncio.create_task(keep_running(system, place.report))
    try:
        await asyncio.sleep(5)
        await fairness.told(ours)
        await database.fetch(LATE)
        await asyncio.sleep(QUIET)
        quiet = await fairness.told(ours)
        show("quiet", quiet, await database.fetch(LATE))

        began = time.monotonic()
        for number in range(EXPORTS):
            await system.ask(CREATE, export=export(number, place.board))
        while (await system.ask(USAGE))["open"]:
            assert not running.done(), running.exception()
            await asyncio.sleep(1)
        took = time.monotonic() - began
        show("exports", await fairness.told(ours), await database.fetch(LATE))
        print(f"{EXPORTS} exports took {took:.1f} s")
        for kind, count, longest, done in await database.fetch(TOOK):
            print(f"  {kind:8} {done} of {count} made, the last after {longest:.1f} s")
    finally:
        running.cancel()
        ours.send("stop")
        process.join(10)
        process.kill()
        await database.close()


def export(number: int, board: str) -> dict[str, Any]:
    """An export that no other one is equal to, so that each is made."""
    options = {"timeZone": f"Etc/GMT+{number // len(FORMATS) % 12}", "raw": number >= 60}
    source = {"dashboardId": board}
    return {"source": source, "format": FORMATS[number % len(FORMATS)], "options": options}


async def keep_running(system: RunningSystem, report: str) -> None:
    """Run the report again and again."""
    while True:
        await system.ask(RUN, id=report)
        await asyncio.sleep(PAUSE)


def show(name: str, seen: Mapping[str, list[float]], late: list[Any]) -> None:
    """Print the times of small questions, and by phase how late steps were."""
    print(name)
    fairness.show({"viewer": seen["viewer"], "loop": seen["loop"]}, {})
    by_phase: dict[str, list[float]] = {}
    for phase, one in late:
        by_phase.setdefault(phase, []).append(one)
    for phase, times in sorted(by_phase.items()):
        p99 = statistics.quantiles(times, n=100)[98] if len(times) > 1 else times[0]
        slow = sum(one > 500 for one in times)
        print(
            f"  {name:9} {phase:10} {len(times):4} steps    median {statistics.median(times):8.1f}"
            f"  p99 {p99:8.1f}  longest {max(times):8.1f} ms late, {slow} of them over 500"
        )


def main() -> None:
    """Bring everything up, and measure."""
    quick = {"SANDBOX_MIN_SECONDS": "0.5", "SANDBOX_MAX_SECONDS": "2", "AMC_POLL_MIN": "1"}
    with running_system(EXPORTS_PER_PERSON="0", **quick) as system:
        asyncio.run(measured(system))


if __name__ == "__main__":
    main()
