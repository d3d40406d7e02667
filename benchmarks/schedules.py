"""Schedules that are due in the same minute, and the clock's query among many that are not.

    python -m benchmarks.schedules [SCHEDULES] [CLOCKS]

Starts the whole system, with more clocks than one, and as many schedules as that, all due at one
moment; the instance is paused, so that executions are placed and wait. Prints when the ticks were
made, what each costs, and what PostgreSQL takes to find 100 due schedules among 100,000.
"""

import asyncio
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg

from benchmarks.support.processes import cpu
from local import environment
from tests.local.running_system import RunningSystem, running_system

SCHEDULES = int(sys.argv[1]) if len(sys.argv) > 1 else 2000
CLOCKS = int(sys.argv[2]) if len(sys.argv) > 2 else 5
MANY = """
WITH made AS (
    INSERT INTO report_definitions (name, template_id, template_version_id, instance_id, owner_id)
    SELECT 'Scheduled ' || n, template_id, template_version_id, instance_id, owner_id
    FROM report_definitions, generate_series(1, $1::int) n WHERE report_id = $2
    RETURNING id, owner_id
)
INSERT INTO report_schedules (
    report_id, user_id, schedule_type, cron_expression, data_window, last_tick_at, next_run_at,
    due_at
)
SELECT id, owner_id, 'custom', $3, '{"type": "lookback", "days": 7}', now(), $4, $4 FROM made
"""
IDLE = """
INSERT INTO workflow_schedules (workflow_id, schedule_type, cron_expression, due_at)
SELECT id, 'daily', '0 9 * * *', now() + interval '1 day' + n * interval '1 second'
FROM workflows, generate_series(1, 100000) n
"""
DUE = """
EXPLAIN (ANALYZE, BUFFERS) SELECT id, due_at FROM workflow_schedules
WHERE due_at <= now() ORDER BY due_at LIMIT 1000
"""
DONE = "SELECT count(*) FROM schedule_ticks WHERE report_execution_id IS NOT NULL"
SPREAD = """
SELECT min(created_at - nominal_at), max(created_at - nominal_at), count(*),
    count(DISTINCT (report_schedule_id, nominal_at)),
    count(*) FILTER (WHERE created_at < nominal_at)
FROM schedule_ticks
"""


def more_clocks(system: RunningSystem, number: int) -> list[subprocess.Popen[bytes]]:
    """Start this many clocks besides the system's own."""
    env = environment.given() | system.running.settings
    return [subprocess.Popen(environment.command("clock"), env=env) for _ in range(number)]


async def together(system: RunningSystem, database: asyncpg.Connection) -> None:
    """Measure schedules that are all due at one moment."""
    report = await system.report()
    await database.execute("UPDATE amc_instances SET is_paused = true")
    due = datetime.now(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
    if due - datetime.now(UTC) < timedelta(seconds=15):
        due += timedelta(minutes=1)
    cron = f"{due.minute} {due.hour} * * *"
    await database.execute(MANY, SCHEDULES, report, cron, due)
    clocks = more_clocks(system, CLOCKS - 1)
    try:
        await asyncio.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() - 1))
        pids = system.pids()
        before = {name: cpu(pid) for name, pid in pids.items()}
        until = time.monotonic() + 300
        while await database.fetchval(DONE) < SCHEDULES:
            assert time.monotonic() < until, "not all of them ran"
            await asyncio.sleep(0.2)
        used: dict[str, Any] = {name: cpu(pid) - before[name] for name, pid in pids.items()}
    finally:
        for one in clocks:
            one.terminate()
            one.wait(10)
    first, last, ticks, unique, early = await database.fetchrow(SPREAD)
    print(f"{SCHEDULES} schedules due at {due:%H:%M:%S}, {CLOCKS} clocks, 2 workers")
    print(f"  first tick {first.total_seconds():.2f} s after, last {last.total_seconds():.2f} s")
    print(f"  {ticks} ticks, {unique} different, {early} early")
    for name in ("worker", "postgres", "clock"):
        print(f"  {name:<9} {1000 * used[name] / SCHEDULES:6.1f} ms CPU per tick")


async def among_many(database: asyncpg.Connection) -> None:
    """Measure the query for 100 due schedules among 100,000."""
    await database.execute(
        "INSERT INTO workflows (name, sql_query, instance_id, user_id) "
        "SELECT 'W', 'SELECT 1', instance_id, owner_id FROM report_definitions LIMIT 1"
    )
    await database.execute(IDLE)
    await database.execute(
        "UPDATE workflow_schedules SET due_at = now() - interval '1 hour', is_active = false "
        "WHERE id IN (SELECT id FROM workflow_schedules LIMIT 100)"
    )
    await database.execute("ANALYZE workflow_schedules")
    for line in await database.fetch(DUE):
        print(f"  {line[0]}")


async def main() -> None:
    """Run both measurements."""
    with running_system(SANDBOX_MIN_SECONDS="0", SANDBOX_MAX_SECONDS="0") as system:
        database = await asyncpg.connect(system.running.settings["DATABASE_URL"])
        await together(system, database)
        await among_many(database)
        await database.close()


if __name__ == "__main__":
    asyncio.run(main())
