"""Schedules: made, explained, run once each moment, and what became of every moment."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import db
from tests.graph.front_door import execute
from tests.schedules.schedules import (
    CREATE,
    DELETE,
    HOURLY,
    MONDAYS,
    PAUSE,
    PREVIEW,
    READ,
    RESUME,
    ago,
    fire,
    ticks,
)


@pytest.fixture
def schedule(ask, report):
    """Make a schedule of Alice's report; its id."""

    async def make(**more: Any) -> str:
        made = await ask(CREATE, report=report["id"], schedule={**HOURLY, **more})
        return str(made["id"])

    return make


async def test_a_schedule_is_told_in_words(ask, report):
    made = await ask(
        CREATE, report=report["id"], schedule={**MONDAYS, "timeZone": "America/New_York"}
    )
    assert made["words"] == "Every Monday at 09:00 New York time"
    assert (made["scheduleType"], made["cron"]) == ("WEEKLY", "0 9 * * 1")
    assert made["dataWindow"] == {"type": "PREVIOUS", "unit": "WEEK", "days": None}
    assert datetime.fromisoformat(made["nextRunAt"]) > datetime.now(UTC)


async def test_a_preview_shows_the_next_runs_with_their_days(ask, report):
    shown = await ask(PREVIEW, report=report["id"], schedule=MONDAYS)
    assert len(shown["runs"]) == 20
    for run in shown["runs"]:
        start, end = (datetime.fromisoformat(run[one]) for one in ("windowStart", "windowEnd"))
        assert (end - start).days == 7
        assert end <= datetime.fromisoformat(run["at"]).replace(tzinfo=None)
        assert run["local"].startswith("Mon ")


async def test_a_moment_becomes_one_tick_and_one_execution(
    ask, schedule, work_until_done, amc_server
):
    made = await schedule()
    await ago(made, hours=1)
    await asyncio.gather(*(fire(made) for _ in range(5)))
    await work_until_done()

    (tick,) = await ticks(ask, made)
    assert tick["outcome"] in ("RAN", "CAUGHT_UP")
    assert (tick["execution"]["status"], tick["execution"]["triggeredBy"]) == (
        "COMPLETED",
        "SCHEDULE",
    )
    found = await ask(READ, id=made)
    assert (found["runCount"], found["lastRunStatus"]) == (1, "COMPLETED")
    assert amc_server.stats()["executions_created"] == 1


@pytest.mark.parametrize(
    ("policy", "outcomes"),
    [("LATEST", ["CAUGHT_UP", "DROPPED", "DROPPED"]), ("ALL", ["CAUGHT_UP"] * 3)],
)
async def test_after_three_hours_of_downtime_each_policy_does_as_it_says(
    ask, schedule, sent, policy, outcomes
):
    made = await schedule(catchUp=policy, overlap="ALLOW")
    noon = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    since = datetime.now(UTC) - noon + timedelta(hours=2, minutes=30)
    await ago(made, seconds=since.total_seconds())
    await fire(made)

    found = [tick["outcome"] for tick in await ticks(ask, made)]
    assert [one.replace("RAN", "CAUGHT_UP") for one in found] == outcomes


async def test_after_three_days_what_is_too_late_is_dropped_and_says_so(ask, schedule, sent):
    made = await schedule(catchUp="LATEST")
    await ago(made, days=3)
    await fire(made)

    found = await ticks(ask, made)
    assert len(found) in (72, 73)
    assert found[0]["outcome"] in ("RAN", "CAUGHT_UP")
    assert {tick["outcome"] for tick in found[1:]} == {"DROPPED"}
    assert "24 h" in found[-1]["reason"]
    assert "A later run" in found[1]["reason"]


async def test_what_still_runs_is_not_overtaken_but_as_the_schedule_says(
    ask, schedule, sent, do, work_until_done, amc_server
):
    made = await schedule(overlap="SKIP")
    await ago(made, hours=1)
    await fire(made)
    await ago(made, hours=1)
    await reset_ticks(made)
    await fire(made)

    newest = (await ticks(ask, made))[0]
    assert newest["outcome"] == "SKIPPED"
    assert "still running" in newest["reason"]


async def reset_ticks(schedule: str) -> None:
    """Move the ticks so far into the past, so that the same moments can come again."""
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE schedule_ticks SET nominal_at = nominal_at - interval '1 year' * (1 + ("
                "SELECT count(*) FROM schedule_ticks WHERE nominal_at < now() - interval '1 d 1 h'"
                ")) WHERE nominal_at > now() - interval '30 days'"
            )
        )


async def test_a_buffered_moment_runs_when_the_last_is_over(
    ask, schedule, work_until_done, amc_server
):
    made = await schedule(overlap="BUFFER")
    await ago(made, hours=1)
    await fire(made)
    await reset_ticks(made)
    await ago(made, hours=1)
    await fire(made)
    assert (await ticks(ask, made))[0]["outcome"] == "BUFFERED"

    await work_until_done()
    await fire(made)
    await work_until_done()

    assert (await ticks(ask, made))[0]["outcome"] == "RAN"
    assert amc_server.stats()["executions_created"] == 2


