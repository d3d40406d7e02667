"""What holds for an operation that is executed by a plan."""

import asyncio
import re
from typing import Any

import asyncpg
import httpx2
import pytest
from sqlalchemy import text

from domain import db, ids
from domain.people import tokens
from domain.settings import settings
from domain.snapshots import snapshots
from graph.app import app
from graph.planning import plans
from tests.dashboards.dashboards import CREATE as CREATE_BOARD
from tests.graph.copies import COPIES, copies
from tests.lines import until

TABLE = "{ reports(first: 50) { nodes { id name state instance { id name } owner { name } } } }"

RUNNING = """
SELECT count(*) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(60)' AND state = 'active'
"""


@pytest.fixture
async def asking(alice: Any) -> Any:
    """Ask as Alice over HTTP, and be told how it was executed."""
    headers = {
        "Authorization": f"Bearer {tokens.issue(alice.email, alice.email)}",
        "X-Plan": "1",
    }
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://testserver", headers=headers
    ) as client:

        async def asked(query: str, **variables: Any) -> httpx2.Response:
            return await client.post("/graphql", json={"query": query, "variables": variables})

        yield asked


def checked_out() -> int:
    pool: Any = db.engine("api").sync_engine.pool
    return int(pool.checkedout())


async def test_a_client_that_asks_is_told_how_an_operation_was_executed(asking, report):
    before = plans.counts["planned"]
    assert (await asking(TABLE)).headers["x-plan"] == "planned"
    assert plans.counts["planned"] == before + 1
    assert (await asking("{ reports(first: 0) { nodes { id } } }")).headers["x-plan"] == "planned"
    nothing = "{ execution(id: 7) { id } }"
    assert (await asking(nothing)).headers["x-plan"] == "planned"  # the refusal of a root field
    assert (await asking("{ nothing }")).headers["x-plan"] == "none"  # nothing was executed


async def test_plans_can_be_switched_off(asking, report, monkeypatch):
    off = plans.settings.model_copy(update={"planned_reads": "off"})
    planned = await asking(TABLE)
    monkeypatch.setattr(plans, "settings", off)
    normal = await asking(TABLE)
    assert normal.headers["x-plan"] == "off"
    assert normal.content == planned.content


async def test_a_table_is_read_with_the_rows_that_it_points_to(
    asking, alice, instance, count_statements
):
    await copies(alice, instance.id)
    await asking(TABLE)
    with count_statements() as seen:
        answer = await asking(TABLE)
    assert len(answer.json()["data"]["reports"]["nodes"]) == COPIES + 1
    assert len(seen) == 2, seen  # reports with their overviews and instances; persons
    assert {"instance_name", "report_runs_overview"} <= set(re.findall(r"\w+", seen[0]))
    assert "sql_template" not in "".join(seen)
    assert "parameters" not in "".join(seen)  # nobody asked for them


async def test_all_of_an_answer_is_of_one_moment(asking, report, monkeypatch):
    fetch = snapshots.Snapshot._fetch

    async def renamed_meanwhile(self: Any, sql: str, arguments: Any) -> Any:
        found = await fetch(self, sql, arguments)
        async with db.owner_transaction() as session:
            await session.execute(text("UPDATE amc_instances SET instance_name = 'Later'"))
            await session.execute(text("UPDATE users SET name = 'Later'"))
        return found

    monkeypatch.setattr(snapshots.Snapshot, "_fetch", renamed_meanwhile)
    answer = (await asking(TABLE)).json()["data"]["reports"]["nodes"]
    assert [one["instance"]["name"] for one in answer] == ["Acme"]
    assert [one["owner"]["name"] for one in answer] == ["Alice"]  # read by a later statement
    again = (await asking(TABLE)).json()["data"]["reports"]["nodes"]
    assert [one["instance"]["name"] for one in again] == ["Later"]
    assert [one["owner"]["name"] for one in again] == ["Later"]


async def test_what_is_taken_away_is_not_shown_again(asking, alice, report):
    assert (await asking(TABLE)).json()["data"]["reports"]["nodes"] != []
    async with db.owner_transaction() as session:
        await session.execute(
            text("DELETE FROM instance_members WHERE user_id = :id"), {"id": alice.user_id}
        )
    assert (await asking(TABLE)).json()["data"]["reports"]["nodes"] == []


async def test_a_row_that_an_outer_join_does_not_find_is_none(asking, ask):
    made = await ask(CREATE_BOARD, dashboard={"name": "Alone"})
    answer = await asking(
        "query($id: ID!) { dashboard(id: $id) { shares { person { name } } } }", id=made["id"]
    )
    assert answer.headers["x-plan"] == "planned"
    assert answer.json()["data"]["dashboard"] == {"shares": []}


async def test_a_statement_that_fails_is_read_again_normally(asking, report, monkeypatch):
    async def broken(self: Any, sql: str, arguments: Any) -> Any:
        return await fetch(self, sql.replace("FROM", "FROM nowhere,"), arguments)

    fetch = snapshots.Snapshot._fetch
    monkeypatch.setattr(snapshots.Snapshot, "_fetch", broken)
    answer = await asking(TABLE)
    assert answer.headers["x-plan"].startswith("statement")
    assert len(answer.json()["data"]["reports"]["nodes"]) == 1
    assert checked_out() == 0


