"""Workflows: made, changed, run, stopped and put away, as reports are."""

import asyncio

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.schedules import ticks
from tests.collections.collections import START
from tests.graph.front_door import execute
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.workflows.workflows import (
    ARCHIVE,
    CHANGE,
    CONVERT,
    CREATE,
    DEFINITIONS,
    HOURLY,
    LIST,
    PHASE,
    READ,
    RESULT,
    RUN,
    SQL,
    STOP,
    STOP_ALL,
)


async def test_a_workflow_is_made_and_read(ask, workflow):
    assert await ask(READ, id=workflow) == {
        "id": workflow,
        "name": "Campaigns",
        "description": "Those of the week.",
        "sqlQuery": SQL,
        "parameterDefinitions": DEFINITIONS,
        "parameters": {"least": 1},
        "isReportEnabled": False,
        "archivedAt": None,
        "instance": {"name": "Acme"},
        "executions": {"nodes": []},
        "schedules": {"nodes": []},
        "collections": {"nodes": []},
    }
    assert (await ask("query($id: ID!) { node(id: $id) { id } }", id=workflow))["id"] == workflow


async def test_a_workflow_made_twice_with_one_key_is_one_workflow(ask, workflow_input):
    first = await ask(CREATE, workflow=workflow_input, key="one")
    assert await ask(CREATE, workflow=workflow_input, key="one") == first
    assert await ask(CREATE, workflow=workflow_input, key="two") != first


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": " "}, "workflow.name", "at least 1 character"),
        ({"name": "x" * 201}, "workflow.name", "at most 200"),
        ({"description": "x" * 5001}, "workflow.description", "at most 5,000"),
        ({"sqlQuery": "SELEC campaign"}, "workflow.sqlQuery", ""),
        ({"sqlQuery": "SELECT {{lest}} AS n FROM dsp_clicks"}, "workflow.sqlQuery", "'least'"),
        ({"instanceId": "inst_" + "0" * 32}, "workflow.instanceId", "instance"),
        ({"parameters": {"least": "many"}}, "workflow.parameters.least", "'least'"),
        ({"parameters": {"lest": 1}}, "workflow.parameters.lest", "did you mean 'least'"),
        ({"parameters": []}, "workflow.parameters", "object"),
        ({"parameters": {"without": "a\0"}}, "workflow.parameters.without", "cannot be stored"),
        (
            {"parameterDefinitions": {"properties": {"least": {"type": "money"}}}},
            "workflow.parameterDefinitions.properties.least.type",
            "string, integer",
        ),
    ],
)
async def test_what_cannot_be_a_workflow_is_refused_by_its_field(
    ask, refused, workflow, workflow_input, change, field, says
):
    for operation, more in ((CREATE, {}), (CHANGE, {"id": workflow})):
        refusal = await refused(operation, workflow=workflow_input | change, **more)
        assert refusal["field"] == field, refusal
        assert refusal["code"] in {"BAD_USER_INPUT", "NOT_FOUND"}
        assert says in refusal["message"]
    assert len((await ask(LIST))["nodes"]) == 1


async def test_a_change_replaces_all_that_is_decided_but_the_instance(
    ask, refused, workflow, workflow_input
):
    other = {"name": "Clicks", "sqlQuery": "SELECT COUNT(1) AS n FROM dsp_clicks"}
    other |= {"parameterDefinitions": {}, "parameters": {}}
    changed = await ask(CHANGE, id=workflow, workflow=workflow_input | other)
    assert changed == {
        "id": workflow,
        "name": "Clicks",
        "sqlQuery": other["sqlQuery"],
        "parameters": {},
    }
    elsewhere = workflow_input | {"instanceId": "inst_" + "1" * 32}
    moved = await refused(CHANGE, id=workflow, workflow=elsewhere)
    assert moved["field"] == "workflow.instanceId"


async def test_a_workflow_is_run_and_its_result_read(ask, workflow, work_until_done, amc_server):
    run = await ask(RUN, id=workflow, values={"without": "nobody"}, key="one")
    again = await ask(RUN, id=workflow, values={"without": "nobody"}, key="one")
    await work_until_done()

    assert again == run
    assert (run["status"], run["triggeredBy"], run["workflow"]["id"]) == (
        "PENDING",
        "MANUAL",
        workflow,
    )
    assert run["parameters"] == {"without": "nobody", "least": 1}
    assert "impressions >= 1" in run["sql"]
    found = await ask(RESULT, id=run["id"])
    assert (found["status"], found["phase"], found["outcome"]) == ("SUCCEEDED", "DONE", "DATA")
    named = {one["name"] for one in found["rows"]["columns"]}
    assert named >= {"campaign", "impressions"}
    assert found["rows"]["totalCount"] == found["rowCount"] > 0
    assert "/files/" in found["download"]["url"]
    assert amc_server.stats()["executions_created"] == 1


