"""Reports: made, changed, put away, listed."""

from uuid import uuid4

import pytest

from domain import ids
from tests.graph.front_door import CREATE

READ = """
query($id: ID!) {
  report(id: $id) {
    id reportId name description state frequency parameters timeZone executionCount newestStatus
    nextRunAt isFavorite template { slug } templateVersion { version } instance { name }
    recentExecutions { id }
  }
}
"""
CHANGE = """
mutation($id: ID!, $report: ReportInput!) { reportChange(id: $id, report: $report) { name } }
"""
ARCHIVE = "mutation($id: ID!) { reportArchive(id: $id) { state archivedAt } }"
LIST = """
query($filter: ReportFilter, $first: Int, $after: String, $last: Int, $before: String) {
  reports(filter: $filter, first: $first, after: $after, last: $last, before: $before) {
    nodes { name } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}
"""


def names(page) -> list[str]:
    return [node["name"] for node in page["nodes"]]


async def test_a_report_is_made_and_read(ask, report):
    read = await ask(READ, id=report["id"])
    assert read == {
        "id": report["id"],
        "reportId": report["id"],
        "name": "Campaigns of the week",
        "description": None,
        "state": "ACTIVE",
        "frequency": "ONCE",
        "parameters": {},
        "timeZone": "UTC",
        "executionCount": 0,
        "newestStatus": None,
        "nextRunAt": None,
        "isFavorite": False,
        "template": {"slug": "campaign-performance"},
        "templateVersion": {"version": 1},
        "instance": {"name": "Acme"},
        "recentExecutions": [],
    }


async def test_a_report_is_made_and_run_at_once(ask, report_input, sent):
    create = """
    mutation($report: ReportInput!) {
      reportCreate(report: $report, run: true) { executionCount recentExecutions { status } }
    }
    """
    made = await ask(create, report=report_input)
    assert made == {"executionCount": 1, "recentExecutions": [{"status": "PENDING"}]}


async def test_a_report_made_twice_with_one_key_is_one_report(ask, report_input):
    create = """
    mutation($report: ReportInput!, $key: String) {
      reportCreate(report: $report, idempotencyKey: $key) { id }
    }
    """
    first = await ask(create, report=report_input, key="one")
    assert await ask(create, report=report_input, key="one") == first
    assert await ask(create, report=report_input, key="two") != first


async def test_a_report_may_have_an_id_of_its_own_but_nobody_elses(ask, refused, report_input):
    chosen = report_input | {"reportId": "spring-sale"}
    made = await ask(
        "mutation($report: ReportInput!) { reportCreate(report: $report) { id reportId } }",
        report=chosen,
    )
    assert made["reportId"] == "spring-sale"
    twice = await refused(CREATE, report=chosen)
    assert (twice["code"], twice["field"]) == ("CONFLICT", "report.reportId")
    computed = ids.encode("rpt", uuid4())
    forged = await refused(CREATE, report=report_input | {"reportId": computed})
    assert (forged["code"], forged["field"]) == ("BAD_USER_INPUT", "report.reportId")


@pytest.mark.parametrize(
    ("change", "field", "says"),
    [
        ({"name": " "}, "report.name", "at least 1 character"),
        ({"timeZone": "Mars/Olympus"}, "report.timeZone", "America/New_York"),
        ({"templateId": "tmpl_nosuch"}, "report.templateId", "no template"),
        ({"instanceId": "inst_" + "0" * 32}, "report.instanceId", "no instance"),
        ({"parameters": {"campain_ids": []}}, "report.parameters.campain_ids", "did you mean"),
        ({"parameters": {"campaign_ids": "x"}}, "report.parameters.campaign_ids", "list"),
        ({"parameters": {"campaign_ids": [5]}}, "report.parameters.campaign_ids.0", "text"),
        (
            {"parameters": {"campaign_ids": [str(n) for n in range(101)]}},
            "report.parameters.campaign_ids",
            "100",
        ),
        ({"parameters": []}, "report.parameters", "object"),
    ],
)
async def test_what_cannot_be_a_report_is_refused_by_its_field(
    ask, refused, report_input, change, field, says
):
    refusal = await refused(CREATE, report=report_input | change)
    assert refusal["field"] == field
    assert refusal["code"] in {"BAD_USER_INPUT", "NOT_FOUND"}
    assert says in refusal["message"]
    assert names(await ask(LIST)) == []