async def test_a_refusal_within_an_answer_is_said_as_always(asking, ask, report, sent):
    run = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    answer = await asking(
        "query($id: ID!) { execution(id: $id) { id rows { totalCount } } }", **run
    )
    assert answer.headers["x-plan"] == "refused"
    [error] = answer.json()["errors"]
    assert (error["path"], error["extensions"]["code"]) == (["execution", "rows"], "NOT_READY")
    assert answer.json()["data"]["execution"] == {"id": run["id"], "rows": None}


async def test_a_mutation_is_executed_once_and_its_selection_by_a_plan(asking, report):
    change = """mutation($id: ID!) {
      reportChange(id: $id, change: {name: "New"}) { name instance { name } owner { name } } }"""
    answer = await asking(change, id=report["id"])
    assert answer.headers["x-plan"] == "planned"
    assert answer.json()["data"]["reportChange"] == {
        "name": "New",
        "instance": {"name": "Acme"},
        "owner": {"name": "Alice"},
    }


async def test_a_mutation_whose_plan_fails_is_not_executed_twice(asking, report, monkeypatch):
    async def failing(self: Any, sql: str, arguments: Any) -> Any:
        raise RuntimeError("no plan works today")

    monkeypatch.setattr(snapshots.Snapshot, "_fetch", failing)
    made = """mutation($id: ID!) { reportDuplicate(id: $id) { name instance { name } } }"""
    answer = await asking(made, id=report["id"])
    assert answer.headers["x-plan"] != "planned"
    assert answer.json()["data"]["reportDuplicate"]["instance"] == {"name": "Acme"}
    monkeypatch.undo()
    assert len((await asking(TABLE)).json()["data"]["reports"]["nodes"]) == 2


async def test_a_client_that_leaves_gives_its_connection_back(alice, api_place, report):
    body = {"query": TABLE}
    headers = {"Authorization": f"Bearer {tokens.issue(alice.email, alice.email)}"}
    for wait in (0.0, 0.002, 0.005, 0.01, 0.02):
        async with httpx2.AsyncClient(base_url=f"http://{api_place}", headers=headers) as client:
            asked = asyncio.create_task(client.post("/graphql", json=body))
            await asyncio.sleep(wait)
            asked.cancel()
            await asyncio.wait([asked])
    await until(lambda: checked_out() == 0, patience=10)
    async with httpx2.AsyncClient(base_url=f"http://{api_place}", headers=headers) as client:
        assert (await client.post("/graphql", json=body)).json()["data"]["reports"]["nodes"]


async def test_a_statement_ends_with_the_client_that_waits_for_it(
    alice, api_place, report, monkeypatch
):
    fetch = snapshots.Snapshot._fetch

    async def slow(self: Any, sql: str, arguments: Any) -> Any:
        return await fetch(self, "SELECT pg_sleep(60)", ())

    everything = await asyncpg.connect(settings.database_url)  # roles do not see each other's

    async def is_running() -> bool:
        return bool(await everything.fetchval(RUNNING))

    monkeypatch.setattr(snapshots.Snapshot, "_fetch", slow)
    headers = {"Authorization": f"Bearer {tokens.issue(alice.email, alice.email)}"}
    async with httpx2.AsyncClient(base_url=f"http://{api_place}", headers=headers) as client:
        asked = asyncio.create_task(client.post("/graphql", json={"query": TABLE}))
        await until(is_running)
        asked.cancel()
        await asyncio.wait([asked])
    await until(lambda: checked_out() == 0, patience=10)
    assert not await is_running()
    await everything.close()


async def test_operations_of_one_person_hold_only_so_many_connections(asking, report, monkeypatch):
    few = db.settings.model_copy(update={"connections_per_person": 2})
    monkeypatch.setattr(db, "settings", few)
    most = 0
    fetch = snapshots.Snapshot._fetch

    async def counted(self: Any, sql: str, arguments: Any) -> Any:
        nonlocal most
        found = await fetch(self, sql, arguments)
        most = max(most, checked_out())
        return found

    await asking(TABLE)  # which signs in
    monkeypatch.setattr(snapshots.Snapshot, "_fetch", counted)
    answers = await asyncio.gather(*(asking(TABLE) for _ in range(8)))
    assert {one.status_code for one in answers} == {200}
    assert 1 <= most <= 2
    assert checked_out() == 0


async def test_a_subscription_sends_planned_events(ask, alice, report, sent):
    from graph.fields.context import Context
    from graph.schema import schema

    run = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    watch = "subscription($id: ID!) { execution(id: $id) { id status instance { name } } }"
    context = Context(alice)
    events = await schema.subscribe(watch, variable_values=run, context_value=context)
    first = await anext(aiter(events))
    await events.aclose()
    assert first.data["execution"] == {
        "id": run["id"],
        "status": "PENDING",
        "instance": {"name": "Acme"},
    }
    assert context.plan == "planned"
    assert ids.decode("exec", run["id"])
