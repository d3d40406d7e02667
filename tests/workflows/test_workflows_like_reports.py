"""The same query as a workflow and as a report: one engine, the same rows, the same numbers."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.schedules import ticks
from tests.collections.collections import START, settled
from tests.graph.front_door import CREATE as REPORT
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.workflows.workflows import CONVERT, CREATE, RUN

SQL = """
SELECT campaign, impression_date AS day, SUM(impressions) AS impressions,
    SUM(total_cost) AS total_cost
FROM dsp_impressions WHERE impressions >= CUSTOM_PARAMETER('least') GROUP BY 1, 2
"""
DEFINITIONS = {"type": "object", "properties": {"least": {"type": "integer", "default": 0}}}
CONFIG = {
    "dateColumn": "day",
    "dimensions": ["campaign"],
    "metrics": [
        {"name": "impressions", "title": "Impressions", "kind": "ADDITIVE", "unit": "COUNT"},
        {"name": "total_cost", "title": "Cost", "kind": "ADDITIVE", "unit": "CURRENCY"},
        {
            "name": "cpm",
            "title": "Cost of one",
            "kind": "RATIO",
            "unit": "RATIO",
            "numerator": "total_cost",
            "denominator": "impressions",
        },
    ],
}
RUN_REPORT = """
mutation($id: ID!, $window: WindowInput) { reportRun(id: $id, window: $window) { id } }
"""
DAILY = {"cron": "0 * * * *", "keepsHistory": True, "dataWindow": {"type": "LOOKBACK", "days": 3}}
# What does not tell who asked, or when.
RESULTS = """
SELECT sql_text, sql_hash, amc_parameters, parameters_snapshot, expected_columns, outcome,
    checksum, row_count, size_bytes, time_window_start, time_window_end, time_zone, triggered_by,
    result_summary
FROM {0}_executions WHERE {0}_id = :id ORDER BY triggered_by, time_window_start
"""
SEGMENTS = """
SELECT c.collection_type, w.week_start_date, w.week_end_date, w.status, w.outcome, w.row_count,
    w.data_checksum, w.data, w.revision, w.is_provisional
FROM report_data_weeks w JOIN report_data_collections c ON c.id = w.collection_id
WHERE c.{0}_id = :id ORDER BY 1, 2
"""
AGGREGATES = """
SELECT c.collection_type, a.aggregation_type, a.aggregation_key, a.dimension_key, a.metrics,
    a.metric_states, a.state, a.coverage, a.is_provisional, a.by_utc_day, a.row_count,
    a.suppressed_rows, a.undated_rows, a.data_date, a.period_end_date, cardinality(a.week_ids)
FROM report_data_aggregates a
JOIN report_data_collections c ON c.series_hash = a.series_hash AND c.{0}_id = a.{0}_id
WHERE a.{0}_id = :id ORDER BY 1, 2, 3, 4
"""


async def brought(public_id: str) -> dict[str, list[Any]]:
    """All that has been brought for a report or a workflow."""
    prefix = public_id.partition("_")[0]
    noun, key = {"wf": "workflow", "rpt": "report"}[prefix], ids.decode(prefix, public_id)
    async with db.owner_transaction() as session:
        return {
            name: [
                tuple(row) for row in await session.execute(text(asked.format(noun)), {"id": key})
            ]
            for name, asked in (
                ("results", RESULTS),
                ("segments", SEGMENTS),
                ("aggregates", AGGREGATES),
            )
        }


async def fire(schedule: str) -> None:
    """Have its last hour come due."""
    prefix = schedule.partition("_")[0]
    table = {"sch": "report_schedules", "wsch": "workflow_schedules"}[prefix]
    async with db.owner_transaction() as session:
        await session.execute(
            text(f"UPDATE {table} SET due_at = now(), last_tick_at = now() - interval '1 hour'")
        )
    async with db.worker_transaction() as session:
        await ticks.fire(session, schedule)


@pytest.fixture
async def pair(ask, own_template, instance, sent) -> tuple[str, str]:
    """A workflow and a report that ask the same; their ids."""
    common = {
        "name": "Days",
        "instanceId": ids.encode("inst", instance.id),
        "parameters": {"least": 1},
    }
    asked = {"sqlQuery": SQL, "parameterDefinitions": DEFINITIONS, "reportConfig": CONFIG}
    workflow = await ask(CREATE, workflow=common | asked)
    template = await own_template(SQL, parameterDefinitions=DEFINITIONS, reportConfig=CONFIG)
    report = await ask(REPORT, report=common | {"templateId": template})
    return workflow["id"], report["id"]


async def test_a_workflow_that_is_run_scheduled_and_collected_brings_what_its_report_brings(
    ask, pair, work_until_done, amc_server
):
    workflow, report = pair
    week = {"start": str(settled()), "end": str(settled() + timedelta(weeks=1))}
    for named, run, key in ((workflow, RUN, "workflow"), (report, RUN_REPORT, "report")):
        await ask(run, id=named, window=week)
        await ask(START, collection={f"{key}Id": named, "targetWeeks": 6})
        made = await ask(SCHEDULE, schedule=DAILY, **{key: named})
        await fire(made["id"])
    await work_until_done()

    of_workflow, of_report = await brought(workflow), await brought(report)

    assert [len(of_workflow[name]) for name in ("results", "segments")] == [1 + 6 + 1, 6 + 1]
    assert len(of_workflow["aggregates"]) > 6 + 1
    assert {row[4] for row in of_workflow["segments"]} == {"DATA"}
    assert all(row[5] > 0 for row in of_workflow["segments"])
    assert all(
        set(row[4]) == {"impressions", "total_cost", "cpm"} for row in of_workflow["aggregates"]
    )
    assert any(row[4]["cpm"] for row in of_workflow["aggregates"])
    assert of_workflow == of_report

    converted = (await ask(CONVERT, id=workflow))["id"]

    assert await brought(converted) == of_report