async def test_a_change_replaces_all_that_is_decided(ask, refused, report, report_input):
    changed = await ask(CHANGE, id=report["id"], report=report_input | {"name": "Other"})
    assert changed["name"] == "Other"
    moved = await refused(
        CHANGE, id=report["id"], report=report_input | {"instanceId": "inst_" + "1" * 32}
    )
    assert moved["field"] == "report.instanceId"


async def test_what_is_put_away_runs_no_more(ask, refused, report):
    first = await ask(ARCHIVE, id=report["id"])
    assert first["state"] == "INACTIVE"
    assert await ask(ARCHIVE, id=report["id"]) == first
    refusal = await refused("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    assert refusal["code"] == "CONFLICT"


async def test_reports_are_listed_newest_first_both_ways(ask, report_input):
    for number in range(5):
        await ask(CREATE, report=report_input | {"name": f"R{number}"})
    first = await ask(LIST, first=2)
    assert names(first) == ["R4", "R3"]
    second = await ask(LIST, first=2, after=first["pageInfo"]["endCursor"])
    assert names(second) == ["R2", "R1"]
    assert second["pageInfo"]["hasPreviousPage"]
    back = await ask(LIST, last=2, before=second["pageInfo"]["startCursor"])
    assert names(back) == ["R4", "R3"]
    assert names(await ask(LIST, last=1)) == ["R0"]


async def test_reports_are_found_by_state_and_text(ask, report_input):
    gone = await ask(CREATE, report=report_input | {"name": "100% gone"})
    await ask(CREATE, report=report_input | {"name": "Here", "description": "about 100 things"})
    await ask(ARCHIVE, id=gone["id"])
    assert names(await ask(LIST, filter={"state": "INACTIVE"})) == ["100% gone"]
    assert names(await ask(LIST, filter={"text": "100%"})) == ["100% gone"]
    assert names(await ask(LIST, filter={"text": "THINGS"})) == ["Here"]
    assert names(await ask(LIST, filter={"frequency": "WEEKLY"})) == []


@pytest.mark.parametrize(
    ("page", "field"),
    [
        ({"first": 0}, "first"),
        ({"first": 101}, "first"),
        ({"last": -1}, "last"),
        ({"first": 1, "last": 1}, "last"),
        ({"after": "rubbish"}, "after"),
        ({"before": ""}, "before"),
    ],
)
async def test_a_page_that_cannot_be_is_refused(refused, page, field):
    refusal = await refused(LIST, **page)
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", field)


async def test_the_team_sees_a_report_and_a_stranger_does_not(
    ask, refused, report, report_input, bob, charlie
):
    assert (await ask(READ, by=bob, id=report["id"]))["id"] == report["id"]
    assert (await refused(READ, by=charlie, id=report["id"]))["code"] == "NOT_FOUND"
    assert names(await ask(LIST, by=charlie)) == []
    assert (await refused(CREATE, by=bob, report=report_input))["code"] == "FORBIDDEN"
    assert (await refused(CREATE, by=charlie, report=report_input))["code"] == "NOT_FOUND"
    change = {"id": report["id"], "report": report_input}
    assert (await refused(CHANGE, by=bob, **change))["code"] == "FORBIDDEN"
    assert (await refused(ARCHIVE, by=charlie, id=report["id"]))["code"] == "NOT_FOUND"


async def test_anything_is_found_by_its_id_under_the_same_rights(ask, report, charlie):
    nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }"
    asked = [report["id"], "rpt_" + "0" * 32, "what", report["id"]]
    found = {"__typename": "Report", "id": report["id"]}
    assert await ask(nodes, ids=asked) == [found, None, None, found]
    assert await ask(nodes, by=charlie, ids=asked) == [None] * 4


async def test_a_page_of_reports_takes_a_constant_number_of_statements(
    ask, report_input, count_statements
):
    query = """
    { reports { nodes {
        name state newestStatus template { name currentVersion { version } } instance { name }
        recentExecutions { id status }
    } } }
    """
    await ask(CREATE, report=report_input)
    with count_statements() as few:
        await ask(query)
    for _ in range(10):
        await ask(CREATE, report=report_input)
    with count_statements() as many:
        await ask(query)
    assert len(many) == len(few) <= 12
