"""A report is renamed, upgraded and given other parameters in the middle of its history."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.collections.collections import START, custom, settled
from tests.graph.front_door import CREATE
from tests.numbers.numbers import chart
from tests.reports.reports import CHANGE_REPORT, PREVIEW, RECOLLECT, SERIES, UPGRADE
from tests.templates.templates import CHANGE

WEEK = timedelta(days=7)
SQL = """
SELECT campaign, SUM(total_cost) AS cost, COUNT(1) AS events{more} FROM dsp_impressions
WHERE (CUSTOM_PARAMETER('least') = 0 OR total_cost >= CUSTOM_PARAMETER('least')) GROUP BY 1
"""
NUMBERS = """
query($filter: AggregateFilter!) {
  aggregates(filter: $filter, first: 100) { nodes { key series metrics { name value state } } }
}
"""
SHOWN = """
query($widget: WidgetInput!) {
  widgetPreview(widget: $widget) {
    points { start cells { value state } previous { state } }
    totals { cells { value state } coverage { days covered } } coverage { days covered }
    series { start end version changes isAddedUp } unserved { code message } altText chart
  }
}
"""
START_OF = "query($id: ID!) { collection(id: $id) { startDate endDate } }"


def version(*names: str, unit: str = "COUNT") -> dict[str, Any]:
    more = "".join(f", COUNT(1) AS {name}" for name in names)
    every = (("cost", unit), ("events", "COUNT"), *((name, "COUNT") for name in names))
    listed = [{"name": n, "title": n.title(), "kind": "ADDITIVE", "unit": u} for n, u in every]
    least = {"type": "integer", "default": 0}
    return {
        "name": "Costs",
        "sqlTemplate": SQL.format(more=more),
        "parameterDefinitions": {"type": "object", "properties": {"least": least}},
        "reportConfig": {"dimensions": ["campaign"], "metrics": listed},
    }


def weeks(number: int, *, to: date) -> dict[str, str]:
    return custom(to - number * WEEK, to - timedelta(days=1))


@pytest.fixture
async def collected(ask, own_template, report_input, work_until_done) -> dict[str, Any]:
    """A report of Alice's with four collected weeks, the newest of them two weeks ago."""
    first = version()
    template = await own_template(first.pop("sqlTemplate"), **first)
    report = (await ask(CREATE, report=report_input | {"templateId": template}))["id"]

    async def collect(number: int, to: date) -> None:
        wanted = {"reportId": report, "lookback": weeks(number, to=to)}
        await ask(START, collection=wanted)
        await work_until_done()

    end = settled()
    await collect(4, end - WEEK)
    return {"template": template, "report": report, "collect": collect, "end": end}


async def test_nothing_shown_disappears_and_what_changes_is_marked(ask, collected, work_until_done):
    report, end = collected["report"], collected["end"]
    widget = {"widget": chart(report, metrics=["cost"], kind="LINE")}
    before = await ask(SHOWN, **widget)
    assert [one["cells"][0]["state"] for one in before["points"]] == ["VALUE"] * 4

    # A new version and a new name change no number.
    await ask(CHANGE, id=collected["template"], template=version("views"))
    await ask(CHANGE_REPORT, id=report, change={"name": "Renamed"})
    assert (await ask(SHOWN, **widget))["points"] == before["points"]

    # After the upgrade, the new week continues the old ones.
    shown = await ask(PREVIEW, id=report, version=2)
    assert shown["metrics"]["kept"] == ["cost", "events"]
    assert shown["recollection"]["segments"] == 4
    await ask(UPGRADE, id=report, version=2)
    assert (await ask(SHOWN, **widget))["points"] == before["points"]
    await collected["collect"](1, end)
    upgraded = await ask(SHOWN, **widget)
    assert upgraded["points"][:4] == before["points"]
    assert len(upgraded["points"]) == 5
    check_mark(upgraded, end)
    await check_everywhere(ask, report, costs_of(upgraded))

    # A metric that only the new version has is shown from the new version.
    views = await ask(SHOWN, widget=chart(report, metrics=["views"], kind="LINE"))
    assert [one["version"] for one in views["series"]] == [2]

    # Collecting anew is one act. Then all is of the new version.
    again = await ask(RECOLLECT, id=report)
    await work_until_done()
    first, last = end - 5 * WEEK, end - WEEK - timedelta(days=1)
    whole = {"startDate": first.isoformat(), "endDate": last.isoformat()}
    assert await ask(START_OF, id=again["id"]) == whole
    recollected = await ask(SHOWN, **widget)
    assert recollected["points"] == upgraded["points"]
    assert [one["version"] for one in recollected["series"]] == [2]