async def test_a_value_that_a_run_needs_is_asked_for(ask, refused, workflow_input, sent):
    made = await ask(CREATE, workflow=workflow_input | {"parameters": {}})
    refusal = await refused(RUN, id=made["id"])
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", "parameters.least")
    assert (await ask(RUN, id=made["id"], values={"least": 2}))["parameters"]["least"] == 2
    days = {"start": "2026-02-02", "end": "2026-02-02"}
    assert (await refused(RUN, id=made["id"], values={"least": 2}, window=days))["code"] == (
        "BAD_USER_INPUT"
    )


async def test_executions_in_line_are_stopped_one_by_one_or_all(ask, refused, workflow):
    first, *_ = [await ask(RUN, id=workflow) for _ in range(3)]
    stopped = await ask(STOP, id=first["id"])
    assert (stopped["status"], stopped["cancelState"]) == ("CANCELLED", "CONFIRMED")
    assert await ask(STOP, id=first["id"]) == stopped
    left = await ask(STOP_ALL, id=workflow)
    assert [one["status"] for one in left["executions"]["nodes"]] == ["CANCELLED"] * 3
    assert await ask(STOP_ALL, id=workflow) == left
    other = ids.encode("exec", ids.decode("wexec", first["id"]))
    assert (await refused(STOP, id=other))["code"] == "NOT_FOUND"


async def test_an_execution_at_amc_is_stopped_there(
    ask, refused, workflow, do, amc_server, work_until_done
):
    amc_server.settings(min_seconds=600, max_seconds=600)
    run = await ask(RUN, id=workflow)
    await do()
    await do()
    assert (await ask(PHASE, id=run["id"]))["phase"] == "AT_AMC"
    await ask(STOP_ALL, id=workflow)
    await work_until_done()
    ended = await ask(STOP, id=run["id"])
    assert (ended["status"], ended["cancelState"]) == ("CANCELLED", "CONFIRMED")


async def test_an_execution_that_is_over_is_not_stopped(
    ask, refused, workflow, work_until_done, amc
):
    run = await ask(RUN, id=workflow)
    await work_until_done()
    refusal = await refused(STOP, id=run["id"])
    assert (refusal["code"], "SUCCEEDED" in refusal["message"]) == ("CONFLICT", True)


async def test_what_is_put_away_runs_no_more_and_keeps_what_it_has(
    ask, refused, workflow, workflow_input, sent
):
    scheduled = await ask(SCHEDULE, workflow=workflow, schedule=HOURLY)
    await ask(RUN, id=workflow)
    away = await ask(ARCHIVE, id=workflow)
    assert away["archivedAt"] is not None
    assert await ask(ARCHIVE, id=workflow) == away

    for operation, given in (
        (RUN, {"id": workflow}),
        (CHANGE, {"id": workflow, "workflow": workflow_input}),
        (START, {"collection": {"workflowId": workflow, "targetWeeks": 1}}),
        (SCHEDULE, {"workflow": workflow, "schedule": HOURLY}),
    ):
        assert (await refused(operation, **given))["code"] == "CONFLICT"
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE workflow_schedules SET last_tick_at = now() - interval '2 hours'")
        )
    async with db.worker_transaction() as session:
        await ticks.fire(session, scheduled["id"])
    kept = await ask(READ, id=workflow)
    assert len(kept["executions"]["nodes"]) == 1
    assert [one["id"] for one in kept["schedules"]["nodes"]] == [scheduled["id"]]


async def test_a_change_that_comes_with_a_conversion_is_made_or_refused(
    workflow, workflow_input, alice
):
    renamed = workflow_input | {"name": "Renamed"}
    answers = await asyncio.gather(
        execute(alice, CHANGE, id=workflow, workflow=renamed),
        execute(alice, CONVERT, id=workflow),
        execute(alice, CHANGE, id=workflow, workflow=renamed),
        execute(alice, ARCHIVE, id=workflow),
    )
    codes = {one.errors[0].extensions["code"] for one in answers if one.errors}
    assert codes <= {"NOT_FOUND", "CONFLICT"}
    assert not answers[1].errors
