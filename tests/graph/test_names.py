"""Names that can be seen, and found however they are written: one rule for all things."""

import pytest

from tests.dashboards.dashboards import WIDGETS, card
from tests.workflows.workflows import CREATE as WORKFLOW

SEEN = "must have a character that can be seen"
UNSEEN = ["\u200b", "\u200b\u200d\ufeff", "\u0301", "\u202e \u2066", "\u3164", "\u2800", "\u00ad"]
SQL = "SELECT campaign FROM dsp_impressions GROUP BY campaign"
REPORT = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"
TEMPLATE = "mutation($template: TemplateInput!) { templateCreate(template: $template) { id } }"
BOARD = "mutation($name: String!) { dashboardCreate(dashboard: {name: $name}) { id } }"
COPY = "mutation($id: ID!, $name: String!) { dashboardDuplicate(id: $id, name: $name) { id } }"
RENAME = """
mutation($id: ID!, $name: String!) {
  dashboardChange(id: $id, version: 1, change: {name: $name}) { id }
}
"""


@pytest.mark.parametrize("name", UNSEEN)
async def test_a_name_that_nobody_sees_is_refused_everywhere(
    refused, report_input, workflow_input, report, board, name
):
    widgets = {"add": [card(report["id"], name)]}
    for field, refusal in (
        ("report.name", await refused(REPORT, report=report_input | {"name": name})),
        ("template.name", await refused(TEMPLATE, template={"name": name, "sqlTemplate": SQL})),
        ("workflow.name", await refused(WORKFLOW, workflow=workflow_input | {"name": name})),
        ("dashboard.name", await refused(BOARD, name=name)),
        ("name", await refused(COPY, id=board, name=name)),
        ("change.name", await refused(RENAME, id=board, name=name)),
        ("change.add.0.title", await refused(WIDGETS, id=board, version=1, change=widgets)),
    ):
        assert refusal["field"] == field
        assert SEEN in refusal["message"]


@pytest.mark.parametrize("name", ["!", "\u4e2d", "\U0001f98a", "a\u200b", "e\u0301", "-"])
async def test_a_name_with_something_to_see_is_taken(ask, name):
    assert (await ask(BOARD, name=name))["id"]


FIND = "query($text: String!) { reports(filter: {text: $text}) { nodes { id } } }"
FIND_BOARD = "query($text: String!) { dashboards(filter: {name: $text}) { nodes { id } } }"
SISYPHUS = "\u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"  # with the sigma of the end of a word


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("Caf\u00e9 du Monde", "cafe\u0301"),
        ("Cafe\u0301 du Monde", "CAF\u00c9"),
        (SISYPHUS, SISYPHUS.upper()),
        (SISYPHUS, "\u03c6\u03bf\u03c3"),
        ("\u0416\u0443\u043a", "\u0436\u0423\u041a"),
        ("100% _of_ it", "0% _O"),
        ("A name", "  a NAME "),
    ],
)
async def test_a_name_is_found_however_it_is_written(ask, report_input, sent, name, text):
    made = await ask(REPORT, report=report_input | {"name": name})
    board = await ask(BOARD, name=name)
    assert (await ask(FIND, text=text))["nodes"] == [made]
    assert (await ask(FIND_BOARD, text=text))["nodes"] == [board]
    assert (await ask(FIND, text="another"))["nodes"] == []
