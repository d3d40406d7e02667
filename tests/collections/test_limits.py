"""Plans, limits, and everything a start is refused for."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.settings import settings
from tests.collections.collections import ACT, READ, START, custom, settled
from tests.graph.front_door import CREATE, execute

PLAN = """
query($collection: CollectionInput!) {
  collectionPlan(collection: $collection) {
    startDate endDate executions amcCalls slots isMeasured etaEarliest etaLatest series
    segments { startDate endDate isCollected isProvisional settlesAt }
    days { day executions }
    clashes { name at }
  }
}
"""
WEEK = timedelta(days=7)


async def test_a_plan_says_what_a_start_would_do(ask, report, instance):
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE amc_instances SET daily_quota = 20, max_concurrent = 4"))

    plan = await ask(PLAN, collection={"reportId": report["id"]})

    assert (len(plan["segments"]), plan["executions"], plan["amcCalls"]) == (52, 52, 312)
    assert [one["executions"] for one in plan["days"]] == [20, 20, 12]
    assert plan["slots"] == 4
    assert not plan["isMeasured"]
    latest = datetime.fromisoformat(plan["etaLatest"])
    assert datetime.now(UTC) + timedelta(days=1) < latest < datetime.now(UTC) + timedelta(days=4)
    assert not any(one["isCollected"] or one["isProvisional"] for one in plan["segments"])
    started = await ask(START, collection={"reportId": report["id"]})
    found = await ask(READ, id=started["id"])
    assert (found["startDate"], found["endDate"]) == (plan["startDate"], plan["endDate"])
    assert [week["startDate"] for week in found["weeks"]] == [
        one["startDate"] for one in plan["segments"]
    ]
    assert found["series"] == plan["series"]


async def test_a_plan_knows_what_is_there_and_how_long_this_instance_takes(
    ask, report, collect, work_until_done
):
    await collect(5)
    await work_until_done()

    plan = await ask(PLAN, collection={"reportId": report["id"], "targetWeeks": 7})

    assert [one["isCollected"] for one in plan["segments"]] == [True] * 5 + [False] * 2
    assert plan["executions"] == 2
    assert plan["isMeasured"]
    soon = datetime.now(UTC) + timedelta(minutes=5)
    assert datetime.fromisoformat(plan["etaLatest"]) < soon


async def test_a_plan_names_schedules_that_are_due_meanwhile(ask, report):
    due = datetime.now(UTC) + timedelta(minutes=1)
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "INSERT INTO report_schedules (report_id, schedule_type, cron_expression, "
                "next_run_at) VALUES (:report, 'daily', '0 9 * * *', :due)"
            ),
            {"report": ids.decode("rpt", report["id"]), "due": due},
        )

    plan = await ask(PLAN, collection={"reportId": report["id"]})

    assert [one["name"] for one in plan["clashes"]] == ["Campaigns of the week"]
    assert datetime.fromisoformat(plan["clashes"][0]["at"]) == due


async def test_a_viewer_plans_but_does_not_start(ask, refused, report, bob):
    assert (await ask(PLAN, by=bob, collection={"reportId": report["id"]}))["executions"] == 52
    refusal = await refused(START, by=bob, collection={"reportId": report["id"]})
    assert refusal["code"] == "FORBIDDEN"


async def test_a_report_of_somebody_else_is_not_found(refused, report, charlie):
    for operation in (PLAN, START):
        refusal = await refused(operation, by=charlie, collection={"reportId": report["id"]})
        assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "collection.reportId")


async def test_these_days_are_not_collected_twice_at_once(ask, refused, collect):
    first = await collect(3)

    refusal = await refused(START, collection=(await same(ask, first)))

    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "collection.lookback")
    assert first in refusal["message"]


async def same(ask: Any, collection: str, **more: Any) -> dict[str, Any]:
    """The same report over some of the same days."""
    found = await ask(
        "query($id: ID!) { collection(id: $id) { report { id } startDate } }", id=collection
    )
    day = date.fromisoformat(found["startDate"])
    days = custom(day, day + timedelta(days=6))
    return {"reportId": found["report"]["id"], "lookback": days, **more}


async def test_of_twenty_starts_at_once_one_begins(alice, report):
    answers = await asyncio.gather(
        *(
            execute(alice, START, collection={"reportId": report["id"], "targetWeeks": 2})
            for _ in range(20)
        )
    )

    codes = [(one.errors[0].extensions or {})["code"] for one in answers if one.errors]
    assert len(answers) - len(codes) == 1
    assert set(codes) == {"CONFLICT"}


async def test_the_same_key_starts_once(ask, report):
    wanted = {"reportId": report["id"], "targetWeeks": 2}
    first = await ask(START, collection=wanted, key="once")
    assert await ask(START, collection=wanted, key="once") == first


@pytest.fixture
def reports(ask, report_input):
    """Make so many reports; their ids."""

    async def make(number: int) -> list[str]:
        return [
            (await ask(CREATE, report={**report_input, "name": f"Report {n}"}))["id"]
            for n in range(number)
        ]

    return make


async def test_a_person_has_two_collections_open_and_no_third(ask, alice, reports, refused):
    of = await reports(8)

    answers = await asyncio.gather(
        *(execute(alice, START, collection={"reportId": one, "targetWeeks": 2}) for one in of)
    )

    errors = [one.errors[0] for one in answers if one.errors]
    assert len(answers) - len(errors) == settings.collections_per_user == 2
    assert {error.extensions["code"] for error in errors} == {"RATE_LIMITED"}
    until = datetime.fromisoformat(str(errors[0].extensions["retryAfter"]))
    assert until > datetime.now(UTC) - timedelta(minutes=1)


async def test_five_are_started_on_an_instance_a_day_deleted_ones_too(
    ask, refused, reports, work_until_done, amc
):
    *five, sixth = await reports(6)
    for one in five:
        started = await ask(START, collection={"reportId": one, "targetWeeks": 1})
        await ask(ACT["cancel"], id=started["id"])
        await work_until_done()
        await ask(ACT["delete"], id=started["id"])

    refusal = await refused(START, collection={"reportId": sixth, "targetWeeks": 1})

    assert refusal["code"] == "RATE_LIMITED"
    midnight = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    assert datetime.fromisoformat(refusal["retryAfter"]) == midnight + timedelta(days=1)
    assert "Acme" in refusal["message"]
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE collection_starts SET created_at = created_at - interval '1 day'")
        )
    assert (await ask(START, collection={"reportId": sixth, "targetWeeks": 1}))["id"]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"lookback": {"value": 0, "unit": "DAYS"}}, "lookback.value"),
        ({"lookback": {"value": 366, "unit": "DAYS"}}, "lookback.value"),
        ({"targetWeeks": 0}, "targetWeeks"),
        ({"targetWeeks": 53}, "lookback"),
        ({"targetWeeks": 366}, "targetWeeks"),
        ({"targetWeeks": 2**31 - 1}, "targetWeeks"),
        ({"lookback": custom(settled(), settled() - WEEK)}, "lookback.endDate"),
        ({"lookback": custom(settled(), date.max)}, "lookback.endDate"),
        ({"lookback": custom(date.min, settled())}, "lookback.startDate"),
        ({"segmentation": {"parallelLimit": 0}}, "segmentation.parallelLimit"),
        ({"segmentation": {"parallelLimit": 11}}, "segmentation.parallelLimit"),
        ({"segmentation": {"maxAttempts": 11}}, "segmentation.maxAttempts"),
        (
            {
                "lookback": custom(settled(), settled() + timedelta(days=2)),
                "segmentation": {"type": "MONTHLY"},
            },
            "segmentation.type",
        ),
        ({"workflowId": "wf_" + "0" * 32}, "reportId"),
    ],
)
async def test_what_cannot_be_collected_leaves_nothing_behind(ask, refused, report, wanted, field):
    wanted = {"reportId": report["id"], **wanted}
    for operation in (PLAN, START):
        refusal = await refused(operation, collection=wanted)
        assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", f"collection.{field}")
    listed = await ask("{ collections { nodes { id } } }")
    assert listed["nodes"] == []


async def test_an_archived_report_is_not_collected(ask, refused, report):
    await ask("mutation($id: ID!) { reportArchive(id: $id) { id } }", id=report["id"])
    refusal = await refused(START, collection={"reportId": report["id"]})
    assert refusal["code"] == "CONFLICT"


async def test_a_template_whose_metric_is_no_column_is_refused(refused):
    template = {
        "name": "Mine",
        "sqlTemplate": "SELECT campaign, SUM(impressions) AS i FROM dsp_impressions GROUP BY 1",
        "reportConfig": {
            "metrics": [{"name": "clicks", "title": "Clicks", "kind": "ADDITIVE", "unit": "COUNT"}]
        },
    }
    refusal = await refused(
        "mutation($t: TemplateInput!) { templateCreate(template: $t) { id } }", t=template
    )
    assert refusal["code"] == "BAD_USER_INPUT"
    assert "reportConfig.metrics.0.name" in str(refusal)


async def test_lists_are_filtered(ask, collect, report, bob, work_until_done, amc):
    first = await collect(1)
    await ask(ACT["cancel"], id=first)
    await work_until_done()
    second = await collect(2)
    listing = "query($f: CollectionFilter) { collections(filter: $f) { nodes { id } } }"

    async def listed(by: Any = None, **filter: Any) -> list[str]:
        answer = await (ask(listing, f=filter) if by is None else ask(listing, by=by, f=filter))
        return [one["id"] for one in answer["nodes"]]

    assert await listed() == [second, first]
    assert await listed(isOpen=True) == [second]
    assert await listed(status="CANCELLED") == [first]
    assert await listed(reportId=report["id"], mine=True) == [second, first]
    assert await listed(mine=False) == []
    assert await listed(by=bob, mine=False) == [second, first]
