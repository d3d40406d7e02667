"""Views are made once each, whatever dies, is lost or broken."""

from typing import Any

import orjson
import pytest
from sqlalchemy import text

from domain import db, ids
from domain.bus.queues import Job
from domain.views import views
from jobs import clock
from tests.collections.collections import ACT, START
from tests.views.views import (
    CONFIGURE,
    DRAWN,
    LISTED,
    VIEWS,
    documents,
    files,
    later,
    run,
    the_view,
)


def bytes_of(rows: list[Any]) -> list[bytes]:
    """The three documents of each view, written down."""
    return [orjson.dumps([row[1], row[2], row[3]]) for row in rows]


async def test_what_is_not_enabled_is_not_drawn_until_it_is_and_then_the_newest(
    ask, report, work_until_done, draw
):
    old, new = await run(ask, report, 1), await run(ask, report)
    await work_until_done()
    await clock.tick(tidy=False)
    assert (await ask(VIEWS, report=report["id"]))["nodes"] == []
    assert not (await ask(DRAWN, id=new))["isDrawn"]

    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_executions SET completed_at = completed_at - interval '1 h' "
                "WHERE execution_id = :old"
            ),
            {"old": old},
        )
    await ask(CONFIGURE, report=report["id"])
    await draw()

    view = await the_view(ask, report=report["id"])
    assert view["executionIds"] == [new]


async def test_the_clock_finds_what_nobody_was_nudged_for(ask, report, work_until_done, sent, do):
    await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    await work_until_done()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM dashboard_views"))
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))
    sent.clear()  # Redis lost it
    await clock.tick(tidy=False)
    assert [job for job, _ in sent] == [Job.MAKE_VIEWS]
    await do()

    assert len(await documents()) == 1


@pytest.fixture
async def claimed(ask, report, work_until_done, sent):
    """What a worker has claimed and drawn, and not recorded: it stands still."""
    made = await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    sent.clear()
    await work_until_done()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM dashboard_views"))
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))
    async with db.worker_transaction() as session:
        task = await views.claim(session, made["id"])
    assert task is not None
    return task, await views.make(task)


async def test_a_worker_killed_before_it_records_leaves_one_view_in_the_end(
    ask, report, claimed, sent, do, draw
):
    task, drawn = claimed
    sent.clear()
    async with db.worker_transaction() as session:
        assert await views.claim(session, ids.encode("conf", task.configuration.id)) is None, (
            "the lease holds"
        )

    await draw()
    before = await documents()
    async with db.worker_transaction() as session:
        await views.record(session, task, drawn)  # it was not dead: its fence is old
    after = await documents()

    assert len(before) == 1
    assert before == after


async def test_recorded_twice_it_is_the_same_view(claimed):
    task, drawn = claimed
    for _ in range(2):
        async with db.worker_transaction() as session:
            await views.record(session, task, drawn)

    assert len(await documents()) == 1


async def test_the_same_results_make_the_same_bytes(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], type="COMPARISON", config={"top": 3})
    await run(ask, report, 1)
    await draw()
    await run(ask, report)
    await draw()
    first = await documents()

    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM dashboard_views"))
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))
    await draw()
    again = await documents()

    assert len(first) == 2
    assert bytes_of(first) == bytes_of(again)
    assert [row[4] for row in first] != [row[4] for row in again]


async def test_a_broken_file_is_told_the_others_go_on_and_trying_again_heals(
    ask, report, work_until_done, sent, do, draw
):
    broken = await run(ask, report, 1)
    await work_until_done()
    (path,) = await files([broken])
    whole = path.read_bytes()
    path.write_bytes(b"PAR1 is not what this is")
    await ask(CONFIGURE, report=report["id"])
    await do()
    fine = await run(ask, report)
    await work_until_done()
    await clock.tick(tidy=False)
    await do()

    told = await ask(DRAWN, id=broken)
    assert not told["isDrawn"]
    assert told["drawingError"].startswith("The file of this result is damaged.")
    view = await the_view(ask, report=report["id"])
    assert view["executionIds"] == [fine]

    path.write_bytes(whole)
    await draw()

    assert await ask(DRAWN, id=broken) == {"outcome": "DATA", "isDrawn": True, "drawingError": None}
    assert len((await ask(LISTED, report=report["id"]))["nodes"]) == 2


async def test_what_stays_broken_is_given_up_and_says_so(ask, report, work_until_done, sent, do):
    execution = await run(ask, report)
    await work_until_done()
    (path,) = await files([execution])
    whole = path.read_bytes()
    path.unlink()
    await ask(CONFIGURE, report=report["id"])
    for _ in range(10):
        await later()
        await clock.tick(tidy=False)
        await do()
    sent.clear()
    await later()
    await clock.tick(tidy=False)

    told = await ask(DRAWN, id=execution)
    assert told["drawingError"].startswith("Given up: The file of this result is gone.")
    assert sent == []
    path.write_bytes(whole)


async def test_a_collection_that_was_deleted_takes_its_view_along(ask, report, draw, sent, do):
    await ask(CONFIGURE, report=report["id"])
    wanted = {"reportId": report["id"], "targetWeeks": 2}
    collection = (await ask(START, collection=wanted))["id"]
    await draw()
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))

    await ask(ACT["delete"], id=collection)
    sent.clear()
    await clock.tick(tidy=False)

    made = [subject for job, subject in sent if job == Job.MAKE_VIEWS]
    assert made == [], "its executions do not become views of their own"
    assert (await ask(VIEWS, report=report["id"]))["nodes"] == []


async def test_what_is_deleted_while_it_is_drawn_leaves_no_view_and_no_lease(claimed, report):
    task, drawn = claimed
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM report_executions"))
    async with db.worker_transaction() as session:
        await views.record(session, task, drawn)

    assert await documents() == []
    async with db.owner_transaction() as session:
        assert await session.scalar(text("SELECT lease_until FROM report_configurations")) is None
