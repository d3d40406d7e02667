"""Widgets: what cannot be shown or drawn is refused, with its place in the input."""

from typing import Any

import pytest

from tests.dashboards.dashboards import WIDGETS, at, card, note, source

# What is handed in beside a good card, and where and in what words it is told.
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"title": ""}, "title", "1 to 255"),
    ({"title": "x" * 256}, "title", "1 to 255"),
    ({"title": "a\0"}, "title", "1 to 255"),
    ({"type": "CHART"}, "chartType", "Say which chart"),
    ({"chartType": "BAR"}, "chartType", "Only a chart"),
    ({"dataSource": None}, "dataSource", "Say what it shows"),
    ({"dataSource": []}, "dataSource", "must be an object"),
    ({"type": "TEXT", "display": {"text": "x"}}, "dataSource", "A text shows no data"),
    ({"display": {"text": "x"}}, "display.text", "Only a text widget"),
    ({"display": {"decimals": 7}}, "display.decimals", "less than or equal to 6"),
    ({"display": {"xTitle": 1}}, "display.xTitle", "valid string"),
    ({"display": {"colour": "red"}}, "display.colour", "Extra inputs"),
    ({"position": {}}, "position.x", "Field required"),
    ({"position": at(12)}, "position.x", "less than 12"),
    ({"position": at(-1)}, "position.x", "greater than or equal to 0"),
    ({"position": at(0, 500)}, "position.y", "less than 500"),
    ({"position": at(10, 0, 3)}, "position", "over the 12 columns"),
    ({"position": at(0, 0, 0)}, "position.width", "greater than or equal to 1"),
    ({"position": at(0, 0, 1, 25)}, "position.height", "less than or equal to 24"),
    ({"position": {**at(), "x": "0"}}, "position.x", "valid integer"),
    ({"position": {**at(), "z": 1}}, "position.z", "Extra inputs"),
]
WRONG_SOURCES: list[tuple[dict[str, Any], str, str]] = [
    ({"metrics": []}, "metrics", "at least 1"),
    ({"metrics": ["nothing"]}, "metrics.0", "no metric 'nothing'; it has add_to_carts"),
    ({"metrics": ["cost", "x", "y"]}, "metrics.1", "no metric 'x'"),
    ({"metrics": ["cost", "cost"]}, "", "named twice"),
    ({"dimension": "city"}, "dimension", "no dimension 'city'; it has ad_product_type"),
    ({"dimension": "event_date"}, "dimension", "set overTime"),
    ({"filters": [{"dimension": "city", "values": ["A"]}]}, "filters.0.dimension", "no dimension"),
    ({"filters": [{"dimension": "campaign", "values": []}]}, "filters.0.values", "at least 1"),
    ({"range": {"periods": 105}}, "range.periods", "less than or equal to 104"),
    ({"range": {"startDate": "2026-01-01"}}, "range", "a startDate and an endDate"),
    (
        {"range": {"startDate": "2026-02-01", "endDate": "2026-01-01"}},
        "range",
        "before the startDate",
    ),
    ({"overTime": "yes"}, "overTime", "valid boolean"),
    ({"level": "daily"}, "level", "'weekly', 'monthly' or 'quarterly'"),
    ({"comparison": "last_year"}, "comparison", "'previous_period' or 'previous_year'"),
    ({"top": 51}, "top", "less than or equal to 50"),
    ({"sortBy": "sales"}, "", "one of the metrics"),
    ({"sources": []}, "sources", "at least 1"),
    ({"sources": [{}]}, "sources.0", "a reportId or a workflowId"),
    ({"sql": "SELECT 1"}, "sql", "Extra inputs"),
]


@pytest.mark.parametrize(("given", "place", "words"), WRONG)
async def test_what_a_widget_cannot_be_is_refused_with_its_place(
    refused, board, report, given, place, words
):
    change = {"add": [note(position=at(0, 90)), card(report["id"], **given)]}
    told = await refused(WIDGETS, id=board, version=1, change=change)
    assert (told["code"], told["field"]) == ("BAD_USER_INPUT", f"change.add.1.{place}")
    assert words in told["message"]


@pytest.mark.parametrize(("given", "place", "words"), WRONG_SOURCES)
async def test_what_a_widget_cannot_show_is_refused_with_its_place(
    refused, board, report, given, place, words
):
    shown = source(report["id"], **given)
    change = {"add": [card(report["id"], type="TABLE", dataSource=shown)]}
    told = await refused(WIDGETS, id=board, version=1, change=change)
    field = f"change.add.0.dataSource.{place}".rstrip(".")
    assert (told["code"], told["field"]) == ("BAD_USER_INPUT", field)
    assert words in told["message"]


@pytest.mark.parametrize(
    ("chart", "given", "place"),
    [
        ("PIE", {}, "dimension"),
        ("PIE", {"dimension": "campaign", "overTime": True}, "dimension"),
        ("PIE", {"dimension": "campaign", "metrics": ["cost", "sales"]}, "metrics"),
        ("SCATTER", {"dimension": "campaign"}, "metrics"),
    ],
)
async def test_a_chart_that_cannot_be_drawn_is_refused(refused, board, report, chart, given, place):
    shown = source(report["id"], **given)
    widget = card(report["id"], type="CHART", chartType=chart, dataSource=shown)
    told = await refused(WIDGETS, id=board, version=1, change={"add": [widget]})
    assert told["field"] == f"change.add.0.dataSource.{place}"


async def test_a_card_shows_the_whole(refused, board, report):
    widget = card(report["id"], dataSource=source(report["id"], dimension="campaign"))
    told = await refused(WIDGETS, id=board, version=1, change={"add": [widget]})
    assert told["field"] == "change.add.0.dataSource.dimension"


async def test_all_that_is_wrong_is_told_at_once(refused, board, report):
    wrong = [
        card(report["id"], title="", position=at(12)),
        card(report["id"], dataSource=source(report["id"], metrics=[], top=0)),
    ]
    told = await refused(WIDGETS, id=board, version=1, change={"add": wrong})
    assert {one["field"] for one in told["errors"]} == {
        "change.add.0.title",
        "change.add.0.position.x",
        "change.add.1.dataSource.metrics",
        "change.add.1.dataSource.top",
    }

    wrong = [
        card(report["id"], dataSource=source(report["id"], metrics=["x"], dimension=None)),
        card(report["id"], position=at(2, 1)),
    ]
    told = await refused(WIDGETS, id=board, version=1, change={"add": wrong})
    assert [one["field"] for one in told["errors"]] == [
        "change.add.0.dataSource.metrics.0",
        "change.add.1.position",
    ]
