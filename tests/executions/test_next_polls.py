"""A worker looks at AMC again by itself; the clock makes up for it, and rests if nobody works."""

import asyncio
import time
from typing import Any

import pytest

import jobs.actors  # noqa: F401 (the actors of a worker process)
from domain.bus import bus
from domain.bus.queues import Job
from domain.settings import settings
from jobs import clock, next_polls
from tests.executions.executions import READ, RUN
from tests.lines import until
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.schedules.schedules import HOURLY

SLOW = 1.0  # seconds at AMC


@pytest.fixture
async def looks(monkeypatch: pytest.MonkeyPatch) -> Any:
    """What a worker process has before it."""
    own = next_polls.NextPolls()
    monkeypatch.setattr(next_polls, "_own", [own])
    yield own
    await own.end()


async def test_a_worker_that_has_submitted_needs_neither_clock_nor_queues(
    ask, report, sent, do, amc_server, looks
):
    amc_server.settings(min_seconds=SLOW, max_seconds=SLOW)
    execution = (await ask(RUN, id=report["id"]))["id"]
    assert [job for job, _ in sent] == [Job.DISPATCH_INSTANCE]
    await do()
    assert (await ask(READ, id=execution))["phase"] == "AT_AMC"

    async def is_completed() -> bool:
        return bool((await ask(READ, id=execution))["status"] == "COMPLETED")

    await until(is_completed)
    assert Job.POLL_INSTANCE not in [job for job, _ in sent]


async def test_a_clock_looks_after_what_a_worker_that_died_would_have_looked_at(
    ask, report, sent, do, amc_server
):
    amc_server.settings(min_seconds=SLOW, max_seconds=SLOW)
    execution = (await ask(RUN, id=report["id"]))["id"]
    await do()
    assert (await ask(READ, id=execution))["phase"] == "AT_AMC"
    sent.clear()
    assert await clock.tick(tidy=False, late=60) <= settings.clock_interval.total_seconds()
    assert sent == []

    async def is_found() -> bool:
        await clock.tick(tidy=False, late=0.1)
        return Job.POLL_INSTANCE in [job for job, _ in sent]

    await until(is_found)
    await do()


async def test_a_clock_rests_unless_something_is_open(ask, report, do, work_until_done):
    usual = settings.clock_interval.total_seconds()
    assert await clock.tick(tidy=False) > usual
    await ask(RUN, id=report["id"])
    assert await clock.tick(tidy=False) <= usual
    await work_until_done()
    assert await clock.tick(tidy=False) > usual


async def test_a_schedule_that_may_be_due_soon_wakes_the_clock(ask, report):
    alarm = bus.Alarm()
    began = time.monotonic()
    resting = asyncio.create_task(alarm.sleep(30, unheard=30))
    await asyncio.sleep(0.1)  # until it listens
    await ask(SCHEDULE, report=report["id"], schedule=HOURLY)
    await resting
    assert time.monotonic() - began < 10
    await alarm.close()
