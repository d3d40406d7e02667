"""How many executions and reports one person may start and make, by whatever way."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from domain import db
from domain.people import allowances, tokens
from domain.settings import Settings
from graph.app import app
from tests.builder.builder import SAVE, SUBMIT, WEEKLY
from tests.collections.collections import START
from tests.graph.front_door import execute
from tests.workflows.workflows import CONVERT
from tests.workflows.workflows import RUN as RUN_WORKFLOW

RUN = "mutation($id: ID!, $key: String) { reportRun(id: $id, idempotencyKey: $key) { id } }"
CREATE = """
mutation($report: ReportInput!, $run: Boolean!) { reportCreate(report: $report, run: $run) { id } }
"""
RUN_TEMPLATE = """
mutation($template: ID!, $instance: ID!) {
  templateRun(templateId: $template, instanceId: $instance) { id }
}
"""
CANCEL = "mutation($id: ID!) { executionCancel(id: $id) { id } }"

Allow = Callable[..., None]


@pytest.fixture
def allow(monkeypatch: pytest.MonkeyPatch) -> Allow:
    """Other limits, for this test; those of the specs unless it names some."""

    def to(**limits: int) -> None:
        usual = {
            name: Settings.model_fields[name].default
            for name in ("executions_per_minute", "reports_per_hour")
        }
        changed = allowances.settings.model_copy(update={**usual, **limits})
        monkeypatch.setattr(allowances, "settings", changed)

    return to


async def later(table: str, span: str) -> None:
    """Let time pass for these rows."""
    async with db.owner_transaction() as session:
        await session.execute(
            text(f"UPDATE {table} SET created_at = created_at - interval '{span}'")
        )


def within(refusal: dict[str, Any], span: timedelta) -> None:
    """The refusal is of a limit, and says when to come again."""
    assert refusal["code"] == "RATE_LIMITED", refusal
    left = datetime.fromisoformat(refusal["retryAfter"]) - datetime.now(UTC)
    assert timedelta(0) < left <= span


@pytest.fixture
def ways(report, report_input, workflow) -> list[tuple[str, dict[str, Any]]]:
    """Every way to start an execution, by operation and variables."""
    template, instance = report_input["templateId"], report_input["instanceId"]
    return [
        (RUN, {"id": report["id"]}),
        (CREATE, {"report": report_input, "run": True}),
        (RUN_TEMPLATE, {"template": template, "instance": instance}),
        (RUN_WORKFLOW, {"id": workflow}),
    ]


async def test_ten_executions_start_in_a_minute_by_all_ways_together(allow, ask, refused, ways):
    allow()
    for number in range(10):
        operation, variables = ways[number % len(ways)]
        started = await ask(operation, **variables)
        if operation == RUN:
            await ask(CANCEL, id=started["id"])  # it was started all the same

    for operation, variables in ways:
        refusal = await refused(operation, **variables)
        within(refusal, timedelta(minutes=1))
        assert "You have started 10 executions within a minute" in refusal["message"]
    await later("report_executions", "1 minute")
    for operation, variables in ways:
        await ask(operation, **variables)


async def test_what_is_refused_makes_no_report_either(allow, ask, refused, report_input, report):
    allow(executions_per_minute=1)
    await ask(RUN, id=report["id"])
    mine = "{ reports(first: 100) { nodes { id } } }"
    before = await ask(mine)
    within(await refused(CREATE, report=report_input, run=True), timedelta(minutes=1))
    assert await ask(mine) == before


async def test_of_many_that_start_at_once_as_many_as_allowed_do(allow, alice, report, sent):
    allow(executions_per_minute=3)
    answers = await asyncio.gather(*(execute(alice, RUN, id=report["id"]) for _ in range(12)))
    assert sum(answer.errors is None for answer in answers) == 3
    assert {answer.errors[0].extensions["code"] for answer in answers if answer.errors} == {
        "RATE_LIMITED"
    }


async def test_a_repeat_is_not_counted(allow, ask, refused, report):
    allow(executions_per_minute=2)
    first = await ask(RUN, id=report["id"], key="once")
    for _ in range(3):
        assert await ask(RUN, id=report["id"], key="once") == first
    await ask(RUN, id=report["id"])
    assert await ask(RUN, id=report["id"], key="once") == first
    within(await refused(RUN, id=report["id"], key="twice"), timedelta(minutes=1))


async def test_collections_and_other_people_have_limits_of_their_own(
    allow, ask, refused, report, bob, instance
):
    allow(executions_per_minute=1)
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE instance_members SET role = 'editor'"))
    await ask(START, collection={"reportId": report["id"], "targetWeeks": 4})
    await ask(RUN, id=report["id"])
    within(await refused(RUN, id=report["id"]), timedelta(minutes=1))
    assert (await ask(RUN, by=bob, id=report["id"]))["id"]
    for trigger in ("schedule", "backfill"):
        async with db.owner_transaction() as session:
            await session.execute(
                text("UPDATE report_executions SET triggered_by = :it"), {"it": trigger}
            )
        assert (await ask(RUN, id=report["id"]))["id"], trigger


async def test_no_limit_is_none(allow, ask, report):
    allow(executions_per_minute=0)
    runs = [await ask(RUN, id=report["id"]) for _ in range(12)]
    assert len({run["id"] for run in runs}) == 12


async def filled_in(ask: Any, report_input: dict[str, Any]) -> str:
    """A session of the builder before its submit."""
    begun = await ask(SAVE, configuration={"parameters": report_input})
    await ask(SAVE, session=begun["id"], configuration={"schedule": WEEKLY})
    await ask(SAVE, session=begun["id"], configuration={"review": True})
    return str(begun["id"])


async def test_twenty_reports_are_made_in_an_hour(allow, ask, refused, report_input, workflow):
    allow()
    session = await filled_in(ask, report_input)  # what it tries out makes no report
    for _ in range(19):
        await ask(CREATE, report=report_input, run=False)
    await ask(SUBMIT, session=session)

    other = await filled_in(ask, report_input)
    ways = [
        (CREATE, {"report": report_input, "run": False}),
        (SUBMIT, {"session": other}),
        (CONVERT, {"id": workflow}),
    ]
    for operation, variables in ways:
        refusal = await refused(operation, **variables)
        within(refusal, timedelta(hours=1))
        assert "You have made 20 reports within an hour" in refusal["message"]
    assert await ask(SUBMIT, session=session)  # a repeat gets what is there
    await later("report_definitions", "1 hour")
    for operation, variables in ways:
        await ask(operation, **variables)


async def test_the_answer_has_the_seconds_as_a_header(allow, alice, report, sent):
    allow(executions_per_minute=1)
    token = tokens.issue("alice@example.com", "alice@example.com")
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app),
        base_url="http://testserver",
        headers={"Authorization": f"Bearer {token}"},
    ) as client:
        body = {"query": RUN, "variables": {"id": report["id"]}}
        started = await client.post("/graphql", json=body)
        assert "errors" not in started.json()
        assert "Retry-After" not in started.headers
        refused = await client.post("/graphql", json=body)
    assert refused.status_code == 200
    assert refused.json()["data"] == {"reportRun": None}
    assert 1 <= int(refused.headers["Retry-After"]) <= 60
