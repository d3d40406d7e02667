"""What views are of, and what they show: the numbers of the results, and who sees them."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from domain import db, ids, models
from jobs import clock
from tests.collections.collections import ACT, START, settled
from tests.views.views import (
    CONFIGURE,
    DATA,
    DRAWN,
    LISTED,
    RUN,
    VIEWS,
    by_name,
    files,
    run,
    summed,
    the_view,
)

COMPARED = """
query($report: ID) {
  views(reportId: $report, first: 1) { nodes {
    metricsSummary {
      notComparable previousCoverage { days covered }
      metrics { name value change { state } share { state } }
    }
    processedData { comparison { notComparable } }
  } }
}
"""
NODE = "query($id: ID!) { node(id: $id) { id ... on View { startDate } } }"
VIEW = f"query($id: ID!) {{ view(id: $id) {{ id {DATA} }} }}"
INSIGHTS = """
query($id: ID!) {
  view(id: $id) { insights { id } insightState { isCurrent refusals { has needs } } }
}
"""
COLLECTION = "query($id: ID!) { collection(id: $id) { isDrawn drawingError } }"


async def test_a_run_of_an_enabled_report_becomes_a_view_with_its_totals(ask, report, draw):
    await ask(CONFIGURE, report=report["id"])
    execution = await run(ask, report)

    await draw()

    view = await the_view(ask, report=report["id"])
    start = settled()
    assert view["executionIds"] == [execution]
    assert view["report"] == report
    assert (view["startDate"], view["endDate"]) == (
        start.isoformat(),
        (start + timedelta(days=6)).isoformat(),
    )
    data, stored = by_name(view["processedData"]), await files([execution])
    for metric in ("impressions", "clicks", "cost", "sales"):
        shown = {"value": summed(stored, metric), "state": "VALUE"}
        assert data["totals"][metric] == shown
    assert data["coverage"]["covered"] == data["coverage"]["days"] == 7
    assert data["state"] == "DATA"
    trend = data["trend"]
    assert (trend["unit"], len(trend["points"])) == ("DAY", 7)
    second = (start + timedelta(days=1)).isoformat()
    assert trend["points"][1]["values"]["clicks"]["value"] == summed(
        stored, "clicks", f"event_date = '{second}'"
    )
    kinds = {one["dimension"]: one["points"] for one in data["distributions"]}
    assert list(kinds) == ["ad_product_type", "campaign_id_string", "campaign"]
    largest = kinds["ad_product_type"][0]
    assert largest["values"]["impressions"]["value"] == summed(
        stored, "impressions", f"ad_product_type = '{largest['value']}'"
    )
    assert view["charts"][0]["widgetType"] == "CHART"
    told = {one["name"]: one["value"] for one in view["metricsSummary"]["metrics"]}
    assert told["sales"] == data["totals"]["sales"]["value"]
    assert await ask(DRAWN, id=execution) == {
        "outcome": "DATA",
        "isDrawn": True,
        "drawingError": None,
    }


async def test_a_collection_is_one_view_when_it_is_over(ask, report, draw, do):
    await ask(CONFIGURE, report=report["id"], config={"metrics": ["clicks", "sales"], "top": 2})
    wanted = {"reportId": report["id"], "targetWeeks": 3}
    collection = (await ask(START, collection=wanted))["id"]

    await draw()

    view = await the_view(ask, report=report["id"])
    assert view["collection"] == {"id": collection}
    assert len(view["executionIds"]) == 3
    stored = await files(view["executionIds"])
    data = by_name(view["processedData"])
    assert data["totals"] == {
        name: {"value": summed(stored, name), "state": "VALUE"} for name in ("clicks", "sales")
    }
    campaigns = next(one for one in data["distributions"] if one["dimension"] == "campaign")
    assert len([one for one in campaigns["points"] if one["value"] and not one["isOther"]]) == 2
    assert sum(int(one["values"]["clicks"]["value"]) for one in campaigns["points"]) == int(
        data["totals"]["clicks"]["value"]
    )
    assert (await ask(COLLECTION, id=collection))["isDrawn"]
    assert [await ask(DRAWN, id=one) for one in view["executionIds"]] == 3 * [
        {"outcome": "DATA", "isDrawn": True, "drawingError": None}
    ]
    await clock.tick(tidy=False)
    await do()
    told = await ask(INSIGHTS, id=view["id"])
    assert told == {
        "insights": [],
        "insightState": {"isCurrent": True, "refusals": [{"has": 3, "needs": 10}]},
    }


async def test_a_collection_that_is_collected_again_is_the_same_view_with_new_numbers(
    ask, report, draw, amc_server
):
    await ask(CONFIGURE, report=report["id"])
    wanted = {"reportId": report["id"], "targetWeeks": 2}
    collection = (await ask(START, collection=wanted))["id"]
    await draw()
    before = await the_view(ask, report=report["id"])

    await ask(ACT["retry"], id=collection, which="ALL")
    await draw()
    unchanged = await the_view(ask, report=report["id"])
    amc_server.fault(fault="empty_result")
    newest = "query($id: ID!) { collection(id: $id) { weeks { id } } }"
    week = (await ask(newest, id=collection))["weeks"][0]
    await ask(ACT["retry"], id=collection, week=week["id"])
    await draw()
    changed = await the_view(ask, report=report["id"])

    assert unchanged == before
    assert changed["id"] == before["id"]
    assert changed["executionIds"][0] == before["executionIds"][0]
    assert changed["executionIds"][1] != before["executionIds"][1]
    totals = by_name(changed["processedData"])["totals"]
    assert totals["clicks"]["value"] == summed(await files(changed["executionIds"][:1]), "clicks")
    assert changed["processedData"]["coverage"]["empty"] == 7


async def test_a_funnel_tells_what_drops_off(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], type="FUNNEL")
    execution = await run(ask, report)
    await draw()

    view = await the_view(ask, report=report["id"])
    stored = await files([execution])
    stages = view["processedData"]["funnel"]["stages"]
    names = ["impressions", "clicks", "detail_page_views", "purchases"]
    assert [one["name"] for one in stages] == names
    assert [one["value"] for one in stages] == [summed(stored, name) for name in names]
    shown, clicked = int(stages[0]["value"]), int(stages[1]["value"])
    assert stages[1]["dropOff"]["value"] == str(shown - clicked)
    assert float(stages[1]["ofPrevious"]["value"]) == pytest.approx(clicked / shown, abs=1e-9)
    (chart,) = view["charts"]
    assert chart["chartType"] == "FUNNEL"


async def test_a_comparison_is_with_the_week_before_and_with_targets(ask, report, draw):
    targets = {"clicks": 1, "cost": "1", "sales": "999999999"}
    benchmarks = [{"metric": name, "target": target} for name, target in targets.items()]
    config = {"benchmarks": benchmarks, "lowerIsBetter": ["cost"]}
    before = await run(ask, report, 1)
    await draw()
    await ask(CONFIGURE, report=report["id"], type="COMPARISON", config=config)
    await draw()
    now = await run(ask, report)
    await draw()

    newest = (await ask(VIEWS, report=report["id"]))["nodes"][0]
    compared = by_name(newest["processedData"])["comparison"]
    was = int(summed(await files([before]), "clicks"))
    is_now = int(summed(await files([now]), "clicks"))
    assert compared["executionIds"] == [before]
    clicks = compared["metrics"]["clicks"]
    assert clicks["previous"]["value"] == str(was)
    assert clicks["change"]["value"] == str(is_now - was)
    met = {one["name"]: one["isMet"] for one in newest["processedData"]["benchmarks"]}
    assert met == {"clicks": True, "cost": False, "sales": False}


async def test_a_comparison_with_fewer_days_says_why_there_is_no_change(ask, report, draw):
    start = settled() - timedelta(days=3)
    days = {"start": start.isoformat(), "end": settled().isoformat()}
    await ask(RUN, id=report["id"], window=days)
    await draw()
    await ask(CONFIGURE, report=report["id"], type="COMPARISON")
    await draw()
    await run(ask, report)
    await draw()

    newest = (await ask(COMPARED, report=report["id"]))["nodes"][0]
    why = "3 of 7 days before are known, and 7 of 7 now"
    summary = newest["metricsSummary"]
    assert summary["notComparable"] == newest["processedData"]["comparison"]["notComparable"] == why
    assert summary["previousCoverage"] == {"days": 7, "covered": 3}
    (clicks,) = [one for one in summary["metrics"] if one["name"] == "clicks"]
    assert int(clicks["value"]) > 0
    assert clicks["change"]["state"] == clicks["share"]["state"] == "NOT_COMPARABLE"


async def test_a_comparison_is_not_with_a_result_that_was_removed(ask, report, draw):
    kept = await run(ask, report, 1)
    await draw()
    removed = await run(ask, report, 1)
    await draw()
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE report_executions SET output_location = NULL WHERE execution_id = :id"),
            {"id": removed},
        )
    await ask(CONFIGURE, report=report["id"], type="COMPARISON")
    await draw()
    await run(ask, report)
    await draw()

    newest = (await ask(VIEWS, report=report["id"]))["nodes"][0]
    compared = by_name(newest["processedData"])["comparison"]
    was = summed(await files([kept]), "clicks")
    assert compared["executionIds"] == [kept]
    assert compared["metrics"]["clicks"]["previous"] == {"value": was, "state": "VALUE"}


async def test_a_custom_view_has_the_widgets_of_the_template(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], type="CUSTOM")
    await run(ask, report)
    await draw()

    view = await the_view(ask, report=report["id"])
    titles = [one["title"] for one in view["charts"]]
    assert titles == [
        "Cost",
        "Sales",
        "ROAS",
        "Cost and sales by day",
        "Sales by campaign",
        "Campaigns",
    ]


@pytest.mark.parametrize(
    ("fault", "state"), [("empty_result", "EMPTY"), ("suppressed_result", "SUPPRESSED")]
)
async def test_nothing_and_hidden_are_two_things_and_neither_is_zero(
    ask, report, draw, amc_server, fault, state
):
    await ask(CONFIGURE, report=report["id"])
    amc_server.fault(fault=fault)
    await run(ask, report)
    await draw()

    view = await the_view(ask, report=report["id"])
    assert view["processedData"]["state"] == state
    totals = view["processedData"]["totals"]
    if state == "EMPTY":
        assert {(one["value"], one["state"]) for one in totals} == {(None, "EMPTY")}
    else:
        assert "EMPTY" not in {one["state"] for one in totals}


async def test_a_stranger_finds_no_view_and_a_teammate_does(
    ask, refused, report, draw, bob, charlie
):
    await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    await draw()
    view = await the_view(ask, report=report["id"])

    seen = await ask(VIEW, by=bob, id=view["id"])
    assert seen["processedData"] == view["processedData"]
    assert (await ask(NODE, id=view["id"]))["startDate"] == view["startDate"]
    assert (await refused(VIEW, by=charlie, id=view["id"]))["code"] == "NOT_FOUND"
    assert (await refused(VIEWS, by=charlie, report=report["id"]))["code"] == "NOT_FOUND"
    assert await ask(NODE, by=charlie, id=view["id"]) is None


async def test_who_is_shown_a_dashboard_of_the_report_is_not_shown_its_views(
    ask, refused, report, draw, alice, charlie
):
    await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    await draw()
    view = await the_view(ask, report=report["id"])
    async with db.owner_transaction() as session:
        board = models.Dashboard(user_id=alice.user_id, name="Board", is_public=True)
        session.add(board)
        await session.flush()
        on_it = {"dashboard_id": board.id}
        key = ids.decode("rpt", report["id"])
        session.add(models.DashboardSource(report_id=key, added_by=alice.user_id, **on_it))
        session.add(
            models.DashboardShare(shared_by_user_id=alice.user_id, email=charlie.email, **on_it)
        )

    assert (await refused(VIEW, by=charlie, id=view["id"]))["code"] == "NOT_FOUND"
    assert (await refused(VIEWS, by=charlie, report=report["id"]))["code"] == "NOT_FOUND"


async def test_a_page_of_views_takes_a_constant_number_of_statements(
    ask, report, draw, count_statements
):
    await ask(CONFIGURE, report=report["id"], config={"metrics": ["clicks"], "top": 1})
    await run(ask, report)
    await draw()
    with count_statements() as for_one:
        await ask(LISTED, report=report["id"])
    for number in range(1, 4):
        await run(ask, report, number)
    await draw()

    with count_statements() as for_four:
        page = await ask(LISTED, report=report["id"], first=3)

    days = [one["startDate"] for one in page["nodes"]]
    assert days == sorted(days, reverse=True)
    assert page["pageInfo"]["hasNextPage"]
    assert len(for_four) == len(for_one)


SQL = """
SELECT campaign, SUM(impressions) AS impressions, SUM(total_cost) AS cost
FROM dsp_impressions GROUP BY campaign
"""


async def test_a_collection_of_a_workflow_is_a_view_by_the_meanings_of_a_template(
    ask, alice, instance, own_template, draw
):
    metrics = [
        {"name": name, "title": name, "kind": "ADDITIVE", "unit": "COUNT"}
        for name in ("impressions", "cost")
    ]
    template = await own_template(
        SQL, reportConfig={"dimensions": ["campaign"], "metrics": metrics}
    )
    async with db.owner_transaction() as session:
        row = models.Workflow(
            name="Campaigns", sql_query=SQL, instance_id=instance.id, user_id=alice.user_id
        )
        session.add(row)
        await session.flush()
        workflow = ids.encode("wf", row.id)
    await ask(CONFIGURE, workflow=workflow, template=template)
    await ask(START, collection={"workflowId": workflow, "targetWeeks": 2})
    await draw()

    view = await the_view(ask, workflow=workflow)
    stored = await files(view["executionIds"])
    data = by_name(view["processedData"])
    assert data["totals"]["impressions"]["value"] == summed(stored, "impressions")
    assert data["trend"]["unit"] == "WEEK"
    assert view["workflowId"] == workflow
    assert {one[:6] for one in view["executionIds"]} == {"wexec_"}
