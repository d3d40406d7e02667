"""A workflow becomes a report: everything it has goes with it, and goes on."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import select, text

from domain import db, ids, models
from domain.schedules import ticks
from tests.collections.collections import NUMBERS, START
from tests.graph.front_door import execute
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.workflows.workflows import CHANGE, CONVERT, HOURLY, LIST, RUN, rows

SQL = """
SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions
WHERE impressions >= CUSTOM_PARAMETER('least') GROUP BY campaign
"""
OTHER = SQL.replace("GROUP BY", "AND campaign <> 'none' GROUP BY")
DEFINITIONS = {
    "type": "object",
    "properties": {"least": {"type": "integer", "default": 1}},
}
NEW = """
mutation($workflow: WorkflowInput!) { workflowCreate(workflow: $workflow) { id } }
"""
REPORT = """
query($id: ID!) {
  report(id: $id) {
    id name description parameters timeZone state frequency executionCount newestStatus
    instance { name } template { id name isPublic currentVersion { version sqlTemplate } }
    templateVersion { version } recentExecutions { id status report { id } }
  }
}
"""
OF_REPORT = """
query($id: ID!) {
  executions(filter: {reportId: $id}, first: 20) {
    nodes { id status rowCount checksum template { id } collection { id } week { id } }
  }
  collections(filter: {reportId: $id}, first: 6) {
    nodes {
      id status series templateVersion { version } report { id }
      weeks {
        id status checksum execution { id } workflowExecution { id } revisions { revision checksum }
      }
    }
  }
  schedules(filter: {reportId: $id}, first: 100) { nodes { id nextRunAt isPaused cron } }
}
"""
TICKS = """
query($id: ID!) {
  scheduleTicks(scheduleId: $id) { nodes { outcome execution { id } workflowExecution { id } } }
}
"""
# What belongs to a workflow, and what to a report: the same questions, and the same answers.
COUNTS = """
SELECT jsonb_build_object(
    'executions', (SELECT count(*) FROM {0}_executions WHERE {0}_id = :id),
    'schedules', (SELECT count(*) FROM {0}_schedules WHERE {0}_id = :id),
    'collections', (SELECT count(*) FROM report_data_collections WHERE {0}_id = :id),
    'weeks', (SELECT count(*) FROM report_data_weeks w JOIN {0}_executions e
        ON e.id = w.{0}_execution_id WHERE e.{0}_id = :id),
    'revisions', (SELECT count(*) FROM report_week_revisions w JOIN {0}_executions e
        ON e.id = w.{0}_execution_id WHERE e.{0}_id = :id),
    'aggregates', (SELECT count(*) FROM report_data_aggregates WHERE {0}_id = :id),
    'ticks', (SELECT count(*) FROM schedule_ticks t JOIN {0}_schedules s
        ON s.id = t.{0}_schedule_id JOIN {0}_executions e ON e.id = t.{0}_execution_id
        WHERE s.{0}_id = :id),
    'intents', (SELECT count(*) FROM amc_intents i JOIN {0}_executions e
        ON e.id = i.{0}_execution_id WHERE e.{0}_id = :id),
    'targets', (SELECT count(*) FROM notice_targets n JOIN {0}_schedules s
        ON s.id = n.{0}_schedule_id WHERE s.{0}_id = :id),
    'notices', (SELECT count(*) FROM notices n JOIN {0}_executions e
        ON e.id = n.{0}_execution_id WHERE e.{0}_id = :id),
    'configurations', (SELECT count(*) FROM report_configurations WHERE {0}_id = :id),
    'views', (SELECT count(*) FROM dashboard_views WHERE {0}_id = :id),
    'sources', (SELECT count(*) FROM dashboard_sources WHERE {0}_id = :id),
    'audit', (SELECT count(*) FROM report_builder_audit WHERE {0}_id = :id)
)
"""
EVERYTHING = {"week": "report_data_weeks", "aggregate": "report_data_aggregates"}


async def counts(noun: str, public_id: str) -> dict[str, int]:
    """How many rows of each kind belong to it."""
    key = ids.decode(public_id.partition("_")[0], public_id)
    async with db.owner_transaction() as session:
        found: dict[str, int] = await session.scalar(text(COUNTS.format(noun)), {"id": key})
        return found


@pytest.fixture
def query(instance) -> dict[str, Any]:
    """What `workflowCreate` takes."""
    return {
        "name": "Campaigns",
        "description": "Those of the week.",
        "sqlQuery": SQL,
        "instanceId": ids.encode("inst", instance.id),
        "parameterDefinitions": DEFINITIONS,
        "parameters": {"least": 0},
    }


@pytest.fixture
async def workflow(ask, query, sent) -> str:
    """A workflow of Alice's; its id."""
    return str((await ask(NEW, workflow=query))["id"])


