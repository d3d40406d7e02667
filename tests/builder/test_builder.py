"""The report builder: its steps are kept one by one, and can be gone on with."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db, ids, models
from tests.builder.builder import READ, SAVE, SUBMIT, WEEKLY, counted
from tests.graph.front_door import OWN, execute

SESSIONS = """
query($first: Int) {
  builderSessions(first: $first) { nodes { id step } pageInfo { hasNextPage } }
}
"""
PLAN = """
query($id: ID!) {
  builderSession(id: $id) {
    step
    plan {
      startDate endDate executions amcCalls slots isMeasured etaEarliest etaLatest
      segments { startDate endDate isCollected settlesAt } days { day executions }
      clashes { name at }
    }
  }
}
"""
OPTIONS = """
query($report: ID, $template: ID, $instance: ID) {
  lookbackOptions(reportId: $report, templateId: $template, instanceId: $instance) {
    timeZone settledDate
    options { type value unit startDate endDate days segments { type count } }
  }
}
"""


async def test_steps_are_kept_and_gone_on_with(ask, parameters):
    begun = await ask(SAVE, configuration={"parameters": parameters})
    assert begun["id"].startswith("bld_")
    assert begun["plan"]["executions"] == 4

    await ask(SAVE, session=begun["id"], configuration={"schedule": WEEKLY})
    found = await ask(READ, id=begun["id"])
    assert found["step"] == "SCHEDULE"
    saved = found["configuration"]
    assert {**saved["parameters"], **parameters} == saved["parameters"]
    preset = saved["schedule"]["preset"]
    assert {**preset, **WEEKLY["preset"]} == preset
    assert (saved["isReviewed"], saved["made"]) == (False, None)

    changed = {**parameters, "name": "Another name"}
    again = await ask(SAVE, session=begun["id"], configuration={"parameters": changed})
    assert again["configuration"]["parameters"]["name"] == "Another name"
    assert again["configuration"]["schedule"] == saved["schedule"]


async def test_sessions_are_listed_the_one_saved_last_first(ask, parameters, bob):
    first = await ask(SAVE, configuration={"parameters": parameters})
    second = await ask(SAVE, configuration={"schedule": WEEKLY})
    await ask(SAVE, session=first["id"], configuration={"schedule": WEEKLY})

    listed = (await ask(SESSIONS))["nodes"]
    assert [one["id"] for one in listed] == [first["id"], second["id"]]
    assert (await ask(SESSIONS, by=bob))["nodes"] == []


async def test_a_repeated_save_begins_one_session(ask, parameters):
    asked = {"configuration": {"parameters": parameters}, "key": "once"}
    assert (await ask(SAVE, **asked))["id"] == (await ask(SAVE, **asked))["id"]
    assert len((await ask(SESSIONS))["nodes"]) == 1


async def test_somebody_elses_session_is_not_there(ask, refused, parameters, bob):
    begun = await ask(SAVE, configuration={"parameters": parameters})
    for operation, more in (
        (READ, {"id": begun["id"]}),
        (SUBMIT, {"session": begun["id"]}),
        (SAVE, {"session": begun["id"], "configuration": {"schedule": WEEKLY}}),
    ):
        assert (await refused(operation, by=bob, **more))["code"] == "NOT_FOUND"


async def test_nothing_is_made_before_submit(ask, build):
    before = await counted()
    await build()
    assert await counted() == before


@pytest.mark.parametrize("role", ["api", "worker"])
@pytest.mark.parametrize("change", ["UPDATE {} SET step_completed = 'review'", "DELETE FROM {}"])
async def test_what_was_saved_cannot_be_rewritten(build, alice, role, change):
    await build()
    transaction = db.transaction(alice) if role == "api" else db.worker_transaction()
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with transaction as session:
            await session.execute(text(change.format("report_builder_audit")))


async def test_ranges_to_choose_from_are_settled_and_counted(ask, report, report_input):
    found = await ask(OPTIONS, report=report["id"])
    same = await ask(
        OPTIONS, template=report_input["templateId"], instance=report_input["instanceId"]
    )
    assert found == same
    settled = date.fromisoformat(found["settledDate"])
    kinds = {(one["type"], one["value"], one["unit"]): one for one in found["options"]}
    year = kinds["RELATIVE", 52, "WEEKS"]
    assert year["days"] == 364
    assert settled - timedelta(days=7) < date.fromisoformat(year["endDate"]) <= settled
    assert {one["type"]: one["count"] for one in year["segments"]}["WEEKLY"] == 52
    week = kinds["RELATIVE", 7, "DAYS"]
    assert date.fromisoformat(week["endDate"]) - date.fromisoformat(week["startDate"]) == timedelta(
        days=6
    )
    assert "MONTHLY" not in {one["type"] for one in week["segments"]}
    assert ("LAST_QUARTER", None, None) in kinds
    custom = kinds["CUSTOM", None, None]
    assert (custom["days"], custom["endDate"]) == (365, found["settledDate"])


LONG = {"lookback": {"type": "RELATIVE", "value": 366, "unit": "DAYS"}}
TOO_LONG = {"lookback": {"type": "CUSTOM", "startDate": "2025-03-01", "endDate": "2026-03-01"}}
BACKWARDS = {"lookback": {"type": "CUSTOM", "startDate": "2026-03-02", "endDate": "2026-03-01"}}
TOO_LARGE = {
    "lookback": {"type": "RELATIVE", "value": 3, "unit": "DAYS"},
    "segmentation": {"type": "MONTHLY"},
}


@pytest.mark.parametrize(
    ("step", "more", "field"),
    [
        ("PARAMETERS", LONG, "configuration.parameters.lookback.value"),
        ("PARAMETERS", TOO_LONG, "configuration.parameters.lookback"),
        ("PARAMETERS", BACKWARDS, "configuration.parameters.lookback.endDate"),
        ("PARAMETERS", {"targetWeeks": 0}, "configuration.parameters.targetWeeks"),
        ("PARAMETERS", TOO_LARGE, "configuration.parameters.segmentation.type"),
        ("PARAMETERS", {"timeZone": "Mars/Olympus"}, "configuration.parameters.timeZone"),
        ("PARAMETERS", {"name": ""}, "configuration.parameters.name"),
        ("SCHEDULE", {"cron": "0 0 9 * * 1"}, "configuration.schedule.cron"),
        ("SCHEDULE", {"cron": "0 9 31 2 *"}, "configuration.schedule.cron"),
        ("SCHEDULE", {**WEEKLY, "timeZone": "Mars"}, "configuration.schedule.timeZone"),
        (
            "SCHEDULE",
            {"preset": {"frequency": "MONTHLY", "dayOfMonth": 32, "time": "09:00"}},
            "configuration.schedule.preset.dayOfMonth",
        ),
        ("ONCE", False, "configuration.once"),
        ("REVIEW", False, "configuration.review"),
    ],
)
async def test_what_could_not_be_submitted_is_not_saved(refused, parameters, step, more, field):
    given = {**parameters, **more} if step == "PARAMETERS" else more
    if step == "PARAMETERS" and "lookback" in more:
        given.pop("targetWeeks")
    problem = await refused(SAVE, configuration={step.lower(): given})
    assert (problem["code"], problem["field"]) == ("BAD_USER_INPUT", field)
    async with db.owner_transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM report_builder_audit")) == 0


async def test_what_is_not_the_viewers_is_not_there(ask, refused, parameters, charlie, elsewhere):
    own = {"name": "Mine", "sqlTemplate": "SELECT campaign FROM dsp_impressions"}
    template = (await ask(OWN, by=charlie, template=own))["id"]
    async with db.owner_transaction() as session:
        board = models.Dashboard(name="Board", user_id=charlie.user_id)
        session.add(board)
    theirs = {
        "templateId": template,
        "instanceId": ids.encode("inst", elsewhere.id),
        "dashboardId": ids.encode("dash", board.id),
    }
    parameters.pop("createDashboard")
    for name, value in theirs.items():
        problem = await refused(SAVE, configuration={"parameters": {**parameters, name: value}})
        assert (problem["code"], problem["field"]) == (
            "NOT_FOUND",
            f"configuration.parameters.{name}",
        )
    assert (await ask(SESSIONS))["nodes"] == []


async def test_all_that_is_wrong_with_a_report_is_told_at_once(refused, parameters):
    nothing = {"templateId": "tmpl_nosuch", "instanceId": "inst_" + "0" * 32}
    wrong = parameters | nothing | {"name": " ", "dashboardId": "dash_" + "0" * 32}
    wrong.pop("createDashboard")
    told = await refused(SAVE, configuration={"parameters": wrong})
    fields = [one["field"].removeprefix("configuration.parameters.") for one in told["errors"]]
    assert fields == ["name", "instanceId", "templateId", "dashboardId"]


async def test_a_viewer_of_an_instance_builds_nothing_there(refused, parameters, bob):
    problem = await refused(SAVE, by=bob, configuration={"parameters": parameters})
    assert (problem["code"], problem["field"]) == (
        "FORBIDDEN",
        "configuration.parameters.instanceId",
    )


async def test_a_session_is_gone_on_with_to_its_end(ask, build):
    session = await build()
    (listed,) = (await ask(SESSIONS))["nodes"]
    assert (listed["id"], listed["step"]) == (session, "REVIEW")
    planned = await ask(PLAN, id=session)
    assert len(planned["plan"]["segments"]) == planned["plan"]["executions"] == 4

    await ask(SUBMIT, session=session)
    assert (await ask(SESSIONS))["nodes"] == [{"id": session, "step": "SUBMIT"}]
    assert await ask(PLAN, id=session) == {"step": "SUBMIT", "plan": None}


async def test_sessions_cost_as_few_statements_however_many(ask, parameters, count_statements):
    counts = []
    for number in range(1, 4):
        await ask(SAVE, configuration={"parameters": {**parameters, "name": f"R{number}"}})
        with count_statements() as seen:
            assert len((await ask(SESSIONS))["nodes"]) == number
        counts.append(len(seen))
    assert counts == [1, 1, 1]


async def test_an_unknown_step_is_refused(alice):
    answer = await execute(alice, "mutation { builderSave(configuration: {payment: true}) { id } }")
    assert "payment" in str(answer.errors)


async def test_a_save_is_of_one_step(alice):
    both = "{once: true, review: true}"
    answer = await execute(alice, f"mutation {{ builderSave(configuration: {both}) {{ id }} }}")
    assert "exactly one" in str(answer.errors)
