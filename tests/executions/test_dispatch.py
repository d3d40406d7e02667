"""Who may go to AMC next, and what the others are told: slots, quota, pauses, throttling."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import update

from domain import db, ids, models, moments
from domain.executions import dispatch
from jobs import clock
from tests.executions.executions import READ, RUN
from tests.executions.workers import give_out


async def set_instance(instance: models.Instance, **columns: Any) -> None:
    async with db.owner_transaction() as session:
        await session.execute(
            update(models.Instance).where(models.Instance.id == instance.id).values(**columns)
        )


@pytest.fixture
def runs(ask, report):
    """Start so many executions; their ids, oldest first."""

    async def start(number: int) -> list[str]:
        return [(await ask(RUN, id=report["id"]))["id"] for _ in range(number)]

    return start


async def blocked(ask, run: str) -> dict[str, Any] | None:
    found = (await ask(READ, id=run))["blockedBy"]
    return None if found is None else dict(found)


async def test_slots_are_given_in_order_and_never_more_than_there_are(runs, instance, ask):
    await set_instance(instance, max_concurrent=2)
    first, second, third = await runs(3)
    assert await give_out(instance) == 2
    assert await give_out(instance) == 0
    phases = [(await ask(READ, id=run))["phase"] for run in (first, second, third)]
    assert phases == ["SUBMITTING", "SUBMITTING", "WAITING"]


async def test_two_workers_at_once_give_no_slot_twice(runs, instance):
    await set_instance(instance, max_concurrent=3)
    await runs(8)
    given = await asyncio.gather(*(give_out(instance) for _ in range(6)))
    assert sum(given) == 3


async def test_the_days_quota_is_counted_and_told_until_midnight(runs, instance, ask):
    await set_instance(instance, daily_quota=2)
    *_, last = await runs(3)
    assert await give_out(instance) == 2
    told = await blocked(ask, last)
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert told is not None
    assert told["reason"] == "QUOTA"
    assert datetime.fromisoformat(told["until"]) == midnight + timedelta(days=1)


async def test_a_paused_instance_holds_everything_back(runs, instance, ask):
    await set_instance(instance, is_paused=True)
    (run,) = await runs(1)
    assert await give_out(instance) == 0
    assert (await blocked(ask, run) or {})["reason"] == "PAUSED"
    await set_instance(instance, is_paused=False)
    assert await give_out(instance) == 1
    assert await blocked(ask, run) is None


async def test_a_throttled_instance_waits_as_a_whole(runs, instance, ask):
    until = datetime.now(UTC) + timedelta(minutes=5)
    await set_instance(instance, throttled_until=until)
    one, two = await runs(2)
    assert await give_out(instance) == 0
    for run in (one, two):
        told = await blocked(ask, run)
        assert told is not None
        assert (told["reason"], datetime.fromisoformat(told["until"])) == ("THROTTLED", until)


async def test_a_reserve_of_slots_is_for_schedules(runs, instance):
    await set_instance(instance, max_concurrent=3, schedule_reserve=1)
    *_, last = await runs(4)
    assert await give_out(instance) == 2
    await make_scheduled(last)
    assert await give_out(instance) == 1
    assert await give_out(instance) == 0


async def make_scheduled(run: str) -> None:
    """Have it look as if a schedule had started this execution."""
    async with db.owner_transaction() as session:
        await session.execute(
            update(models.ReportExecution)
            .where(models.ReportExecution.id == ids.decode("exec", run))
            .values(triggered_by="schedule")
        )


async def test_a_scheduled_run_under_way_fills_the_reserve(runs, instance):
    await set_instance(instance, max_concurrent=3, schedule_reserve=1)
    (scheduled,) = await runs(1)
    await make_scheduled(scheduled)
    assert await give_out(instance) == 1
    await runs(4)
    assert await give_out(instance) == 2


async def test_a_scheduled_run_takes_the_reserved_slot_before_the_others(runs, instance):
    await set_instance(instance, max_concurrent=3, schedule_reserve=1)
    scheduled, *_ = await runs(4)
    await make_scheduled(scheduled)
    assert await give_out(instance) == 3


@pytest.mark.parametrize(
    ("reserve", "scheduled", "by_hand"), [(0, 0, 3), (1, 0, 2), (2, 0, 1), (2, 1, 1), (3, 1, 0)]
)
async def test_people_get_the_slots_that_are_not_reserved(
    runs, instance, reserve, scheduled, by_hand
):
    await set_instance(instance, max_concurrent=3, schedule_reserve=reserve)
    for run in await runs(scheduled):
        await make_scheduled(run)
    assert await give_out(instance) == scheduled
    await runs(4)
    assert await give_out(instance) == by_hand


async def test_places_in_line_move_up(runs, instance, ask):
    await set_instance(instance, max_concurrent=1)
    one, two, three = await runs(3)
    await give_out(instance)
    assert [(await blocked(ask, run) or {}).get("position") for run in (one, two, three)] == [
        None,
        1,
        2,
    ]
    await ask("mutation($id: ID!) { executionCancel(id: $id) { id } }", id=two)
    assert (await blocked(ask, three) or {})["position"] == 1


async def test_what_waits_too_long_fails_with_the_reason(runs, instance, ask):
    await set_instance(instance, is_paused=True)
    (run,) = await runs(1)
    await give_out(instance)
    await expire(run)
    async with db.worker_transaction() as session:
        assert await dispatch.expire_waiting(session) == 1
    ended = await ask(READ, id=run)
    assert (ended["status"], ended["errorCode"]) == ("FAILED", "DEADLINE")
    assert "PAUSED" in ended["errorMessage"]


async def expire(run: str) -> None:
    """Let the deadline of an execution pass."""
    async with db.owner_transaction() as session:
        await session.execute(
            update(models.ReportExecution)
            .where(models.ReportExecution.id == ids.decode("exec", run))
            .values(deadline_at=moments.now() - timedelta(seconds=1), due_at=moments.now())
        )


async def test_what_amc_does_not_finish_in_time_is_stopped_there(
    runs, ask, do, work_until_done, amc_server
):
    amc_server.settings(min_seconds=60, max_seconds=60)
    (run,) = await runs(1)
    await do()
    await do()
    assert (await ask(READ, id=run))["phase"] == "AT_AMC"
    await expire(run)
    await work_until_done()

    ended = await ask(READ, id=run)
    assert (ended["status"], ended["errorCode"]) == ("FAILED", "AMC_TIMEOUT")
    assert amc_server.stats()["by_status"] == {"CANCELLED": 1}


async def test_saved_queries_are_removed_when_their_executions_are_over(
    runs, amc, work_until_done, sent, do, amc_server
):
    await runs(2)
    await work_until_done()
    sent.clear()
    async with db.owner_transaction() as session:
        await session.execute(
            update(models.Intent).values(released_at=moments.now() - timedelta(hours=1))
        )
    before = amc_server.stats()["requests"].get("delete", 0)
    await clock.tick(tidy=True)
    await do()
    await do()
    await clock.tick(tidy=True)
    await do()
    assert not sent
    assert amc_server.stats()["requests"]["delete"] - before == 2


async def test_both_of_amcs_envelopes_are_read(runs, ask, amc_server, work_until_done):
    amc_server.settings(wrapped=True)
    (run,) = await runs(1)
    await work_until_done()
    assert (await ask(READ, id=run))["status"] == "COMPLETED"


async def test_gaps_in_amcs_data_are_an_outcome_of_their_own(
    runs, ask, amc_server, work_until_done
):
    amc_server.fault(fault="data_gaps", count=1)
    (run,) = await runs(1)
    await work_until_done()
    ended = await ask(READ, id=run)
    assert (ended["status"], ended["outcome"]) == ("COMPLETED", "DATA_GAP")


async def test_calls_to_amc_for_one_execution_are_few(runs, amc_server, work_until_done):
    await runs(10)
    await work_until_done()
    asked = amc_server.stats()["requests"]
    steps = {route: asked.get(route, 0) for route in ("save", "run", "urls", "result")}
    assert steps == {"save": 10, "run": 10, "urls": 10, "result": 10}
    assert asked.get("get", 0) == 0  # states come from lists
