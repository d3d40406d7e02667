"""When a right or a life ends, all work that depends on it ends or waits, and says why."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, models
from domain.collections import steps
from domain.instances import instances
from domain.instances.instances import Limits
from domain.people import people
from domain.viewer import Viewer
from jobs import clock
from tests.collections import collections
from tests.executions import executions
from tests.executions.workers import give_out, long_ago
from tests.people.people import join, person
from tests.schedules import schedules

ARCHIVE = "mutation($id: ID!) { reportArchive(id: $id) { id } }"
ALICE, ACME = "alice@example.com", "amcacme"
ENDS = {
    "remove": "Alice, in whose name it runs, is no longer a member of Acme.",
    "demote": "Alice, in whose name it runs, is no longer an editor of Acme.",
    "deactivate": "Alice, in whose name it runs, may no longer sign in.",
    "archive": "The report 'Campaigns of the week' is archived.",
}
PAUSES = ("pause", "instance gone")

Do = Callable[[str], Awaitable[None]]
Work = Callable[[], Awaitable[None]]


@pytest.fixture
async def happens(ask, report, instance) -> Do:
    """Let it happen, as the front door or an operator's command does it."""

    async def it(what: str) -> None:
        if what == "archive":
            await ask(ARCHIVE, id=report["id"])
            return
        async with db.owner_transaction() as session:
            match what:
                case "remove":
                    await instances.member_remove(session, ALICE, ACME)
                case "demote":
                    await instances.member_role(session, ALICE, ACME, "viewer")
                case "deactivate":
                    await people.set_active(session, ALICE, active=False)
                case "pause":
                    await instances.pause(session, ACME, paused=True)
                case _:
                    await session.execute(text("UPDATE amc_instances SET is_active = false"))

    return it


@pytest.fixture
async def dora(instance: models.Instance) -> Viewer:
    """Another editor of the instance, who sees what became of Alice's work."""
    viewer = await person("Dora")
    await join(viewer, instance.id, "editor")
    return viewer


@pytest.fixture
def work(do: Work, sent: list[Any]) -> Work:
    """Let the clock look and workers work, as they do within seconds."""

    async def some() -> None:
        for _ in range(4):
            await clock.tick(tidy=False)
            await do()

    return some


@pytest.mark.parametrize("what", [*ENDS, *PAUSES])
async def test_an_execution_in_line(ask, report, dora, happens, work, amc_server, what):
    run = (await ask(executions.RUN, id=report["id"]))["id"]
    await happens(what)
    await work()

    found = await ask(executions.READ, by=dora, id=run)
    assert amc_server.stats()["executions_created"] == 0
    if what in ENDS:
        code = "ARCHIVED" if what == "archive" else "NOT_ALLOWED"
        told = (found["status"], found["errorCode"], found["errorMessage"])
        assert told == ("CANCELLED", code, ENDS[what])
    else:
        assert (found["status"], found["blockedBy"]["reason"]) == ("PENDING", "PAUSED")


@pytest.mark.parametrize("what", ENDS)
async def test_an_execution_that_has_a_slot_and_was_not_sent(
    ask, report, dora, instance, happens, pass_time, work, work_until_done, amc_server, what
):
    run = (await ask(executions.RUN, id=report["id"]))["id"]
    assert await give_out(instance) == 1  # to a worker that dies
    await happens(what)
    await pass_time()
    await long_ago()
    await work()
    await work_until_done()

    found = await ask(executions.READ, by=dora, id=run)
    assert (found["status"], found["errorMessage"]) == ("CANCELLED", ENDS[what])
    assert amc_server.stats()["executions_created"] == 0


