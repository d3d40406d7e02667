"""Helpers of the tests of schedules: operations, and moving time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

import domain.schedules.ticks
from domain import db, ids

CREATE = """
mutation($report: ID, $workflow: ID, $schedule: ScheduleInput!) {
  scheduleCreate(reportId: $report, workflowId: $workflow, schedule: $schedule) {
    id words cron timeZone scheduleType nextRunAt isPaused dataWindow { type unit days }
  }
}
"""
WITH_PAST = """
mutation($report: ID!, $past: BackfillInput!) {
  scheduleCreate(reportId: $report, schedule: {cron: "0 * * * *"}, backfill: $past) {
    id backfillStatus backfillCollection { id status }
  }
}
"""
READ = """
query($id: ID!) {
  schedule(id: $id) {
    id words nextRunAt isPaused pauseNote lastRunAt lastRunStatus runCount failureCount
    failuresInRow updateCollection { id status collectionType weeksCompleted }
  }
}
"""
TICKS = """
query($id: ID!) {
  scheduleTicks(scheduleId: $id, first: 100) {
    nodes { nominalAt outcome reason more execution { id status windowStart triggeredBy } }
  }
}
"""
PREVIEW = """
query($report: ID!, $schedule: ScheduleInput!) {
  schedulePreview(reportId: $report, schedule: $schedule) {
    words runs { at local mark windowStart windowEnd }
  }
}
"""
PAUSE = "mutation($id: ID!, $n: String) { schedulePause(id: $id, note: $n) { id isPaused } }"
RESUME = "mutation($id: ID!) { scheduleResume(id: $id) { id isPaused nextRunAt } }"
DELETE = "mutation($id: ID!) { scheduleDelete(id: $id) }"
MONDAYS = {"preset": {"frequency": "WEEKLY", "daysOfWeek": [1], "time": "09:00"}}
HOURLY = {"cron": "0 * * * *"}


async def ago(schedule: str, **shift: float) -> datetime:
    """Pretend that the schedule was last looked at this long ago. Returns that time."""
    then = datetime.now(UTC) - timedelta(**shift)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE report_schedules SET last_tick_at = :then, due_at = now() WHERE id = :id"),
            {"then": then, "id": ids.decode("sch", schedule)},
        )
    return then


async def fire(schedule: str) -> None:
    async with db.worker_transaction() as session:
        await domain.schedules.ticks.fire(session, schedule)


async def ticks(ask: Any, schedule: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await ask(TICKS, id=schedule))["nodes"]
    return found
