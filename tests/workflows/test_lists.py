"""Workflows: listed and paged, seen by their team, marked as replaced, and waiting to be drawn."""

from typing import Any

import graphql
import pytest
from sqlalchemy import text

from domain import db, ids
from domain.workflows import workflows
from graph.schema import schema
from tests.workflows.workflows import (
    ARCHIVE,
    CHANGE,
    CONVERT,
    CREATE,
    LIST,
    READ,
    RUN,
    STOP,
    STOP_ALL,
)


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
    assert counts[0] == counts[1] == 2, seen
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
