"""Which widgets are served, to whom, in how many statements, and what is said of the others."""

import pytest

from domain import db, ids, models
from tests.dashboards.dashboards import card, note, publish
from tests.numbers.numbers import NUMBERS, PREVIEW, chart, keep, put, values, week


@pytest.mark.parametrize(
    ("shown", "reader", "code"),
    [
        ({}, {"filters": [{"dimension": "colour", "values": ["red"]}]}, "UNKNOWN_DIMENSION"),
        ({}, {"range": {"startDate": "2020-01-01", "endDate": "2026-12-31"}}, "TOO_LARGE"),
        ({}, {"range": {"startDate": "2020-01-01", "endDate": "2020-01-31"}}, "NO_DATA"),
        ({"level": "MONTHLY"}, {}, "NO_DATA"),
        ({"dimension": "campaign"}, {}, "NO_DATA"),
    ],
)
async def test_one_that_cannot_be_served_says_why_and_the_others_are_served(
    ask, board, report, shown, reader, code
):
    await keep(report["id"], week(10), {"cost": "1"})
    await put(ask, board, chart(report["id"], **shown), note(), chart(report["id"], "Whole"))

    broken, text, whole = (await ask(NUMBERS, id=board, **reader))["widgets"]

    assert broken["data"]["unserved"]["code"] == code
    assert broken["data"]["points"] == []
    assert text["data"]["unserved"]["code"] == "NO_DATA"
    if not reader:
        assert values(whole["data"]["totals"][0]["cells"]) == ["1"]


@pytest.mark.parametrize(
    "given",
    [
        {"range": {}},
        {"range": {"periods": 0}},
        {"range": {"periods": 1, "startDate": "2026-01-01", "endDate": "2026-01-02"}},
        {"range": {"startDate": "2026-01-02", "endDate": "2026-01-01"}},
        {"range": {"startDate": "2026-01-02", "endDate": "9999-12-31"}},
        {"range": {"startDate": "0001-01-01", "endDate": "2026-01-01"}},
        {"filters": [{"dimension": "campaign", "values": []}]},
        {"filters": [{"dimension": "", "values": ["A"]}]},
    ],
)
async def test_what_cannot_be_meant_is_refused(refused, board, ask, report, given):
    await put(ask, board, card(report["id"]))
    refusal = await refused(NUMBERS, id=board, **given)
    assert refusal["code"] == "BAD_USER_INPUT"
    (argument,) = given
    assert refusal["field"].split(".")[0] == argument


async def test_a_metric_that_the_template_lost_is_told(ask, board, report, own_template):
    await put(ask, board, card(report["id"]))
    template = await own_template(
        "SELECT campaign, SUM(total_cost) AS spent FROM dsp_impressions GROUP BY 1"
    )
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, ids.decode("rpt", report["id"]))
        made = await session.get_one(models.Template, ids.decode("tmpl", template))
        row.template_id, row.template_version_id = made.id, made.current_version_id
    (widget,) = (await ask(NUMBERS, id=board))["widgets"]
    assert widget["data"]["unserved"]["code"] == "UNKNOWN_METRIC"


@pytest.mark.parametrize("widgets", [1, 6, 24])
async def test_any_number_of_widgets_take_the_same_statements(
    ask, board, report, count_statements, widgets
):
    named = {"A": {"cost": "9", "sales": "1"}, "B": {"cost": "1", "sales": "1"}}
    await keep(report["id"], week(10), {"cost": "1"}, {"campaign": named, "ad_product_type": named})
    kinds = [
        {"dimension": "campaign"},
        {},
        {"dimension": "ad_product_type", "overTime": True},
        {"metrics": ["sales"], "range": {"periods": 3}},
        {"filters": [{"dimension": "campaign", "values": ["A"]}]},
        {"level": "MONTHLY"},
    ]
    await put(ask, board, *(chart(report["id"], **kinds[n % 6]) for n in range(widgets)))

    with count_statements() as seen:
        await ask(NUMBERS, id=board)

    # Two transactions with a statement each to say who asks; the dashboard, its widgets; for the
    # numbers the dashboards, the sources, the periods, their series, the values.
    assert len(seen) <= 10, seen
    assert len([one for one in seen if "report_data_aggregates" in one]) == 2


@pytest.mark.parametrize("standing", ["view", "public"])
async def test_whoever_is_shown_a_dashboard_has_its_numbers_and_nothing_behind_them(
    ask, shared, report, charlie, dora, erin, standing
):
    await keep(report["id"], week(10), {"cost": "1"}, {"campaign": {"A": {"cost": "1"}}})
    if standing == "public":
        await publish(ask, shared)
    by = dora if standing == "view" else erin

    (widget,) = (await ask(NUMBERS, by=by, id=shared))["widgets"]
    assert values(widget["data"]["totals"][0]["cells"]) == ["1"]

    two = [
        {"dimension": "campaign", "values": ["A"]},
        {"dimension": "ad_product_type", "values": ["dsp"]},
    ]
    (read,) = (await ask(NUMBERS, by=by, id=shared, filters=two))["widgets"]
    assert read["data"]["unserved"]["code"] == "NOT_SHARED"
    lineage = """query($id: ID!) {
        dashboard(id: $id) { widgets { data { points(first: 1) { lineage { id } } } } }
    }"""
    (traced,) = (await ask(lineage, by=by, id=shared))["widgets"]
    assert [one["lineage"] for one in traced["data"]["points"]] == [[]]


async def test_a_preview_is_of_sources_that_the_viewer_sees(ask, report, charlie, refused):
    await keep(report["id"], week(10), {"cost": "1"})
    data = await ask(PREVIEW, by=charlie, widget=chart(report["id"]))
    assert data["unserved"]["code"] == "NOT_SHARED"
    assert data["sources"] == []
    refusal = await refused(PREVIEW, widget={**chart(report["id"]), "chartType": None})
    assert refusal["field"] == "widget.chartType"


async def test_a_widget_of_too_many_points_says_so(report, preview):
    named = {f"Campaign {n}": {"cost": "1"} for n in range(50)}
    await keep(report["id"], week(10), {"cost": "50"}, {"campaign": named})
    wanted = {"dimension": "campaign", "overTime": True, "top": 50}

    shown = await preview(**wanted, range={"periods": 25})
    unserved = (await preview(**wanted, range={"periods": 26}))["unserved"]

    assert len(shown["points"]) == 12
    assert unserved["code"] == "TOO_LARGE"
    assert unserved["message"] == (
        "This widget has 1,300 points, 1,300 numbers. A widget shows at most 1,250 points and "
        "10,000 numbers. Choose fewer values, weeks or metrics."
    )


async def test_points_are_given_as_many_as_are_asked_for(ask, refused, report, board):
    named = {name: {"cost": "1"} for name in "ABC"}
    await keep(report["id"], week(10), {"cost": "3"}, {"campaign": named})
    await put(ask, board, chart(report["id"], dimension="campaign"))
    points = """query($id: ID!, $n: Int) {
        dashboard(id: $id) { widgets { data { pointCount points(first: $n) { value } } } }
    }"""
    (two,) = (await ask(points, id=board, n=2))["widgets"]
    assert two["data"]["pointCount"] == 3
    assert [one["value"] for one in two["data"]["points"]] == ["A", "B"]
    assert (await refused(points, id=board, n=0))["code"] == "BAD_USER_INPUT"