async def _scheduled(ask: Any, alice: Any, workflow: str) -> str:
    schedule = {**HOURLY, "keepsHistory": True, "parameters": {"least": 1}}
    made = await ask(SCHEDULE, workflow=workflow, schedule=schedule)
    async with db.owner_transaction() as session:
        session.add(
            models.NoticeTarget(
                user_id=alice.user_id,
                workflow_schedule_id=ids.decode("wsch", made["id"]),
                kind="email",
                address=alice.email,
                events=["COMPLETED"],
            )
        )
        await session.execute(
            text(
                "UPDATE workflow_schedules SET due_at = now(), "
                "last_tick_at = now() - interval '1 hour'"
            )
        )
    async with db.worker_transaction() as session:
        await ticks.fire(session, made["id"])
    return str(made["id"])


async def _drawn(alice: Any, workflow: str) -> None:
    """What later is drawn of it, and who drew it."""
    key = ids.decode("wf", workflow)
    async with db.owner_transaction() as session:
        board = models.Dashboard(user_id=alice.user_id, name="Board")
        drawn = models.ReportConfiguration(workflow_id=key, created_by=alice.user_id)
        session.add_all([board, drawn])
        await session.flush()
        run = await session.scalar(select(models.WorkflowExecution.id).limit(1))
        session.add_all(
            [
                models.DashboardSource(dashboard_id=board.id, workflow_id=key),
                models.DashboardView(
                    report_configuration_id=drawn.id,
                    workflow_id=key,
                    execution_ids=[run],
                    data_start_date=date(2026, 3, 2),
                    data_end_date=date(2026, 3, 8),
                    processed_data={"rows": []},
                    charts_config={"mark": "bar"},
                ),
                models.BuilderAudit(
                    user_id=alice.user_id,
                    workflow_id=key,
                    step_completed="review",
                    configuration={"name": "Campaigns"},
                ),
            ]
        )
        await session.execute(
            text("UPDATE workflows SET report_enabled = true, report_config_id = :id"),
            {"id": drawn.id},
        )


@pytest.fixture
def lived(
    ask: Any, alice: Any, workflow: str, query: Any, work_until_done: Any
) -> Callable[[], Awaitable[str]]:
    """Let the workflow be run, scheduled, collected, changed and collected again; the schedule."""

    async def live() -> str:
        await ask(START, collection={"workflowId": workflow, "targetWeeks": 2})
        await work_until_done()
        await ask(CHANGE, id=workflow, workflow=query | {"sqlQuery": OTHER})
        await ask(START, collection={"workflowId": workflow, "targetWeeks": 3})
        await ask(RUN, id=workflow)
        schedule = await _scheduled(ask, alice, workflow)
        await work_until_done()
        stopped = await ask(RUN, id=workflow)
        stop = "mutation($id: ID!) { workflowExecutionCancel(id: $id) { id } }"
        await ask(stop, id=stopped["id"])
        await _drawn(alice, workflow)
        return schedule

    return live


