"""Collections of a running system that something disturbs, and what they leave behind."""

import asyncio
from typing import Any

import asyncpg

from tests.local.running_system import RunningSystem

START = """
mutation($report: ID!, $weeks: Int!, $key: String!) {
  collectionStart(idempotencyKey: $key, collection: {
    reportId: $report, targetWeeks: $weeks,
    segmentation: {parallelLimit: 10, maxAttempts: 10}
  }) { id }
}
"""
READ = """
query($id: ID!) {
  collection(id: $id) {
    status isOver weeksCompleted progressPercentage errorMessage
    weeks { status checksum revision outcome execution { id status } }
  }
}
"""
NUMBERS = """
SELECT aggregation_type, aggregation_key, dimension_key, state, metrics, metric_states, coverage,
    row_count, suppressed_rows, undated_rows, is_provisional
FROM report_data_aggregates WHERE report_id = $1 ORDER BY 1, 2, 3
"""


async def until_over(system: RunningSystem, collection: str, patience: float) -> dict[str, Any]:
    """As it ended."""
    async with asyncio.timeout(patience):
        while True:
            found: dict[str, Any] = await system.ask(READ, id=collection)
            if found["isOver"]:
                return found
            await asyncio.sleep(0.5)


async def numbers(system: RunningSystem, report: str) -> list[tuple[Any, ...]]:
    """The aggregates of a report, with everything that they say."""
    return await read(system, NUMBERS, await key_of(system, report))


async def read(system: RunningSystem, query: str, *values: Any) -> list[tuple[Any, ...]]:
    connection = await asyncpg.connect(system.running.settings["DATABASE_URL"])
    try:
        return [tuple(row) for row in await connection.fetch(query, *values)]
    finally:
        await connection.close()


async def collected(system: RunningSystem, name: str, weeks: int) -> tuple[str, str]:
    """A new report and its collection, started once however often it takes to be heard."""
    report = await system.report()
    started = await system.ask(START, report=report, weeks=weeks, key=name)
    return report, started["id"]


async def key_of(system: RunningSystem, report: str) -> Any:
    """The primary key of a report."""
    rows = await read(system, "SELECT id FROM report_definitions WHERE report_id = $1", report)
    return rows[0][0]
