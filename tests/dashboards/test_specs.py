"""Widgets: what cannot be shown or drawn is refused, with its place in the input."""

from typing import Any

import pytest

from tests.dashboards.dashboards import WIDGETS, at, card, note, source
from tests.graph.front_door import execute

# What is handed in beside a good card, and where and in what words it is told.
WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"title": ""}, "title", "at least 1 character"),
    ({"title": "x" * 256}, "title", "at most 255 characters"),
    ({"title": "a\0"}, "title", "cannot be stored"),
    ({"type": "CHART"}, "chartType", "A chart needs a chart type"),
    ({"chartType": "BAR"}, "chartType", "Only a chart"),
    ({"dataSource": None}, "dataSource", "The widget needs a data source"),
    ({"type": "TEXT", "display": {"text": "x"}}, "dataSource", "A text widget shows no data"),
    ({"display": {"text": "x"}}, "display.text", "Only a text widget"),
    ({"display": {"decimals": 7}}, "display.decimals", "must be 6 or less"),
    ({"position": at(12)}, "position.x", "must be 11 or less"),
    ({"position": at(-1)}, "position.x", "must be 0 or more"),
    ({"position": at(0, 500)}, "position.y", "must be 499 or less"),
    ({"position": at(10, 0, 3)}, "position", "must be 12 or less, the columns of the grid"),
    ({"position": at(0, 0, 0)}, "position.width", "must be 1 or more"),
    ({"position": at(0, 0, 1, 25)}, "position.height", "must be 24 or less"),
]
WRONG_SOURCES: list[tuple[dict[str, Any], str, str]] = [
    ({"metrics": []}, "metrics", "at least 1"),
    ({"metrics": ["nothing"]}, "metrics.0", "no metric 'nothing' in 'Campaigns of the week'"),
    ({"metrics": ["cost", "x", "y"]}, "metrics.1", "no metric 'x'"),
    ({"metrics": ["cost", "cost"]}, "metrics", "more than once"),
    ({"dimension": "city"}, "dimension", "no dimension 'city' in 'Campaigns of the week'"),
    ({"dimension": "event_date"}, "dimension", "set overTime"),
    ({"filters": [{"dimension": "city", "values": ["A"]}]}, "filters.0.dimension", "no dimension"),
    ({"filters": [{"dimension": "campaign", "values": []}]}, "filters.0.values", "at least 1"),
    ({"range": {"periods": 105}}, "range.periods", "must be 104 or less"),
    ({"range": {"startDate": "2026-01-01"}}, "range", "a startDate and an endDate"),
    (
        {"range": {"startDate": "2026-02-01", "endDate": "2026-01-01"}},
        "range.endDate",
        "before the startDate",
    ),
    ({"top": 51}, "top", "must be 50 or less"),
    ({"sortBy": "sales"}, "sortBy", "must be one of"),
    ({"sources": []}, "sources", "at least 1"),
]

# What the types of the schema refuse already: where, and in what words.
MISTYPED: list[tuple[dict[str, Any], str, str]] = [
    ({"dataSource": []}, "dataSource", "DataSourceInput"),
    ({"display": {"xTitle": 1}}, "display.xTitle", "String cannot represent"),
    ({"display": {"colour": "red"}}, "display", "colour"),
    ({"position": {}}, "position", "'x'"),
    ({"position": {**at(), "x": "0"}}, "position.x", "Int cannot represent"),
    ({"position": {**at(), "z": 1}}, "position", "z"),
    (
        {"dataSource": {"sources": [], "metrics": ["cost"], "level": "DAILY"}},
        "dataSource.level",
        "AggregateLevel",
    ),
    ({"dataSource": {"sources": [], "metrics": ["cost"], "sql": "x"}}, "dataSource", "sql"),
]


@pytest.mark.parametrize(("given", "place", "words"), MISTYPED)
async def test_what_is_no_widget_by_its_type_is_refused_with_its_place(
    alice, board, report, given, place, words
):
    change = {"add": [card(report["id"], **given)]}
    answer = await execute(alice, WIDGETS, id=board, version=1, change=change)
    told = [one.message for one in answer.errors]
    assert [one for one in told if f".add[0].{place}" in one and words in one], told


@pytest.mark.parametrize("source", [{}, {"reportId": "rpt_1", "workflowId": "wf_1"}])
async def test_a_source_is_a_report_or_a_workflow(alice, board, source):
    wanted = card("", dataSource={"sources": [source], "metrics": ["cost"]})
    answer = await execute(alice, WIDGETS, id=board, version=1, change={"add": [wanted]})
    assert "exactly one" in answer.errors[0].message


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
        card(report["id"], position=at(12)),
        card(report["id"], dataSource=source(report["id"], top=0)),
    ]
    told = await refused(WIDGETS, id=board, version=1, change={"add": wrong})
    assert [one["field"] for one in told["errors"]] == [
        "change.add.0.position.x",
        "change.add.1.dataSource.top",
    ]

    wrong = [
        card(report["id"], title="", position=at(10, 0, 3)),
        card(report["id"], dataSource=source(report["id"], metrics=[])),
    ]
    told = await refused(WIDGETS, id=board, version=1, change={"add": wrong})
    assert {one["field"] for one in told["errors"]} == {
        "change.add.0.title",
        "change.add.0.position",
        "change.add.1.dataSource.metrics",
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
