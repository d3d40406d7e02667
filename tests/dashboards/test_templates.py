"""Dashboards that come with the product: what they fit, and made of a report in a moment."""

from typing import Any

import pytest

from domain.dashboards import templates
from domain.dashboards.configs import DataSource, Position, WidgetFilters
from domain.templates import builtin_templates
from domain.templates.metrics import ReportConfig
from tests.dashboards.dashboards import (
    DISPLAY,
    LIST,
    MAKE,
    POSITION,
    SELECTION,
    at,
    new_workflow,
    plain,
)
from tests.graph.front_door import CREATE as CREATE_REPORT

BUILTIN = sorted(templates.load())
TEMPLATES = f"""
query($report: ID) {{
  dashboardTemplates(reportId: $report) {{
    slug name description templateType fits metrics dimensions mostSources missing
    widgets {{ type chartType title dataSource {{ {SELECTION} }} {DISPLAY} {POSITION} }}
  }}
}}
"""


def test_there_are_templates_of_every_kind():
    kinds = {one.template_type for one in templates.load().values()}
    assert kinds == {"performance", "attribution", "audience", "funnel", "comparison", "custom"}


@pytest.mark.parametrize("slug", BUILTIN)
def test_a_template_names_the_report_templates_that_it_fits(slug):
    template = templates.load()[slug]
    fitting = [
        name
        for name, one in builtin_templates.load().items()
        if not template.lacking(ReportConfig.model_validate(one.report_config))
    ]
    assert template.fits == ([] if slug == "custom" else fitting)
    WidgetFilters.model_validate(template.filters)


@pytest.mark.parametrize("slug", [one for one in BUILTIN if one != "custom"])
def test_a_template_reads_from_cards_to_a_table_and_fills_its_grid(slug):
    template = templates.load()[slug]
    kinds = [one["type"] for one in template.widgets]
    assert kinds[0] in ("metric_card", "text")
    assert kinds[-1] == "table"
    cells = set()
    for one in template.widgets:
        place = Position.model_validate(one["position"])
        if one["type"] == "metric_card":
            assert (place.y, one["dataSource"]["comparison"]) == (0, "previous_period")
        cells |= {
            (x, y)
            for x in range(place.x, place.x + place.width)
            for y in range(place.y, place.y + place.height)
        }
    bottom = max(y for _, y in cells) + 1
    assert len(cells) == 12 * bottom, "no holes"


@pytest.mark.parametrize("slug", [one for one in BUILTIN if one != "custom"])
def test_a_template_adds_up_no_number_that_cannot_be(slug):
    template = templates.load()[slug]
    for report_template in template.fits:
        config = ReportConfig.model_validate(
            builtin_templates.load()[report_template].report_config
        )
        kinds = {one.name: one.kind for one in config.metrics}
        for widget in template.widgets:
            given = widget.get("dataSource")
            if given is None:
                continue
            shown = DataSource.model_validate({"sources": [{"reportId": "rpt_"}], **given})
            once = any(kinds[name] in ("distinct", "none") for name in shown.metrics)
            days = shown.range or WidgetFilters.model_validate(template.filters).range
            assert not once or shown.over_time or (days and days.periods == 1), widget["title"]


async def reports_of_every_template(ask: Any, report_input: dict[str, Any]) -> dict[str, str]:
    found = {}
    for slug in builtin_templates.load():
        made = await ask(CREATE_REPORT, report={**report_input, "name": slug, "templateId": slug})
        found[slug] = made["id"]
    return found


async def test_every_template_is_made_of_every_report_that_it_fits(ask, report_input, sent):
    reports = await reports_of_every_template(ask, report_input)
    for slug, template in templates.load().items():
        for fitting in template.fits or builtin_templates.load():
            made = await ask(MAKE, template=slug, sources=[{"reportId": reports[fitting]}])
            assert made["version"] == 1
            assert made["templateType"] == template.template_type.upper()
            assert [one["id"] for one in made["sources"]] == [reports[fitting]]
            assert made["widgets"]
            if slug != "custom":
                titles = [one["title"] for one in template.widgets]
                assert [one["title"] for one in made["widgets"]] == titles


async def test_the_custom_template_takes_the_widgets_of_the_reports_own_template(ask, report):
    made = await ask(MAKE, template="custom", sources=[{"reportId": report["id"]}], name="Own")
    shown = {one["title"]: one for one in made["widgets"]}

    assert list(shown) == [
        *("Cost", "Sales", "ROAS", "Cost and sales by day", "Sales by campaign", "Campaigns")
    ]
    by_day = shown["Cost and sales by day"]["dataSource"]
    assert by_day["overTime"] is True
    assert by_day["dimension"] is None
    assert shown["Sales by campaign"]["dataSource"]["dimension"] == "campaign"
    assert shown["Cost"]["position"] == at(0, 0, 3, 2)
    assert shown["Campaigns"]["position"]["width"] == 12


async def test_a_report_that_lacks_a_metric_is_told_which(ask, refused, report_input, sent):
    lacking = await ask(CREATE_REPORT, report={**report_input, "templateId": "roas-by-week"})
    of = [{"reportId": lacking["id"]}]

    told = await refused(MAKE, template="purchase-funnel", sources=of)

    assert (told["code"], told["field"]) == ("BAD_USER_INPUT", "sources.0")
    for name in ("impressions", "clicks", "add_to_carts", "campaign"):
        assert name in told["message"]
    assert "purchases" not in told["message"].replace("cost_per_purchase", "")
    listed = {one["slug"]: one for one in await ask(TEMPLATES, report=lacking["id"])}
    assert listed["return-on-ad-spend"]["missing"] == []
    assert "campaign" in listed["purchase-funnel"]["missing"]
    assert next(iter(listed)) in ("comparison", "custom", "return-on-ad-spend")
    assert {one["missing"] for one in await ask(TEMPLATES) if one["missing"]} == set()
    assert (await ask(LIST))["nodes"] == []


async def test_a_template_takes_only_what_the_viewer_sees_and_as_many_as_it_shows(
    ask, refused, alice, charlie, instance, report
):
    mine = [{"reportId": report["id"]}]
    for by, template, sources, code, field in (
        (charlie, "custom", mine, "NOT_FOUND", "sources.0"),
        (alice, "none", mine, "NOT_FOUND", "template"),
        (alice, "custom", mine * 2, "BAD_USER_INPUT", "sources"),
        (alice, "custom", [], "BAD_USER_INPUT", "sources"),
        (alice, "comparison", mine * 2, "BAD_USER_INPUT", "sources.1"),
        (
            alice,
            "custom",
            [{"workflowId": await new_workflow(alice, instance)}],
            "BAD_USER_INPUT",
            "sources.0",
        ),
    ):
        told = await refused(MAKE, by=by, template=template, sources=sources)
        assert (told["code"], told["field"]) == (code, field), told


async def test_several_reports_stand_side_by_side(ask, report, report_input, sent):
    other = await ask(CREATE_REPORT, report={**report_input, "name": "Other"})
    sources = [{"reportId": report["id"]}, {"reportId": other["id"]}]
    made = await ask(MAKE, template="comparison", sources=sources)
    assert {one["id"] for one in made["sources"]} == {report["id"], other["id"]}
    assert all(plain(one["dataSource"]["sources"]) == sources for one in made["widgets"])
