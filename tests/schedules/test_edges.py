"""Whatever people do to a schedule, and however long the clock stands still, no moment is lost."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.schedules.recurrence import missed
from tests.schedules.schedules import CREATE, PAUSE, RESUME, ago, fire, ticks

CHANGE = """
mutation($id: ID!, $schedule: ScheduleInput!) {
  scheduleChange(id: $id, schedule: $schedule) { id nextRunAt }
}
"""
ARCHIVE = "mutation($id: ID!) { reportArchive(id: $id) { id } }"
ROWS = text("SELECT nominal_at, outcome, reason, more FROM schedule_ticks ORDER BY nominal_at")
ZONES = ["UTC", "America/New_York", "Asia/Tokyo"]
HOUR = timedelta(hours=1)


def far_minute() -> int:
    """Return a minute of the hour that is not reached during the test."""
    return (datetime.now(UTC).minute + 25) % 60


def plans(minute: int) -> list[str]:
    """Return expressions that are the same in each hour, so that time may pass by whole hours."""
    later = (minute + 7) % 60
    return [f"{minute} * * * *", f"{minute},{later} * * * *", f"{later} * * * *"]


async def pass_hours(schedule: str, hours: int) -> None:
    """Let time pass, with nobody looking: all that has happened is so much longer ago."""
    async with db.owner_transaction() as session:
        changes = {"by": timedelta(hours=hours), "id": ids.decode("sch", schedule)}
        for statement in (
            # Two steps, because a moment may not be there twice for an instant either.
            "UPDATE schedule_ticks SET nominal_at = nominal_at - interval '36500 days' "
            "WHERE report_schedule_id = :id AND CAST(:by AS interval) > '-1 s'",
            "UPDATE schedule_ticks SET nominal_at = nominal_at + interval '36500 days' "
            "- CAST(:by AS interval) WHERE report_schedule_id = :id",
            "UPDATE report_schedules SET last_tick_at = last_tick_at - CAST(:by AS interval), "
            "due_at = CASE WHEN is_paused THEN NULL ELSE now() END WHERE id = :id",
        ):
            await session.execute(text(statement), changes)


class History:
    """What was planned from when to when, in the time of the last look."""

    def __init__(self, cron: str, zone: str) -> None:
        self.past: list[tuple[str, str, datetime, datetime]] = []
        self.cron, self.zone, self.since = cron, zone, datetime.now(UTC)

    def passed(self, hours: int) -> None:
        by = timedelta(hours=hours)
        self.past = [(cron, zone, a - by, b - by) for cron, zone, a, b in self.past]
        self.since -= by

    def changed(self, cron: str, zone: str) -> None:
        now = datetime.now(UTC)
        self.past.append((self.cron, self.zone, self.since, now))
        self.cron, self.zone, self.since = cron, zone, now

    def moments(self) -> set[datetime]:
        self.changed(self.cron, self.zone)
        return {
            one.at
            for cron, zone, after, until in self.past
            for one in missed(cron, zone, after, until, until - after, "all", most=10_000).due
        }


@pytest.mark.parametrize("seed", range(10))
async def test_each_moment_has_one_tick_whatever_is_done(ask, report, sent, seed):
    chance = random.Random(seed)
    crons = plans(far_minute())
    policy = {
        "catchUp": chance.choice(["LATEST", "ALL"]),
        "catchUpSeconds": chance.choice([0, 3600, 86_400]),
        "overlap": chance.choice(["SKIP", "BUFFER", "CANCEL"]),
        "jitterSeconds": chance.choice([0, 3600]),
    }
    plan: dict[str, Any] = {"cron": chance.choice(crons), "timeZone": chance.choice(ZONES)}
    made = (await ask(CREATE, report=report["id"], schedule=plan | policy))["id"]
    history = History(plan["cron"], plan["timeZone"])
    for _ in range(12):
        hours = chance.choice([0, 1, 2, 5, 30, 150])
        await pass_hours(made, hours)
        history.passed(hours)
        match chance.choice(["look", "look", "change", "pause", "resume"]):
            case "look":
                await fire(made)
            case "pause":
                await ask(PAUSE, id=made, n=chance.choice([None, "Budget talks"]))
            case "resume":
                await ask(RESUME, id=made)
            case "change":
                plan = {"cron": chance.choice(crons), "timeZone": chance.choice(ZONES)}
                await ask(CHANGE, id=made, schedule=plan | policy)
                history.changed(plan["cron"], plan["timeZone"])
    await ask(ARCHIVE, id=report["id"])

    async with db.owner_transaction() as session:
        rows = (await session.execute(ROWS)).all()
    due = history.moments()
    assert {row.nominal_at for row in rows} <= due
    assert len(rows) + sum(row.more for row in rows) == len(due)
    assert all(row.reason for row in rows if row.outcome not in ("ran", "caught_up"))


@pytest.mark.parametrize(
    ("edge", "outcome", "reason"),
    [
        ("change", "DROPPED", "The schedule was changed before it could run."),
        ("pause", "PAUSED", "Budget talks"),
        ("archive", "DROPPED", "The report 'Campaigns of the week' was archived."),
    ],
)
async def test_what_was_due_at_an_edge_has_a_tick_that_says_so(
    ask, report, sent, edge, outcome, reason
):
    plan = {"cron": f"{far_minute()} * * * *"}
    made = (await ask(CREATE, report=report["id"], schedule=plan))["id"]
    await ago(made, hours=2)
    if edge == "change":
        await ask(CHANGE, id=made, schedule=plan | {"timeZone": "Asia/Tokyo"})
    elif edge == "pause":
        await ask(PAUSE, id=made, n="Budget talks")
    else:
        await ask(ARCHIVE, id=report["id"])
    await fire(made)

    found = await ticks(ask, made)
    assert Counter((one["outcome"], one["reason"]) for one in found) == {(outcome, reason): 2}
