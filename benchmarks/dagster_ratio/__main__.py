"""What Dagster takes for the 52 weeks of a collection, beside what this engine takes.

    python -m benchmarks.dagster_ratio FOLDER [PARTITIONS]

FOLDER is a virtual environment with dagster, httpx2 and duckdb. Both ask the same local AMC, ten
executions at a time. Dagster may be given fewer PARTITIONS, as it takes minutes. Prints CPU seconds
and segments a second of each, and the ratios.
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


def dagsters(
    system: RunningSystem, programs: Path, home: Path, partitions: int
) -> tuple[float, float]:
    """CPU seconds of Dagster's processes from the daemon's start, and seconds of the backfill."""
    (home / "dagster.yaml").write_text(SETTINGS)
    given = {"DAGSTER_HOME": str(home), "RATIO_INSTANCE": "amcbench000", "RATIO_SQL": SQL}
    given["RATIO_PARTITIONS"] = str(partitions)
    env = os.environ | system.running.settings | given
    where = ["-f", str(HERE / "partitions.py")]
    # Its tables are made first: two processes must not make them at the same time.
    subprocess.run([programs / "dagster", "instance", "info"], env=env, check=True)
    daemon = subprocess.Popen([programs / "dagster-daemon", "run", *where], env=env)
    try:
        began = time.monotonic()
        asking = ["job", "backfill", *where, "-j", "weeks", "--all", "yes", "--noprompt"]
        asked = subprocess.Popen([programs / "dagster", *asking], env=env)
        used = last = 0.0
        while len(list((home / "results").glob("*.parquet"))) < partitions:
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
    partitions = int(sys.argv[2]) if len(sys.argv) > 2 else WEEKS
    with running_system(**ENVIRONMENT) as system, tempfile.TemporaryDirectory() as home:
        await asyncio.sleep(10)  # until the system rests
        ours_used, ours_took = (value / WEEKS for value in await ours(system))
        found = dagsters(system, programs, Path(home), partitions)
    used, took = (value / partitions for value in found)
    print(f"this engine: {ours_used:.3f} CPU s a segment, {1 / ours_took:.2f} segments/s")
    print(f"Dagster:     {used:.3f} CPU s a segment, {1 / took:.2f} segments/s")
    print(f"ratio: CPU {used / ours_used:.1f}, time {took / ours_took:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