async def test_a_schedule_that_fails_too_often_pauses_itself_with_a_note(
    ask, schedule, do, work_until_done, amc_server
):
    amc_server.fault(fault="status", route="save", status=400, count=99)
    made = await schedule(pauseAfterFailures=2)
    for _ in range(2):
        await ago(made, hours=1)
        await fire(made)
        await work_until_done()
        await fire(made)
        await reset_ticks(made)

    found = await ask(READ, id=made)
    assert (found["isPaused"], found["failuresInRow"]) == (True, 2)
    assert "2 times in a row" in found["pauseNote"]
    assert found["nextRunAt"] is None


async def test_moments_that_came_while_it_was_paused_are_ticks_that_say_so(ask, schedule, sent):
    made = await schedule()
    await ask(PAUSE, id=made, n="Budget talks")
    await ago(made, hours=2, minutes=59)
    await fire(made)
    assert await ticks(ask, made) == []
    resumed = await ask(RESUME, id=made)

    found = await ticks(ask, made)
    assert {tick["outcome"] for tick in found} == {"PAUSED"}
    assert len(found) in (2, 3)
    assert {tick["reason"] for tick in found} == {"Budget talks"}
    assert datetime.fromisoformat(resumed["nextRunAt"]) > datetime.now(UTC)


async def test_a_run_is_refused_when_its_person_is_no_editor_any_more(
    ask, alice, schedule, instance
):
    made = await schedule()
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE instance_members SET role = 'viewer'"))
    await ago(made, hours=1)
    await fire(made)

    (tick,) = await ticks(ask, made)
    assert (tick["outcome"], tick["execution"]) == ("REFUSED", None)
    assert "no longer an editor" in tick["reason"]


async def test_its_runs_extend_the_reports_series(ask, report, work_until_done, amc_server):
    made = (
        await ask(
            CREATE,
            report=report["id"],
            schedule={**MONDAYS, "keepsHistory": True, "catchUpSeconds": 700_000},
        )
    )["id"]
    await ago(made, days=7)
    await fire(made)
    await work_until_done()

    found = (await ask(READ, id=made))["updateCollection"]
    assert (found["collectionType"], found["weeksCompleted"]) == ("WEEKLY_UPDATE", 1)
    assert found["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 1
    weekly = await ask(
        "query($f: AggregateFilter!) { aggregates(filter: $f) { nodes { state coverage "
        "{ covered } } } }",
        f={"collectionId": found["id"]},
    )
    assert [one["coverage"]["covered"] for one in weekly["nodes"]] == [7]


async def test_a_report_has_one_active_schedule(ask, refused, report, schedule, alice):
    made = await schedule()
    refusal = await refused(CREATE, report=report["id"], schedule=HOURLY)
    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "reportId")
    await ask(DELETE, id=made)
    answers = await asyncio.gather(
        *(execute(alice, CREATE, report=report["id"], schedule=HOURLY) for _ in range(5))
    )
    assert sum(not one.errors for one in answers) == 1


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"cron": "0 0 9 * * 1"}, "schedule.cron"),
        ({"cron": "0 9 31 2 *"}, "schedule.cron"),
        ({"cron": "0 9 * * 1", "timeZone": "Mars/Olympus"}, "schedule.timeZone"),
        ({}, "schedule.cron"),
        ({**HOURLY, **MONDAYS}, "schedule.cron"),
        ({"preset": {"frequency": "MONTHLY", "dayOfMonth": 0}}, "schedule.preset.dayOfMonth"),
        ({"preset": {"frequency": "MONTHLY", "dayOfMonth": 32}}, "schedule.preset.dayOfMonth"),
        ({**HOURLY, "dataWindow": {"type": "LOOKBACK", "days": 366}}, "schedule.dataWindow.days"),
        ({**HOURLY, "jitterSeconds": -1}, "schedule.jitterSeconds"),
        ({**HOURLY, "pauseAfterFailures": 0}, "schedule.pauseAfterFailures"),
    ],
)
async def test_what_cannot_be_scheduled_is_refused_with_its_place(
    ask, refused, report, wanted, field
):
    for operation in (PREVIEW, CREATE):
        refusal = await refused(operation, report=report["id"], schedule=wanted)
        assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", field)
    assert (await ask("{ schedules { nodes { id } } }"))["nodes"] == []


async def test_only_an_editor_schedules_and_a_stranger_sees_nothing(
    ask, refused, report, schedule, bob, charlie
):
    made = await schedule()
    assert (await ask(READ, by=bob, id=made))["id"] == made
    assert (await refused(READ, by=charlie, id=made))["code"] == "NOT_FOUND"
    for by, code in ((bob, "FORBIDDEN"), (charlie, "NOT_FOUND")):
        for action in (PAUSE, RESUME, DELETE):
            assert (await refused(action, by=by, id=made))["code"] == code


async def test_a_run_now_leaves_the_schedule_as_it_is(ask, schedule, work_until_done, amc_server):
    made = await schedule()
    before = await ask(READ, id=made)
    run = 'mutation($id: ID!) { scheduleRunNow(id: $id, idempotencyKey: "k") { id triggeredBy } }'

    first = await ask(run, id=made)
    assert await ask(run, id=made) == first
    await work_until_done()

    assert first["triggeredBy"] == "MANUAL"
    assert await ask(READ, id=made) == before
    assert await ticks(ask, made) == []
    assert amc_server.stats()["executions_created"] == 1
