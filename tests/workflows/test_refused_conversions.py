"""A workflow becomes a report once, when nothing of it is under way, and by its editors only."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db, ids
from domain.collections import steps
from tests.collections.collections import START
from tests.graph.front_door import execute
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.workflows.workflows import ARCHIVE, CHANGE, CONVERT, CREATE, HOURLY, RUN, rows

PAUSE = "mutation($id: ID!) { schedulePause(id: $id) { id } }"
REPORT = "query($id: ID!) { report(id: $id) { state } }"


async def test_a_converted_workflow_is_converted_once(ask, refused, bob, workflow, sent):
    both = await asyncio.gather(*(ask(CONVERT, id=workflow) for _ in range(3)))
    assert both[0] == both[1] == both[2] == await ask(CONVERT, id=workflow)
    assert (await refused(CONVERT, by=bob, id=workflow))["code"] == "FORBIDDEN"
    async with db.owner_transaction() as session:
        for table, number in (("archived_workflows", 1), ("report_definitions", 1)):
            assert await session.scalar(text(f"SELECT count(*) FROM {table}")) == number
        mine = text("SELECT count(*) FROM query_templates WHERE slug IS NULL")
        assert await session.scalar(mine) == 1


async def test_what_is_under_way_is_waited_for(ask, refused, workflow, do, amc_server):
    amc_server.settings(min_seconds=600, max_seconds=600)
    run = await ask(RUN, id=workflow)
    waiting = await refused(CONVERT, id=workflow)
    await do()
    await do()
    at_amc = await refused(CONVERT, id=workflow)
    for refusal in (waiting, at_amc):
        assert (refusal["code"], run["id"] in refusal["message"]) == ("CONFLICT", True)
    assert "RUNNING" in at_amc["message"]


async def test_a_collection_that_is_open_is_waited_for(ask, refused, workflow, sent):
    started = await ask(START, collection={"workflowId": workflow, "targetWeeks": 2})
    refusal = await refused(CONVERT, id=workflow)
    assert (refusal["code"], started["id"] in refusal["message"]) == ("CONFLICT", True)
    await ask("mutation($id: ID!) { collectionPause(id: $id) { id } }", id=started["id"])
    assert "paused" in (await refused(CONVERT, id=workflow))["message"]
    assert await rows("archived_workflows") == {}


async def test_one_schedule_of_several_goes_on(ask, refused, workflow, sent):
    first, second = [
        (await ask(SCHEDULE, workflow=workflow, schedule=HOURLY))["id"] for _ in range(2)
    ]
    refusal = await refused(CONVERT, id=workflow)
    assert refusal["code"] == "CONFLICT"
    assert all(one in refusal["message"] for one in (first, second))
    await ask(PAUSE, id=second)
    await ask(CONVERT, id=workflow)
    async with db.owner_transaction() as session:
        found = await session.execute(
            text("SELECT id, is_active, due_at FROM report_schedules ORDER BY created_at")
        )
        kept = [(one.id, one.is_active, one.due_at is not None) for one in found]
    assert kept == [
        (ids.decode("wsch", first), True, True),
        (ids.decode("wsch", second), False, False),
    ]


async def test_a_workflow_without_a_value_it_needs_is_completed_first(
    ask, refused, workflow_input, sent
):
    given = workflow_input | {"parameters": {}}
    made = await ask(CREATE, workflow=given)
    refusal = await refused(CONVERT, id=made["id"])
    assert (refusal["code"], "'least' is missing" in refusal["message"]) == ("CONFLICT", True)
    assert len(await rows("workflows")) == 1
    await ask(CHANGE, id=made["id"], workflow=given | {"parameters": {"least": 1}})
    assert (await ask(CONVERT, id=made["id"]))["id"].startswith("rpt_")


async def test_an_archived_workflow_becomes_an_archived_report(ask, refused, workflow, sent):
    await ask(ARCHIVE, id=workflow)
    report = (await ask(CONVERT, id=workflow))["id"]
    assert (await ask(REPORT, id=report))["state"] == "INACTIVE"
    run = "mutation($id: ID!) { reportRun(id: $id) { id } }"
    assert (await refused(run, id=report))["code"] == "CONFLICT"


async def test_a_conversion_takes_the_same_statements_however_much_has_to_move(
    ask, workflow_input, sent, count_statements
):
    counted = []
    for runs in (1, 5):
        made = await ask(CREATE, workflow=workflow_input)
        for _ in range(runs):
            await ask(RUN, id=made["id"])
            started = await ask(START, collection={"workflowId": made["id"], "targetWeeks": 1})
            await ask("mutation($id: ID!) { collectionCancel(id: $id) { id } }", id=started["id"])
            async with db.worker_transaction() as session:
                await steps.step(session, started["id"])
        await ask("mutation($id: ID!) { workflowCancel(id: $id) { id } }", id=made["id"])
        async with db.owner_transaction() as session:
            await session.execute(text("DELETE FROM collection_starts"))
        with count_statements() as seen:
            await ask(CONVERT, id=made["id"])
        counted.append(len(seen))
    assert counted[0] == counted[1] < 40, counted


async def test_a_run_that_comes_at_the_same_moment_runs_or_is_refused(ask, alice, workflow, sent):
    answers = await asyncio.gather(
        *(execute(alice, RUN, id=workflow) for _ in range(4)),
        execute(alice, CONVERT, id=workflow),
        *(execute(alice, RUN, id=workflow) for _ in range(4)),
    )
    codes = {one.errors[0].extensions["code"] for one in answers if one.errors}
    assert codes <= {"NOT_FOUND", "CONFLICT"}
    placed = sum(not one.errors for number, one in enumerate(answers) if number != 4)
    both = len(await rows("workflow_executions")) + len(await rows("report_executions"))
    assert both == placed


CALL = "SELECT workflow_becomes_report(:workflow, '[]')"


async def test_nobody_moves_a_workflow_by_the_function_alone(alice, bob, charlie, workflow):
    key = {"workflow": ids.decode("wf", workflow)}
    for who in (alice, bob, charlie, None):  # Alice too: she has made no report of it
        with pytest.raises(ProgrammingError, match="cannot become a report"):
            async with db.transaction(who) as session:
                await session.execute(text(CALL), key)
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.worker_transaction() as session:
            await session.execute(text(CALL), key)