@pytest.mark.parametrize("what", [*ENDS, *PAUSES])
async def test_an_execution_at_amc_is_fetched(
    ask, report, dora, happens, work, work_until_done, amc_server, what
):
    run = (await ask(executions.RUN, id=report["id"]))["id"]
    await work()
    await happens(what)
    await work_until_done()

    assert (await ask(executions.READ, by=dora, id=run))["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 1


@pytest.mark.parametrize("what", [*ENDS, *PAUSES])
async def test_a_schedule(ask, report, dora, happens, work, amc_server, what):
    plan = {"cron": f"{(datetime.now(UTC).minute + 25) % 60} * * * *"}
    made = (await ask(schedules.CREATE, report=report["id"], schedule=plan))["id"]
    await happens(what)
    await schedules.ago(made, hours=1)
    await work()

    found = await ask(schedules.READ, by=dora, id=made)
    ticks = [
        (one["outcome"], one["reason"])
        for one in (await ask(schedules.TICKS, by=dora, id=made))["nodes"]
    ]
    assert amc_server.stats()["executions_created"] == 0
    if what == "archive":
        assert (ticks, found["nextRunAt"]) == ([], None)
    elif what in ENDS:
        assert ticks == [("REFUSED", ENDS[what])]
        assert found["isPaused"]
        assert found["pauseNote"].startswith(ENDS[what])
    elif what == "pause":
        assert [outcome for outcome, _ in ticks] == ["CAUGHT_UP"]
        assert not found["isPaused"]
    else:
        assert ticks == [("REFUSED", "Acme is no longer active.")]
        assert not found["isPaused"]


@pytest.mark.parametrize("what", [*ENDS, *PAUSES])
async def test_a_collection(ask, report, dora, happens, work, amc_server, what):
    wanted = {"reportId": report["id"], "targetWeeks": 3}
    made = (await ask(collections.START, collection=wanted))["id"]
    async with db.worker_transaction() as session:
        await steps.step(session, made)
    await happens(what)
    await work()

    found = await ask(collections.READ, by=dora, id=made)
    assert amc_server.stats()["executions_created"] == 0
    if what == "archive":
        assert (found["status"], found["errorMessage"]) == ("CANCELLED", ENDS[what])
        assert found["counts"]["skipped"] == 3
    elif what in ENDS:
        assert found["status"] == "PAUSED"
        assert found["errorMessage"].startswith(ENDS[what])
        assert found["counts"]["pending"] == 3
    else:
        assert found["status"] == "RUNNING"
        assert "PAUSED" in {one["reason"] for one in found["waits"]}


async def test_another_editor_resumes_a_collection_and_a_schedule(
    ask, report, dora, happens, work, work_until_done, amc_server
):
    wanted = {"reportId": report["id"], "targetWeeks": 2}
    collection = (await ask(collections.START, collection=wanted))["id"]
    hourly = schedules.HOURLY
    schedule = (await ask(schedules.CREATE, report=report["id"], schedule=hourly))["id"]
    await happens("remove")
    await work()

    await ask(collections.ACT["resume"], by=dora, id=collection)
    await ask(schedules.RESUME, by=dora, id=schedule)
    await work_until_done()
    await schedules.ago(schedule, hours=1)
    await work()
    await work_until_done()

    assert (await ask(collections.READ, by=dora, id=collection))["status"] == "COMPLETED"
    assert (await ask(schedules.READ, by=dora, id=schedule))["runCount"] == 1
    assert amc_server.stats()["executions_created"] == 3


@pytest.mark.parametrize("limit", ["pause", "quota"])
async def test_what_operators_lift_is_noticed_at_once(
    ask, report, instance, work, work_until_done, amc_server, limit
):
    async with db.owner_transaction() as session:
        if limit == "pause":
            await instances.pause(session, ACME, paused=True)
        else:
            await instances.limit(session, ACME, Limits(daily_quota=1))
    for _ in range(2):
        await ask(executions.RUN, id=report["id"])
    await work()
    before = amc_server.stats()["executions_created"]
    assert before == (0 if limit == "pause" else 1)

    async with db.owner_transaction() as session:
        if limit == "pause":
            await instances.pause(session, ACME, paused=False)
        else:
            await instances.limit(session, ACME, Limits(no_quota=True))
    await work_until_done()

    assert amc_server.stats()["executions_created"] == 2
