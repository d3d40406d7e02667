"""Whether and how results are drawn: what may be said, and where it was wrong."""

import pytest
from sqlalchemy import text

from domain import db, ids, models
from tests.graph.front_door import CREATE
from tests.views.views import CONFIGURE

LIST = """
query($enabled: Boolean) {
  reportConfigurations(enabled: $enabled, first: 50) {
    nodes { id dashboardType report { id name } workflowId template { slug } }
  }
}
"""
NODE = "query($id: ID!) { node(id: $id) { id ... on ReportConfiguration { enabled } } }"
SQL = """
SELECT campaign, SUM(impressions) AS impressions, SUM(clicks) AS clicks
FROM dsp_impressions GROUP BY campaign
"""


@pytest.fixture
async def workflow(alice, instance) -> str:
    """A saved query of Alice's; its id."""
    async with db.owner_transaction() as session:
        row = models.Workflow(
            name="Campaigns", sql_query=SQL, instance_id=instance.id, user_id=alice.user_id
        )
        session.add(row)
        await session.flush()
        return ids.encode("wf", row.id)


async def test_what_is_not_said_is_what_the_template_says(ask, report):
    made = await ask(CONFIGURE, report=report["id"])

    assert (made["enabled"], made["dashboardType"]) == (True, "STANDARD")
    assert made["template"] == {"slug": "campaign-performance"}
    assert made["visualizationConfig"]["top"] == 10
    assert made["report"] == {"id": report["id"], "reportConfiguration": {"id": made["id"]}}


async def test_a_repeat_changes_nothing_and_makes_no_second_one(ask, report, sent):
    config = {"benchmarks": [{"metric": "roas", "target": 3.5}], "top": 3}
    first = await ask(CONFIGURE, report=report["id"], config=config)
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE report_configurations SET redraw_at = NULL"))
    sent.clear()

    again = await ask(CONFIGURE, report=report["id"], config=config)
    unsaid = await ask(CONFIGURE, report=report["id"])

    assert first == again == unsaid
    assert first["visualizationConfig"]["benchmarks"] == [{"metric": "roas", "target": "3.5"}]
    assert sent == []
    async with db.owner_transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM report_configurations")) == 1
        assert await session.scalar(text("SELECT redraw_at FROM report_configurations")) is None


async def test_a_funnel_has_the_usual_four_stages_written_down(ask, report):
    made = await ask(CONFIGURE, report=report["id"], type="FUNNEL")

    stages = ["impressions", "clicks", "detail_page_views", "purchases"]
    assert made["visualizationConfig"]["funnelStages"] == stages


async def test_a_template_without_funnel_stages_is_drawn_as_standard(ask, refused, report_input):
    async with db.owner_transaction() as session:
        slug = "SELECT id FROM query_templates WHERE slug = 'path-to-conversion'"
        report_input["templateId"] = ids.encode("tmpl", await session.scalar(text(slug)))
    made = await ask(
        "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }",
        report=report_input,
    )

    drawn = await ask(CONFIGURE, report=made["id"])
    refusal = await refused(CONFIGURE, report=made["id"], type="FUNNEL")

    assert drawn["dashboardType"] == "STANDARD"
    assert refusal["field"] == "visualizationConfig.funnelStages"
    assert "users, buyers, purchases, sales" in refusal["message"]


async def test_a_view_has_at_most_thirty_metrics(ask, refused, own_template, report_input, sent):
    names = [f"m{number}" for number in range(31)]
    columns = ", ".join(f"SUM(impressions) AS {name}" for name in names)
    told = [{"name": one, "title": one, "kind": "ADDITIVE", "unit": "COUNT"} for one in names]
    template = await own_template(
        f"SELECT {columns} FROM dsp_impressions", reportConfig={"metrics": told}
    )
    made = await ask(CREATE, report={**report_input, "templateId": template})
    targets = [{"metric": one, "target": "1"} for one in names[20:]]
    config = {"metrics": names[:20], "benchmarks": targets}

    refusal = await refused(CONFIGURE, report=made["id"], config=config)
    assert refusal["field"] == "visualizationConfig.benchmarks"
    assert "at most 30 metrics" in refusal["message"]
    assert "these would be 31" in refusal["message"]

    config["benchmarks"].pop()
    assert (await ask(CONFIGURE, report=made["id"], config=config))["enabled"]


