"""Workflows: made, changed, run, stopped, put away, listed; deprecated, and whole all the same."""

import asyncio
from typing import Any

import graphql
import pytest
from sqlalchemy import text

from domain import db, ids, ticking, workflows
from graph.schema import schema
from tests.collecting import START
from tests.front_door import execute
from tests.test_schedules import CREATE as SCHEDULE

SQL = """
SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions
WHERE campaign <> CUSTOM_PARAMETER('without') AND impressions >= {{least}} GROUP BY campaign
"""
DEFINITIONS = {
    "type": "object",
    "properties": {
        "without": {"type": "string", "default": "none"},
        "least": {"type": "integer", "minimum": 0},
    },
    "required": ["least"],
}
CREATE = """
mutation($workflow: WorkflowInput!, $key: String) {
  workflowCreate(workflow: $workflow, idempotencyKey: $key) { id }
}
"""
CHANGE = """
mutation($id: ID!, $workflow: WorkflowInput!) {
  workflowChange(id: $id, workflow: $workflow) { id name sqlQuery parameters }
}
"""
READ = """
query($id: ID!) {
  workflow(id: $id) {
    id name description sqlQuery parameterDefinitions parameters isReportEnabled archivedAt
    instance { name }
    executions { nodes { id status } } schedules { nodes { id words } }
    collections { nodes { id status } }
  }
}
"""
LIST = """
query($filter: WorkflowFilter, $first: Int, $after: String) {
  workflows(filter: $filter, first: $first, after: $after) {
    nodes { id name executions(first: 2) { nodes { id } pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
RUN = """
mutation($id: ID!, $window: WindowInput, $values: JSON, $key: String) {
  workflowRun(id: $id, window: $window, parameters: $values, idempotencyKey: $key) {
    id status sql parameters triggeredBy workflow { id }
  }
}
"""
RESULT = """
query($id: ID!) {
  node(id: $id) {
    ... on WorkflowExecution {
      status phase outcome rowCount checksum cancelState rows { columns { name } totalCount }
      download { url }
    }
  }
}
"""
PHASE = "query($id: ID!) { node(id: $id) { ... on WorkflowExecution { phase } } }"
STOP = "mutation($id: ID!) { workflowExecutionCancel(id: $id) { id status cancelState } }"
STOP_ALL = "mutation($id: ID!) { workflowCancel(id: $id) { executions { nodes { status } } } }"
ARCHIVE = "mutation($id: ID!) { workflowArchive(id: $id) { id archivedAt } }"
CONVERT = "mutation($id: ID!) { workflowConvertToReport(id: $id) { id } }"
HOURLY = {"cron": "0 * * * *"}


@pytest.fixture
def workflow_input(instance) -> dict[str, Any]:
    """What `workflowCreate` takes."""
    return {
        "name": "Campaigns",
        "description": "Those of the week.",
        "sqlQuery": SQL,
        "instanceId": ids.encode("inst", instance.id),
        "parameterDefinitions": DEFINITIONS,
        "parameters": {"least": 1},
    }


@pytest.fixture
async def workflow(ask, workflow_input, sent) -> str:
    """A workflow of Alice's; its id."""
    made = await ask(CREATE, workflow=workflow_input)
    return str(made["id"])


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
        ({"name": " "}, "workflow.name", "needs a name"),
        ({"name": "x" * 201}, "workflow.name", "at most 200"),
        ({"description": "x" * 5001}, "workflow.description", "at most 5,000"),
        ({"sqlQuery": "SELEC campaign"}, "workflow.sqlQuery", ""),
        ({"sqlQuery": "SELECT {{lest}} AS n FROM dsp_clicks"}, "workflow.sqlQuery", "'least'"),
        ({"instanceId": "inst_" + "0" * 32}, "workflow.instanceId", "instance"),
        ({"parameters": {"least": "many"}}, "workflow.parameters.least", "'least'"),
        ({"parameters": {"lest": 1}}, "workflow.parameters.lest", "did you mean 'least'"),
        ({"parameters": []}, "workflow.parameters", "object"),
        ({"parameters": {"without": "a\0"}}, "workflow.parameters.without", "none"),
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
        await ticking.fire(session, scheduled["id"])
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


async def test_workflows_are_listed_and_filtered(ask, workflow_input, instance, sent):
    made = [
        await ask(CREATE, workflow=workflow_input | {"name": f"W{number}", "description": None})
        for number in range(3)
    ]
    await ask(ARCHIVE, id=made[0]["id"])
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE workflows SET report_enabled = true WHERE name = 'W2'"))

    async def named(**filter: Any) -> list[str]:
        return [one["name"] for one in (await ask(LIST, filter=filter))["nodes"]]

    assert await named() == ["W2", "W1", "W0"]
    assert await named(isArchived=False) == ["W2", "W1"]
    assert await named(isArchived=True) == ["W0"]
    assert await named(isReportEnabled=True) == ["W2"]
    assert await named(text="w1") == ["W1"]
    assert await named(instanceId=ids.encode("inst", instance.id)) == ["W2", "W1", "W0"]
    first = await ask(LIST, first=2)
    rest = await ask(LIST, first=2, after=first["pageInfo"]["endCursor"])
    assert [one["name"] for one in rest["nodes"]] == ["W0"]