def costs_of(shown: dict[str, Any]) -> list[Decimal]:
    return [Decimal(one["cells"][0]["value"]) for one in shown["points"]]


def check_mark(upgraded: dict[str, Any], end: date) -> None:
    """Four weeks of version 1 and one of version 2 are one series, with a mark between them."""
    assert upgraded["totals"][0]["cells"][0]["value"] == f"{sum(costs_of(upgraded))}"
    first, turn, last = (one.isoformat() for one in (end - 5 * WEEK, end - WEEK, end))
    old = {"start": first, "end": turn, "version": 1, "changes": [], "isAddedUp": True}
    new = {"start": turn, "end": last, "version": 2, "changes": ["VERSION"], "isAddedUp": True}
    assert upgraded["series"] == [old, new]
    assert ": version 2." in upgraded["altText"]
    turns = [row for row in upgraded["chart"]["data"]["values"] if row["part"] == "turn"]
    assert [one["status"] for one in turns] == ["version 2"]


async def check_everywhere(ask: Any, report: str, costs: list[Decimal]) -> None:
    """By the values of a dimension, and by aggregates, the same numbers are there."""
    by_campaign = chart(report, metrics=["cost"], dimension="campaign", top=50)
    ranked = await ask(SHOWN, widget=by_campaign)
    assert sum(costs_of(ranked)) == sum(costs)
    nodes = (await ask(NUMBERS, filter={"reportId": report}))["nodes"]
    listed = [one["value"] for node in nodes for one in node["metrics"] if one["name"] == "cost"]
    assert [Decimal(one) for one in listed] == costs
    found = (await ask(SERIES, id=report))["series"]
    told = [(one["templateVersion"]["version"], one["weeks"], one["isShown"]) for one in found]
    assert told == [(2, 1, True), (1, 4, True)]
    only = {"reportId": report, "series": found[1]["series"]}
    assert len((await ask(NUMBERS, filter=only))["nodes"]) == 4


async def test_other_parameters_and_other_definitions_are_never_added_up(ask, collected):
    report, end = collected["report"], collected["end"]
    changed = {"parameters": {"least": 500}}
    await ask(CHANGE_REPORT, id=report, change=changed)
    await collected["collect"](1, end)
    by_week = chart(report, metrics=["cost"], kind="LINE", comparison="PREVIOUS_PERIOD")
    shown = await ask(SHOWN, widget=by_week)
    costs = [Decimal(one["cells"][0]["value"]) for one in shown["points"]]
    assert len(costs) == 5
    assert [(one["changes"], one["isAddedUp"]) for one in shown["series"]] == [
        ([], True),
        (["PARAMETERS"], False),
    ]
    # The total is of the four weeks that answer one question, and says so.
    assert shown["totals"][0]["cells"][0]["value"] == f"{sum(costs[:4])}"
    assert shown["totals"][0]["coverage"] == {"days": 35, "covered": 28}
    assert shown["coverage"] == {"days": 35, "covered": 35}
    assert "other parameters" in shown["altText"]
    assert "Totals leave out" in shown["altText"]
    # A single number per campaign cannot be of both.
    by_campaign = chart(report, metrics=["cost"], dimension="campaign", top=50)
    ranked = await ask(SHOWN, widget=by_campaign)
    total = sum(Decimal(one["cells"][0]["value"]) for one in ranked["points"])
    assert (total, len(ranked["series"])) == (sum(costs[:4]), 1)
    newest = chart(report, metrics=["cost"], dimension="campaign", range={"periods": 1})
    ranked = await ask(SHOWN, widget=newest)
    assert sum(Decimal(one["cells"][0]["value"]) for one in ranked["points"]) == costs[4]

    # A metric that means something else in the new version starts anew.
    await ask(CHANGE, id=collected["template"], template=version(unit="CURRENCY"))
    await ask(UPGRADE, id=report, version=2)
    await collected["collect"](1, end)
    shown = await ask(SHOWN, widget=chart(report, metrics=["cost"], kind="LINE"))
    assert [one["version"] for one in shown["series"]] == [1, 1]
    shown = await ask(SHOWN, widget=chart(report, metrics=["cost"], range={"periods": 1}))
    assert [one["version"] for one in shown["series"]] == [2]