@pytest.mark.parametrize(
    ("kind", "config", "field"),
    [
        ("STANDARD", {"metrics": ["profit"]}, "metrics.0"),
        ("STANDARD", {"metrics": ["sales", "sales"]}, "metrics"),
        ("STANDARD", {"dimensions": ["campaign", "city"]}, "dimensions.1"),
        ("STANDARD", {"top": 51}, "top"),
        ("FUNNEL", {"funnelStages": ["impressions", "clicks", "purchases"]}, "funnelStages"),
        (
            "FUNNEL",
            {"funnelStages": ["impressions", "clicks", "roas", "purchases"]},
            "funnelStages.2",
        ),
        (
            "COMPARISON",
            {"benchmarks": [{"metric": "profit", "target": "1"}]},
            "benchmarks.0.metric",
        ),
        (
            "COMPARISON",
            {"benchmarks": [{"metric": "roas", "target": "NaN"}]},
            "benchmarks.0.target",
        ),
        ("COMPARISON", {"lowerIsBetter": ["roas"]}, "lowerIsBetter.0"),
    ],
)
async def test_a_wrong_configuration_says_where(refused, report, kind, config, field):
    refusal = await refused(CONFIGURE, report=report["id"], type=kind, config=config)

    assert refusal["code"] == "BAD_USER_INPUT"
    assert refusal["field"] == f"visualizationConfig.{field}"


async def test_a_configuration_is_of_a_report_or_of_a_workflow(refused, report, workflow):
    both = await refused(CONFIGURE, report=report["id"], workflow=workflow)
    neither = await refused(CONFIGURE)

    assert {one["code"] for one in (both, neither)} == {"BAD_USER_INPUT"}


async def test_a_workflow_knows_in_the_same_transaction_that_it_is_drawn(ask, workflow):
    async def known() -> tuple:
        async with db.owner_transaction() as session:
            columns = "report_enabled, report_config_id"
            return tuple((await session.execute(text(f"SELECT {columns} FROM workflows"))).one())

    made = await ask(CONFIGURE, workflow=workflow)
    assert await known() == (True, ids.decode("conf", made["id"]))
    assert made["workflowId"] == workflow

    await ask(CONFIGURE, workflow=workflow, enabled=False)
    assert await known() == (False, ids.decode("conf", made["id"]))


async def test_a_workflow_has_the_meanings_of_a_template_that_fits_its_query(
    ask, refused, workflow, own_template
):
    metrics = [
        {"name": name, "title": name, "kind": "ADDITIVE", "unit": "COUNT"}
        for name in ("impressions", "clicks")
    ]
    fits = await own_template(SQL, reportConfig={"dimensions": ["campaign"], "metrics": metrics})

    made = await ask(CONFIGURE, workflow=workflow, template=fits, config={"metrics": ["clicks"]})
    refusal = await refused(CONFIGURE, workflow=workflow, template="campaign-performance")

    assert made["visualizationConfig"]["metrics"] == ["clicks"]
    assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", "templateId")


async def test_who_looks_may_not_decide_and_a_stranger_finds_nothing(
    ask, refused, report, bob, charlie
):
    made = await ask(CONFIGURE, report=report["id"])

    assert (await refused(CONFIGURE, by=bob, report=report["id"]))["code"] == "FORBIDDEN"
    assert (await refused(CONFIGURE, by=charlie, report=report["id"]))["code"] == "NOT_FOUND"
    assert (await ask(NODE, by=bob, id=made["id"]))["enabled"]
    assert await ask(NODE, by=charlie, id=made["id"]) is None
    assert (await ask(LIST, by=charlie))["nodes"] == []


async def test_what_is_enabled_is_listed_in_as_many_statements_as_ever(
    ask, report, report_input, workflow, count_statements
):
    await ask(CONFIGURE, report=report["id"])
    with count_statements() as for_one:
        await ask(LIST)
    for number in range(4):
        made = await ask(
            "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }",
            report={**report_input, "name": f"Another {number}"},
        )
        await ask(CONFIGURE, report=made["id"], enabled=number < 3)
    await ask(CONFIGURE, workflow=workflow)

    with count_statements() as for_five:
        enabled = (await ask(LIST, enabled=True))["nodes"]
    others = (await ask(LIST, enabled=False))["nodes"]

    assert len(enabled) == 5
    assert len(others) == 1
    assert enabled[0]["workflowId"] == workflow
    assert len(for_five) == len(for_one)