async def test_a_workflow_becomes_a_report_and_nothing_is_lost(
    ask, refused, lived, workflow, charlie, alice, amc
):
    schedule = await lived()
    before = await counts("workflow", workflow)
    assert min(before.values()) > 0, before
    kept = {table: await rows(table) for table in ("workflows", "workflow_executions")}
    was = {table: await rows(table) for table in EVERYTHING.values()}

    made = await ask(CONVERT, id=workflow)

    report = made["id"]
    assert report == workflow.replace("wf_", "rpt_")
    assert await counts("report", report) == before
    for table, old in kept.items():
        assert await rows(table) == {}
        archived = await rows(f"archived_{table}")
        assert {one.pop("moved_at") is not None for one in archived.values()} == {True}
        assert archived == old
    moved = ("workflow_id", "report_id", "series_hash", "updated_at")
    moved += ("report_execution_id", "workflow_execution_id")
    for table, old in was.items():
        for key, row in (await rows(table)).items():
            assert {name: row[name] for name in row if name not in moved} == {
                name: old[key][name] for name in old[key] if name not in moved
            }
    await _found_by_everybody(ask, report, before, schedule, kept["workflow_executions"])
    assert (await refused(REPORT, by=charlie, id=report))["code"] == "NOT_FOUND"
    nothing = (await execute(charlie, OF_REPORT, id=report)).data
    assert [one["nodes"] for one in nothing.values()] == [[], [], []]
    assert (await ask(LIST))["nodes"] == []


async def _found_by_everybody(
    ask: Any, report: str, before: dict[str, int], schedule: str, old: dict[str, Any]
) -> None:
    """Every row through the report, with what it had."""
    read = await ask(REPORT, id=report)
    assert (read["name"], read["timeZone"], read["state"]) == ("Campaigns", "UTC", "ACTIVE")
    assert read["frequency"] == "CUSTOM"
    assert (read["executionCount"], read["newestStatus"]) == (before["executions"], "CANCELLED")
    assert read["template"]["currentVersion"] == {"version": 2, "sqlTemplate": OTHER}
    assert (read["templateVersion"]["version"], read["template"]["isPublic"]) == (2, False)
    found = await ask(OF_REPORT, id=report)
    words = {"SUCCEEDED": "COMPLETED"}
    assert {
        one["id"]: (one["status"], one["checksum"]) for one in found["executions"]["nodes"]
    } == {
        f"exec_{row['id'].replace('-', '')}": (
            words.get(row["status"], row["status"]),
            row["checksum"],
        )
        for row in old.values()
    }
    collections = found["collections"]["nodes"]
    assert len(collections) == before["collections"] == 3
    weeks = [week for one in collections for week in one["weeks"]]
    assert len(weeks) == before["weeks"]
    assert all(week["execution"] and not week["workflowExecution"] for week in weeks)
    assert sorted(one["templateVersion"]["version"] for one in collections) == [1, 2, 2]
    assert {one["report"]["id"] for one in collections} == {report}
    (again,) = found["schedules"]["nodes"]
    assert again["id"] == schedule.replace("wsch_", "sch_")
    assert again["nextRunAt"] is not None
    (tick,) = (await ask(TICKS, id=again["id"]))["nodes"]
    assert (tick["execution"] is not None, tick["workflowExecution"]) == (True, None)
    for one in collections:
        numbers = (await ask(NUMBERS, filter={"collectionId": one["id"]}))["nodes"]
        assert numbers
        assert all(number["weeks"] for number in numbers if number["state"] == "DATA")


async def test_the_same_series_goes_on(ask, lived, workflow, work_until_done, amc_server):
    schedule = (await lived()).replace("wsch_", "sch_")
    report = (await ask(CONVERT, id=workflow))["id"]
    before = (await ask(OF_REPORT, id=report))["collections"]["nodes"]
    asked = amc_server.stats()["executions_created"]

    wanted = {"reportId": report, "targetWeeks": 4}
    started = await ask(START, collection=wanted)
    await ask("mutation($id: ID!) { scheduleRunNow(id: $id) { id } }", id=schedule)
    await work_until_done()

    after = (await ask(OF_REPORT, id=report))["collections"]["nodes"]
    new = next(one for one in after if one["id"] == started["id"])
    old = {one["id"]: one["series"] for one in before}
    # The collection of the present query: three of its four weeks are there already.
    assert new["series"] in old.values()
    assert amc_server.stats()["executions_created"] == asked + 1 + 1
    assert len(after) == len(before) + 1, "the schedule adds to the collection that it had"
    numbers = (await ask(NUMBERS, filter={"collectionId": new["id"]}))["nodes"]
    assert [one["state"] for one in numbers] == ["DATA"] * 4
