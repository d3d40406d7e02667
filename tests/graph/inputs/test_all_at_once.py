"""All that is wrong with an input is told at once, with its path, and harms nothing beside it."""

from sqlalchemy import text

from domain import db
from tests.graph.front_door import execute

REPORT = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"
WRONG = {"name": "", "description": "x" * 5001, "timeZone": "localtime", "parameters": [1]}


async def test_all_that_is_wrong_with_a_report(refused, report_input):
    told = await refused(REPORT, report=report_input | WRONG)
    assert [one["field"] for one in told["errors"]] == [
        "report.name",
        "report.description",
        "report.timeZone",
        "report.parameters",
    ]
    assert told["field"] == "report.name"


async def test_an_argument_of_a_run_is_told_by_its_own_name(refused, report_input):
    run = """
    mutation($t: ID!, $i: ID!) {
      templateRun(templateId: $t, instanceId: $i, timeZone: "Factory", parameters: 7) { id }
    }
    """
    told = await refused(run, t=report_input["templateId"], i=report_input["instanceId"])
    assert [one["field"] for one in told["errors"]] == ["timeZone", "parameters"]


async def test_all_that_is_wrong_with_a_schedule(refused, report):
    create = """
    mutation($id: ID!) {
      scheduleCreate(reportId: $id, schedule: {
        cron: "x", preset: {frequency: WEEKLY}, timeZone: "Mars", parameters: "x"
      }) { id }
    }
    """
    told = await refused(create, id=report["id"])
    fields = {one["field"] for one in told["errors"]}
    assert fields >= {"schedule.cron", "schedule.preset.daysOfWeek", "schedule.timeZone"}
    assert "schedule.parameters" in fields


async def test_all_that_is_wrong_with_a_notice_target(refused, alice):
    add = 'mutation { noticeTargetAdd(kind: WEBHOOK, address: "x", events: []) { secret } }'
    told = await refused(add)
    assert [one["field"] for one in told["errors"]] == ["events", "address"]


async def test_all_days_and_numbers_that_are_out_of_their_limits(refused, report):
    plan = """
    query($id: ID!) { collectionPlan(collection: {
      reportId: $id, targetWeeks: 1000000, segmentation: {parallelLimit: 0, maxAttempts: -1},
      lookback: {type: CUSTOM, startDate: "1969-12-31", endDate: "9999-12-31"}
    }) { __typename } }
    """
    told = await refused(plan, id=report["id"])
    assert {one["field"]: one["message"] for one in told["errors"]} == {
        "collection.lookback.startDate": "'startDate' must be 1970-01-01 or later, not 1969-12-31.",
        "collection.lookback.endDate": "'endDate' must be 2200-12-31 or earlier, not 9999-12-31.",
        "collection.segmentation.parallelLimit": "'parallelLimit' must be 1 or more, not 0.",
        "collection.segmentation.maxAttempts": "'maxAttempts' must be 1 or more, not -1.",
        "collection.targetWeeks": "'targetWeeks' must be 365 or less, not 1000000.",
    }


async def test_all_characters_that_cannot_be_stored(refused, report_input):
    given = {"name": "a\0", "description": "\ud800", "parameters": {"a": ["\0"]}}
    told = await refused(REPORT, report=report_input | given)
    assert {one["field"] for one in told["errors"]} == {
        "report.name",
        "report.description",
        "report.parameters.a.0",
    }


async def test_what_is_asked_beside_a_mistake_is_answered(alice, report):
    answer = await execute(alice, '{ viewer { name } report(id: "rpt_1") { id } }')
    assert answer.data == {"viewer": {"name": "Alice"}, "report": None}
    assert [(one.path, one.extensions["code"]) for one in answer.errors] == [
        (["report"], "NOT_FOUND")
    ]


async def test_a_widget_that_was_stored_with_a_far_day_leaves_its_dashboard_readable(ask, shown):
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE dashboard_widgets SET data_source = jsonb_set(data_source, '{range}', "
                """'{"startDate": "0001-01-01", "endDate": "9999-12-31"}')"""
            )
        )
    read = """
    query($id: ID!) {
      dashboard(id: $id) {
        widgets { dataSource { metrics } data { unserved { code } points { key } } }
      }
    }
    """
    (widget,) = (await ask(read, id=shown))["widgets"]
    assert widget["dataSource"] is None
    assert widget["data"]["unserved"]["code"] == "INVALID"


async def test_a_moment_without_its_offset_is_refused(refused):
    listed = """{ executions(filter: {createdFrom: "2026-03-02T09:00:00"}) { nodes { id } } }"""
    told = await refused(listed)
    assert told["field"] == "filter.createdFrom"
    assert told["message"] == (
        "'createdFrom' must be a moment with its offset, such as 2026-03-02T09:00:00+00:00, "
        "not '2026-03-02T09:00:00'."
    )
