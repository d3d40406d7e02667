"""Many schedules, many clocks, one moment: each runs once, and none early."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import cycle

from sqlalchemy import text

from domain import db, ids
from domain.bus.queues import Job
from domain.executions import states
from jobs import clock
from tests.executions.workers import ACTORS
from tests.graph.front_door import CREATE
from tests.schedules.schedules import HOURLY

SCHEDULE = """
mutation($report: ID!, $schedule: ScheduleInput!) {
  scheduleCreate(reportId: $report, schedule: $schedule) { id }
}
"""
NUMBER = 12
SKEWS = (-5, -2, 0, 3, 5)  # seconds by which clocks are wrong


async def made_due(ask, report_input, number: int) -> list[str]:
    """This many schedules of reports of their own, all due now. Their instance is paused."""
    made = []
    for one in range(number):
        report = await ask(CREATE, report={**report_input, "name": f"Report {one}"})
        made.append((await ask(SCHEDULE, report=report["id"], schedule=HOURLY))["id"])
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE amc_instances SET is_paused = true"))
        await session.execute(
            text(
                "UPDATE report_schedules SET last_tick_at = now() - interval '1 h', due_at = now()"
            )
        )
    return made


async def ran(key: str) -> int:
    """How often the schedule has run."""
    async with db.owner_transaction() as session:
        return await session.scalar(
            text("SELECT run_count FROM report_schedules WHERE id = :id"),
            {"id": ids.decode("sch", key)},
        )


async def test_five_clocks_that_differ_run_each_schedule_once(
    ask, report_input, sent, instance, monkeypatch
):
    await made_due(ask, report_input, NUMBER)
    sent.clear()
    skews = cycle(SKEWS)
    monkeypatch.setattr(states, "now", lambda: datetime.now(UTC) + timedelta(seconds=next(skews)))
    await asyncio.gather(*(clock.tick(tidy=False) for _ in SKEWS))
    jobs = list(dict.fromkeys(sent))  # each waits in its queue once
    await asyncio.gather(*(ACTORS[job](subject) for job, subject in [*jobs, *jobs]))

    async with db.owner_transaction() as session:
        ticks, moments, runs, early = (
            await session.execute(
                text(
                    "SELECT count(*), count(DISTINCT (report_schedule_id, nominal_at)), "
                    "count(report_execution_id), count(*) FILTER (WHERE created_at < nominal_at) "
                    "FROM schedule_ticks"
                )
            )
        ).one()
    assert (ticks, moments, runs, early) == (NUMBER, NUMBER, NUMBER, 0)


async def test_nothing_runs_before_its_moment(ask, report, sent):
    made = await ask(SCHEDULE, report=report["id"], schedule=HOURLY)
    sent.clear()
    await clock.tick(tidy=False)
    assert sent == []
    async with db.owner_transaction() as session:
        due = await session.scalar(
            text("SELECT due_at FROM report_schedules WHERE id = :id"),
            {"id": ids.decode("sch", made["id"])},
        )
    assert datetime.now(UTC) < due <= datetime.now(UTC) + timedelta(hours=1)
    await ACTORS[Job.FIRE_SCHEDULE](made["id"])
    async with db.owner_transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM schedule_ticks")) == 0


async def test_many_due_schedules_are_few_jobs(ask, report_input, sent, do, instance):
    made = await made_due(ask, report_input, NUMBER)
    sent.clear()
    await clock.tick(tidy=False)
    assert sent == [(Job.FIRE_DUE, "sch.0")]
    await do()
    assert [await ran(one) for one in made] == [1] * NUMBER
    counts = "{ reports(first: 50) { nodes { executionCount } } }"
    assert {one["executionCount"] for one in (await ask(counts))["nodes"]} == {1}


async def test_a_schedule_that_fails_holds_up_no_other(ask, report_input, sent, do, instance):
    broken, *others = await made_due(ask, report_input, 4)
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE report_schedules SET timezone = 'Nowhere' WHERE id = :id"),
            {"id": ids.decode("sch", broken)},
        )
    sent.clear()
    await clock.tick(tidy=False)
    await do()
    await do()
    assert [await ran(one) for one in [broken, *others]] == [0, 1, 1, 1]


async def test_a_schedule_whose_run_is_under_way_is_left_to_its_policy(
    ask, report_input, sent, do, instance
):
    made = await made_due(ask, report_input, 3)
    await ACTORS[Job.FIRE_DUE]("sch.0")
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_schedules SET last_tick_at = now() - interval '1 h', due_at = now()"
            )
        )
        await session.execute(
            text("UPDATE schedule_ticks SET nominal_at = nominal_at - interval '1 day'")
        )
    sent.clear()
    await ACTORS[Job.FIRE_DUE]("sch.0")
    await do()
    async with db.owner_transaction() as session:
        outcomes = (
            await session.scalars(text("SELECT outcome FROM schedule_ticks ORDER BY nominal_at"))
        ).all()
    assert [one == "skipped" for one in outcomes] == [False] * 3 + [True] * 3
    assert [await ran(one) for one in made] == [1, 1, 1]
