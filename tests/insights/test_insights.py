"""Insights through the API: when they are made, what they say and rest on, and who sees them."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from domain import db, ids, models
from domain.bus.queues import Job
from domain.insights import insights as made
from jobs import clock, insights
from tests.dashboards.dashboards import SHARE, UNSHARE
from tests.graph.front_door import execute
from tests.insights.insights import ODD_START, WEEKS, keep_weeks, weeks
from tests.numbers.numbers import chart, put

INSIGHT = """
  id type text confidence rank sourceName reportId metric dimension value level start end stake
  currency methodVersion foundAt goneAt
"""
READ = f"""
query($id: ID!, $types: [InsightType!], $least: Decimal, $since: DateTime) {{
  dashboard(id: $id) {{
    insights(types: $types, leastConfidence: $least, since: $since) {{ {INSIGHT} }}
    insightState {{ isCurrent madeAt error refusals {{ code text has needs }} }}
  }}
}}
"""
WHY = """
query($id: ID!) {
  node(id: $id) {
    ... on Insight {
      text
      why {
        method n effect pValue adjustedPValue events interval { low high level }
        numbers { name value of }
        aggregates(first: 20) {
          key dimension value metrics { name value } weeks { executions { id } }
        }
      }
    }
  }
}
"""
HISTORY = """
query($of: ID!) {
  insights(of: $of, types: [ANOMALY], orderBy: {field: DAYS, direction: ASC}, first: 10) {
    nodes { start goneAt }
  }
}
"""
OF_REPORT = f"query($id: ID!) {{ report(id: $id) {{ insights {{ {INSIGHT} }} }} }}"
BY = {"dimension": "campaign", "overTime": True}


@pytest.fixture
async def told(ask: Any, board: str, report: dict[str, Any], sent: list[Any]) -> str:
    """A dashboard whose report has a planted week, and whose insights are made."""
    await keep_weeks(report["id"], weeks())
    await put(ask, board, chart(report["id"]), chart(report["id"], metrics=["sales", "roas"], **BY))
    await ask(READ, id=board)
    await make(sent)
    return board


async def make(sent: list[tuple[Job, str]]) -> None:
    """Run the jobs that make insights, each twice: the second time nothing is to do."""
    todo = [subject for job, subject in sent if job == Job.MAKE_INSIGHTS]
    assert todo
    sent.clear()
    for subject in [*todo, *todo]:
        await insights.make_insights.fn.__wrapped__(subject)


async def stored() -> list[Any]:
    """Everything that is stored of insights, but for moments and keys."""
    async with db.owner_transaction() as session:
        rows = await session.execute(
            text(
                "SELECT fact_key, insight_text, data_points::text, confidence_score, stake, rank "
                "FROM dashboard_insights WHERE gone_at IS NULL ORDER BY rank"
            )
        )
        return [tuple(row) for row in rows]


async def renew(sent: list[Any], board: str) -> None:
    """Change the numbers of a dashboard, as far as its version tells."""
    async with db.owner_transaction() as session:
        dashboard = await session.get_one(models.Dashboard, ids.decode("dash", board))
        dashboard.data_version += 1
    sent.clear()


async def test_the_planted_week_is_told_with_what_it_rests_on(ask, told, report, sent):
    answer = await ask(READ, id=told)

    assert answer["insightState"]["isCurrent"]
    assert answer["insightState"]["refusals"] == []
    sales, roas, *forecasts = answer["insights"]
    assert {one["type"] for one in forecasts} == {"FORECAST"}
    assert sales["text"] == (
        "Sales fell to 2,686 USD in the week of 1 June, 33 % below the 3,989 USD expected. No "
        "known retail event explains it."
    )
    assert (sales["type"], sales["metric"], sales["value"]) == ("ANOMALY", "sales", None)
    assert (sales["start"], sales["end"]) == (ODD_START.isoformat(), "2026-06-08")
    assert (roas["metric"], roas["dimension"], roas["value"]) == ("roas", "campaign", "Autumn")
    assert [one["rank"] for one in answer["insights"]] == [1, 2, 3, 4]
    assert sales["sourceName"] == "Campaigns of the week"
    assert sales["reportId"] == report["id"]

    why = (await ask(WHY, id=roas["id"]))["why"]
    assert why["method"] == "robust residual (Hampel, MAD)"
    assert why["n"] == WEEKS
    assert [one["name"] for one in why["numbers"]] == ["value", "expected"]
    (aggregate,) = why["aggregates"]
    assert (aggregate["key"], aggregate["value"]) == ("2026-W23", "Autumn")
    (found,) = [one["value"] for one in aggregate["metrics"] if one["name"] == "roas"]
    assert found == why["numbers"][0]["value"]

    only = await ask(READ, id=told, types=["ANOMALY"], least="0.9")
    assert [one["id"] for one in only["insights"]] == [sales["id"], roas["id"]]
    assert (await ask(READ, id=told, least="0.99"))["insights"] == []
    assert sent == [], "nothing has changed, so nothing is made again"


async def test_they_are_made_again_when_the_numbers_change_and_tell_what_is_new(
    ask, refused, told, report, sent
):
    before, first = await stored(), (await ask(READ, id=told))["insights"]
    await renew(sent, told)
    assert not (await ask(READ, id=told))["insightState"]["isCurrent"]
    await make(sent)
    assert await stored() == before, "the same data give the same bytes"
    again = (await ask(READ, id=told))["insights"]
    assert [(one["id"], one["foundAt"]) for one in again] == [
        (one["id"], one["foundAt"]) for one in first
    ]

    await keep_weeks(report["id"], weeks(odd=50))
    await renew(sent, told)
    await ask(READ, id=told)
    await make(sent)
    now = await ask(READ, id=told, since=first[0]["foundAt"], types=["ANOMALY"])
    assert {one["start"] for one in now["insights"]} == {"2026-08-17"}
    gone = await ask(
        "query($id: ID!) { node(id: $id) { ... on Insight { goneAt } } }", id=first[0]["id"]
    )
    assert gone["goneAt"] is not None
    every = (await ask(HISTORY, of=told))["nodes"]
    odd = {one["start"] for one in every}
    assert odd == {"2026-06-01", "2026-08-17"}, "what is gone is still listed"
    wrong = await refused(HISTORY, of="exec_1")
    assert (wrong["code"], wrong["field"]) == ("BAD_USER_INPUT", "of")
    wrong = await refused(READ, id=told, least="1.5")
    assert (wrong["code"], wrong["field"]) == ("BAD_USER_INPUT", "leastConfidence")


async def test_a_change_of_the_numbers_has_them_made_by_the_clock_and_few_weeks_tell_why_not(
    ask, told, report, sent
):
    await keep_weeks(report["id"], weeks(8))
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE insight_runs SET due_at = now()"))
        await session.execute(text("UPDATE dashboards SET data_version = data_version + 1"))
    await clock.tick(tidy=False)
    await make(sent)
    answer = await ask(READ, id=told)
    assert answer["insights"] == []
    assert answer["insightState"]["refusals"] == [
        {
            "code": "NOT_ENOUGH_PERIODS",
            "text": "Cost, Sales and ROAS: not enough data: 8 weeks of the 10 that are needed.",
            "has": 8,
            "needs": 10,
        }
    ]


async def test_a_share_shows_them_and_nobody_else_sees_them(
    ask, refused, told, report, sent, alice, bob, charlie, dora, count_statements
):
    (mine,) = [one["insights"] for one in [await ask(READ, id=told)]]
    await ask(OF_REPORT, id=report["id"])
    await make(sent)
    (of_report, *_) = (await ask(OF_REPORT, id=report["id"]))["insights"]
    seen = [mine[0]["id"], of_report["id"]]

    async def visible(by: Any) -> list[bool]:
        found = await execute(by, "query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=seen)
        return [one is not None for one in found.data["nodes"]]

    assert await visible(alice) == [True, True]
    assert await visible(bob) == [False, True], "a member of the instance, without the dashboard"
    assert await visible(charlie) == [False, False]
    assert (await refused(READ, by=dora, id=told))["code"] == "NOT_FOUND"
    await ask(SHARE, id=told, email="dora@example.com", permission="VIEW")
    with count_statements() as statements:
        shown = await ask(READ, by=dora, id=told)
    assert len(statements) == 9, statements
    assert shown["insights"] == mine
    assert await visible(dora) == [True, False]
    (aggregate,) = (await ask(WHY, by=dora, id=mine[1]["id"]))["why"]["aggregates"]
    assert aggregate["weeks"] == [], "whoever sees only the dashboard sees no executions"
    await ask(UNSHARE, id=told, email="dora@example.com")
    assert await visible(dora) == [False, False]


async def test_a_worker_that_comes_back_late_writes_nothing(told, sent):
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE insight_runs SET due_at = now()"))
        subject = (await session.scalar(text("SELECT id FROM insight_runs"))).hex
    async with db.worker_transaction() as session:
        task = await made.claim(session, subject)
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE insight_runs SET lease_until = NULL"))
    async with db.worker_transaction() as session:
        assert await made.claim(session, subject)
    async with db.worker_transaction() as session:
        await made.record(session, task, [])
    assert await stored()


async def test_what_cannot_be_made_is_tried_some_times_and_then_given_up_with_the_reason(
    ask, told, sent, monkeypatch
):
    before = (await ask(READ, id=told))["insights"]
    await renew(sent, told)
    await ask(READ, id=told)
    ((_, subject),) = sent

    def broken(_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(made.finding, "find", broken)
    for _ in range(made.TRIES + 2):  # it is due no more after the last try
        await insights.make_insights.fn.__wrapped__(subject)
        async with db.owner_transaction() as session:
            await session.execute(text("UPDATE insight_runs SET lease_until = NULL"))
            run = await session.get_one(models.InsightRun, UUID(hex=subject))
    assert (run.due_at, run.step_tries) == (None, 0)
    state = await ask(READ, id=told)
    assert state["insightState"]["error"].startswith("Internal error (request id ")
    assert not state["insightState"]["isCurrent"]
    assert state["insights"] == before, "what was found before stays"
