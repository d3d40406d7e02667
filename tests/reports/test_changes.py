"""A report is changed field by field, and moves to another template version only on purpose."""

from typing import Any

import pytest

from tests.reports.reports import CHANGE_REPORT, PREVIEW, RECOLLECT, UPGRADE
from tests.templates.templates import ARCHIVE, CHANGE

SQL = "SELECT campaign, COUNT(1) AS impressions, SUM(total_cost) AS cost FROM dsp_impressions"


def parameters(**defined: Any) -> dict[str, Any]:
    return {"type": "object", "properties": defined}


def metrics(*kinds: tuple[str, str]) -> dict[str, Any]:
    listed = [{"name": n, "title": n, "kind": kind, "unit": "COUNT"} for n, kind in kinds]
    return {"dimensions": ["campaign"], "metrics": listed}


BEFORE = {
    "sqlTemplate": f"{SQL} WHERE advertiser = CUSTOM_PARAMETER('brand') GROUP BY 1",
    "parameterDefinitions": parameters(brand={"type": "string", "default": "Acme"}),
    "reportConfig": metrics(("impressions", "ADDITIVE"), ("cost", "ADDITIVE")),
}
AFTER = {
    "name": "Mine",
    "sqlTemplate": f"{SQL} WHERE impression_day < CUSTOM_PARAMETER('day') GROUP BY 1",
    "parameterDefinitions": parameters(day={"type": "integer", "maximum": 31})
    | {"required": ["day"]},
    "reportConfig": metrics(("impressions", "ADDITIVE"), ("cost", "NONE")),
}


@pytest.fixture
async def mine(ask, own_template, report_input, sent) -> dict[str, str]:
    """A report of a template of Alice's, and the template."""
    template = await own_template(BEFORE["sqlTemplate"], **{n: BEFORE[n] for n in list(BEFORE)[1:]})
    create = "mutation($r: ReportInput!) { reportCreate(report: $r) { id } }"
    given = report_input | {"templateId": template, "parameters": {"brand": "Kite"}}
    return {"report": (await ask(create, r=given))["id"], "template": template}


async def test_a_change_keeps_what_is_not_given_and_the_version(ask, refused, mine):
    await ask(CHANGE, id=mine["template"], template=AFTER)
    await ask(ARCHIVE, id=mine["template"])
    stays = {
        "name": "Renamed",
        "description": None,
        "parameters": {"brand": "Kite"},
        "timeZone": "UTC",
        "reportId": mine["report"],
        "templateVersion": {"version": 1},
    }
    assert await ask(CHANGE_REPORT, id=mine["report"], change={"name": "Renamed"}) == stays
    change = {"description": "Why", "timeZone": "Europe/Berlin", "parameters": {"brand": "Oak"}}
    changed = stays | change
    assert await ask(CHANGE_REPORT, id=mine["report"], change=change) == changed
    cleared = await ask(CHANGE_REPORT, id=mine["report"], change={"description": None})
    assert cleared == changed | {"description": None}

    wrong = {"name": " ", "timeZone": "Mars", "reportId": ""}
    refusal = await refused(CHANGE_REPORT, id=mine["report"], change=wrong)
    told = [one["field"] for one in refusal["errors"]]
    assert told == ["change.name", "change.timeZone", "change.reportId"]
    of_later = {"parameters": {"day": 1}}
    refusal = await refused(CHANGE_REPORT, id=mine["report"], change=of_later)
    assert refusal["field"] == "change.parameters.day"
    assert (await refused(CHANGE_REPORT, id=mine["report"]))["field"] == "change"


async def test_an_old_client_replaces_everything_but_moves_no_version(
    ask, refused, mine, report_input
):
    replace = """
    mutation($id: ID!, $report: ReportInput!) {
      reportChange(id: $id, report: $report) { name parameters templateVersion { version } }
    }
    """
    await ask(CHANGE, id=mine["template"], template=AFTER)
    other = await refused(replace, id=mine["report"], report=report_input)
    assert other["field"] == "report.templateId"
    whole = report_input | {"templateId": mine["template"], "name": "All"}
    assert await ask(replace, id=mine["report"], report=whole) == {
        "name": "All",
        "parameters": {},
        "templateVersion": {"version": 1},
    }


async def test_an_upgrade_is_shown_first_and_then_done(ask, refused, mine, bob):
    await ask(CHANGE, id=mine["template"], template=AFTER)
    to = {"id": mine["report"], "version": 2}
    shown = await ask(PREVIEW, **to)
    assert (shown["before"], shown["after"]) == ({"version": 1}, {"version": 2})
    assert "-" + BEFORE["sqlTemplate"] in shown["sqlDifference"].splitlines()
    assert "+" + AFTER["sqlTemplate"] in shown["sqlDifference"].splitlines()
    assert (shown["parametersGained"], shown["parametersLost"]) == (["day"], ["brand"])
    assert shown["metrics"] == {
        "kept": ["impressions"],
        "changed": ["cost"],
        "gained": [],
        "lost": [],
    }
    nothing = {"segments": 0, "firstDay": None, "lastDay": None, "dayShares": []}
    assert shown["recollection"] == nothing
    # What the preview tells is what the upgrade is refused for.
    (problem,) = shown["problems"]
    refusal = await refused(UPGRADE, **to)
    assert (refusal["field"], refusal["message"]) == (problem["field"], problem["message"])
    assert problem["field"].startswith("parameters")

    assert (await ask(PREVIEW, **to, values={"day": 7}))["problems"] == []
    assert (await refused(UPGRADE, by=bob, **to, values={"day": 7}))["code"] == "FORBIDDEN"
    moved = {"parameters": {"day": 7}, "templateVersion": {"version": 2}}
    assert await ask(UPGRADE, **to, values={"day": 7}) == moved
    assert await ask(UPGRADE, **to) == moved
    back = await ask(UPGRADE, id=mine["report"], version=1)
    assert back == {"parameters": {}, "templateVersion": {"version": 1}}
    unknown = await refused(UPGRADE, id=mine["report"], version=3)
    assert (unknown["code"], unknown["field"]) == ("NOT_FOUND", "templateVersion")
    assert (await refused(RECOLLECT, id=mine["report"]))["code"] == "CONFLICT"