async def test_a_list_with_what_each_has_takes_the_same_statements_for_one_and_for_many(
    ask, workflow_input, sent, count_statements
):
    counts = []
    for _ in range(2):
        for number in range(3):
            made = await ask(CREATE, workflow=workflow_input | {"name": f"W{number}"})
            for _ in range(3):
                await ask(RUN, id=made["id"])
        with count_statements() as seen:
            found = await ask(LIST)
        counts.append(len(seen))
    assert counts[0] == counts[1] == 4, seen  # two transactions, each says who asks
    for node in found["nodes"]:
        page = node["executions"]
        assert (len(page["nodes"]), page["pageInfo"]["hasNextPage"]) == (2, True)


PAGE = """
query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  workflow(id: $id) {
    executions(first: $first, after: $after, last: $last, before: $before) {
      nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
    }
  }
}
"""


async def test_executions_of_a_workflow_are_paged_both_ways(ask, workflow):
    runs = [(await ask(RUN, id=workflow))["id"] for _ in range(5)][::-1]

    async def page(**asked: Any) -> tuple[list[int], dict[str, Any]]:
        found = (await ask(PAGE, id=workflow, **asked))["executions"]
        return [runs.index(one["id"]) for one in found["nodes"]], found["pageInfo"]

    first, info = await page(first=2)
    assert (first, info["hasNextPage"], info["hasPreviousPage"]) == ([0, 1], True, False)
    second, info = await page(first=2, after=info["endCursor"])
    assert (second, info["hasPreviousPage"]) == ([2, 3], True)
    assert (await page(last=2, before=info["startCursor"]))[0] == [0, 1]
    assert (await page(last=2))[0] == [3, 4]


RIGHTS = [
    ("read", READ, None, "NOT_FOUND"),
    ("change", CHANGE, "FORBIDDEN", "NOT_FOUND"),
    ("run", RUN, "FORBIDDEN", "NOT_FOUND"),
    ("stop", STOP_ALL, "FORBIDDEN", "NOT_FOUND"),
    ("archive", ARCHIVE, "FORBIDDEN", "NOT_FOUND"),
    ("convert", CONVERT, "FORBIDDEN", "NOT_FOUND"),
    ("create", CREATE, "FORBIDDEN", "NOT_FOUND"),
]


@pytest.mark.parametrize(("what", "operation", "of_bob", "of_charlie"), RIGHTS)
async def test_a_viewer_looks_and_a_stranger_finds_nothing(
    ask, refused, bob, charlie, workflow, workflow_input, what, operation, of_bob, of_charlie
):
    given = {"id": workflow} if what != "create" else {}
    if what in {"change", "create"}:
        given["workflow"] = workflow_input
    if of_bob is None:
        assert (await ask(operation, by=bob, **given))["id"] == workflow
    else:
        assert (await refused(operation, by=bob, **given))["code"] == of_bob
    assert (await refused(operation, by=charlie, **given))["code"] == of_charlie
    assert (await ask(LIST, by=charlie))["nodes"] == []


async def test_what_a_workflow_ran_is_its_teams(ask, refused, bob, charlie, workflow):
    run = await ask(RUN, id=workflow)
    read = "query($id: ID!) { node(id: $id) { id } }"
    assert (await ask(read, by=bob, id=run["id"]))["id"] == run["id"]
    assert await ask(read, by=charlie, id=run["id"]) is None
    assert (await refused(STOP, by=bob, id=run["id"]))["code"] == "FORBIDDEN"
    assert (await refused(STOP, by=charlie, id=run["id"]))["code"] == "NOT_FOUND"


def test_all_of_workflows_says_what_replaces_it():
    built = graphql.build_schema(schema.as_str())
    marked: dict[str, str | None] = {}
    for type_ in built.type_map.values():
        for name, field in getattr(type_, "fields", {}).items():
            marked[f"{type_.name}.{name}"] = field.deprecation_reason
            for argument, given in getattr(field, "args", {}).items():
                marked[f"{type_.name}.{name}({argument})"] = given.deprecation_reason
    spoken = [
        name
        for name in marked
        if "workflow" in name.rpartition(".")[2].lower()
        and name != "WorkflowExecution.workflow"
        and "(workflow)" not in name
        and "(id)" not in name
    ]
    assert len(spoken) > 15
    left = [name for name in spoken if not marked[name] and "(" not in name]
    assert left == ["Notice.workflowExecution"]


async def test_a_completed_execution_waits_to_be_drawn_and_is_found_by_its_index(
    ask, workflow, alice, work_until_done, amc
):
    run = await ask(RUN, id=workflow)
    async with db.worker_transaction() as session:
        assert await workflows.to_draw(session) == []
    await work_until_done()

    async with db.worker_transaction() as session:
        assert await workflows.to_draw(session) == [ids.decode("wexec", run["id"])]
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "INSERT INTO workflow_executions (workflow_id, instance_id, triggered_by, status, "
                "phase, due_at, completed_at, outcome, sql_text, sql_hash, dashboard_processed) "
                "SELECT w.id, w.instance_id, 'manual', 'SUCCEEDED', 'done', NULL, now(), 'DATA', "
                "'1', '0', true FROM workflows w, generate_series(1, 5000)"
            )
        )
        await session.execute(text("ANALYZE workflow_executions"))
        plan = "\n".join(
            await session.scalars(
                text(f"EXPLAIN {workflows.TO_DRAW.compile(compile_kwargs={'literal_binds': True})}")
            )
        )
    assert "idx_executions_dashboard_pending" in plan, plan
    async with db.worker_transaction() as session:
        assert len(await workflows.to_draw(session)) == 1
        await session.execute(text("UPDATE workflow_executions SET dashboard_processed = true"))
        assert await workflows.to_draw(session) == []
