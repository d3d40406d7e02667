"""What Dagster takes for the 52 weeks of a collection, beside what this engine takes.

    python -m benchmarks.dagster_ratio FOLDER

FOLDER is a virtual environment with dagster, httpx2 and duckdb. Both ask the same local AMC, ten
executions at a time. Prints CPU seconds and segments a second of each, and the ratios.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks.collections import WEEKS, instances, start, until_over
from benchmarks.support.processes import cpu
from tests.local.running_system import RunningSystem, running_system

HERE = Path(__file__).parent
ENGINE = ("worker", "clock", "postgres", "valkey")
ENVIRONMENT = {"SANDBOX_INSTANCES": instances(1), "SANDBOX_COMPUTED_ONCE": "true"}
SQL = "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY campaign"
SETTINGS = """
run_coordinator:
  module: dagster.core.run_coordinator
  class: QueuedRunCoordinator
  config: {max_concurrent_runs: 10, dequeue_interval_seconds: 1}
telemetry: {enabled: false}
"""
PATIENCE = 900  # seconds


async def ours(system: RunningSystem) -> tuple[float, float]:
    """CPU seconds of the engine's processes, and seconds."""
    pids = [pid for name, pid in system.pids().items() if name in ENGINE]
    before, began = sum(map(cpu, pids)), time.monotonic()
    await start(system, 1, 1)
    await until_over(system)
    return sum(map(cpu, pids)) - before, time.monotonic() - began


def dagsters(system: RunningSystem, programs: Path, home: Path) -> tuple[float, float]:
    """CPU seconds of Dagster's processes from the daemon's start, and seconds of the backfill."""
    (home / "dagster.yaml").write_text(SETTINGS)
    given = {"DAGSTER_HOME": str(home), "RATIO_INSTANCE": "amcbench000", "RATIO_SQL": SQL}
    env = os.environ | system.running.settings | given
    where = ["-f", str(HERE / "partitions.py")]
    daemon = subprocess.Popen([programs / "dagster-daemon", "run", *where], env=env)
    try:
        began = time.monotonic()
        asking = ["job", "backfill", *where, "-j", "weeks", "--all", "yes", "--noprompt"]
        asked = subprocess.Popen([programs / "dagster", *asking], env=env)
        used = last = 0.0
        while len(list((home / "results").glob("*.parquet"))) < WEEKS:
            assert time.monotonic() - began < PATIENCE, "Dagster does not come to an end"
            with suppress(OSError):
                used = max(used, cpu(daemon.pid))
                last = max(last, cpu(asked.pid))
            time.sleep(0.5)
        return used + last, time.monotonic() - began
    finally:
        daemon.terminate()
        daemon.wait()


async def main() -> None:
    """Run both, one after the other."""
    programs = Path(sys.argv[1]) / "bin"
    with running_system(**ENVIRONMENT) as system, tempfile.TemporaryDirectory() as home:
        await asyncio.sleep(10)  # until the system rests
        found = {"this engine": await ours(system)}
        found["Dagster"] = dagsters(system, programs, Path(home))
    for name, (used, took) in found.items():
        print(f"{name:<12} {used / WEEKS:6.3f} CPU s a segment, {WEEKS / took:5.2f} segments/s")
    (ours_used, ours_took), (used, took) = found.values()
    print(f"ratio: CPU {used / ours_used:.1f}, time {took / ours_took:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
