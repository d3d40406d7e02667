"""A result with two currencies: wherever its amounts would be added up, it is refused in words."""

import csv
import io
from datetime import timedelta
from typing import Any

import pytest

from jobs import clock
from tests.collections.collections import LINEAGE, START, custom, settled
from tests.exports.exports import export, made
from tests.graph.front_door import CREATE
from tests.numbers.numbers import PREVIEW, chart, values
from tests.questions.ground import ASK
from tests.views.views import CONFIGURE, VIEWS, later, pending

SQL = """
SELECT campaign, SUM(total_cost) AS cost, COUNT(1) AS events,
    CASE WHEN campaign LIKE '%Display%' THEN '{one}' ELSE 'USD' END AS currency_iso_code
FROM dsp_impressions GROUP BY 1, 4
"""
METRICS = [
    {"name": "cost", "title": "Cost", "kind": "ADDITIVE", "unit": "CURRENCY"},
    {"name": "events", "title": "Events", "kind": "ADDITIVE", "unit": "COUNT"},
    {"name": "each", "title": "Cost of an event", "kind": "RATIO", "unit": "RATIO"}
    | {"numerator": "cost", "denominator": "events"},
]
DIMENSIONS = ["campaign", "currency_iso_code"]
AGGREGATES = """
query($id: ID!, $dimension: String) {
  aggregates(filter: {reportId: $id, level: WEEKLY, dimension: $dimension}) {
    nodes { value metrics { name value state } }
  }
}
"""


RESULTS = """
query($id: ID!) {
  executions(filter: {reportId: $id}, first: 2) { nodes {
    week { id } warnings { column count example message }
  } }
}
"""


@pytest.fixture
def collected(ask: Any, own_template: Any, report_input: Any, work_until_done: Any) -> Any:
    """A report with two collected weeks, some of whose rows are in this currency."""

    async def of(currency: str) -> str:
        template = await own_template(
            SQL.format(one=currency), reportConfig={"dimensions": DIMENSIONS, "metrics": METRICS}
        )
        report = await ask(CREATE, report=report_input | {"templateId": template})
        days = custom(settled() - timedelta(weeks=2), settled() - timedelta(days=1))
        await ask(START, collection={"reportId": report["id"], "lookback": days})
        await work_until_done()
        return str(report["id"])

    return of


def states(aggregate: Any) -> dict[str, str]:
    return {one["name"]: one["state"] for one in aggregate["metrics"]}


MIXED = {"cost": "OTHER_CURRENCY", "events": "VALUE", "each": "OTHER_CURRENCY"}


async def test_an_aggregate_and_a_widget_have_no_amount_of_two_currencies(ask, collected):
    report = await collected("EUR")
    weeks = (await ask(AGGREGATES, id=report))["nodes"]
    assert [states(one) for one in weeks] == [MIXED] * 2
    by_currency = (await ask(AGGREGATES, id=report, dimension="currency_iso_code"))["nodes"]
    assert {one["value"]: states(one) for one in by_currency} == {
        "EUR": MIXED,
        "USD": dict.fromkeys(MIXED, "VALUE"),
    }

    refused = await ask(PREVIEW, widget=chart(report, metrics=["cost", "each"]))
    assert refused["unserved"]["code"] == "OTHER_CURRENCY"
    assert "another currency than the instance" in refused["unserved"]["message"]
    both = await ask(PREVIEW, widget=chart(report, metrics=["cost", "events"]))
    cost, events = values(both["totals"][0]["cells"])
    assert (cost, int(events) > 0) == ("OTHER_CURRENCY", True)
    assert "in another currency than the instance" in both["altText"]
    by = chart(report, metrics=["cost"], dimension="currency_iso_code")
    shown = {
        one["value"]: values(one["cells"])[0] for one in (await ask(PREVIEW, widget=by))["points"]
    }
    assert shown["EUR"] == "OTHER_CURRENCY"
    assert float(shown["USD"]) > 0
    # Read from the results themselves, by two dimensions at once.
    eur = [{"dimension": "currency_iso_code", "values": ["EUR"]}]
    filtered = await ask(PREVIEW, widget=chart(report, dimension="campaign"), filters=eur)
    assert filtered["unserved"]["code"] == "OTHER_CURRENCY"


async def test_a_result_says_that_its_amounts_are_not_added_up(ask, collected):
    report = await collected("EUR")
    found = (await ask(RESULTS, id=report))["nodes"]
    assert len(found) == 2
    for one in found:
        summary = (await ask(LINEAGE, id=one["week"]["id"]))["summary"]
        totals = {total["name"]: total["value"] for total in summary["totals"]}
        assert totals["cost"] is None
        assert int(totals["events"]) > 0
        (warning,) = one["warnings"]
        assert (warning["column"], warning["example"]) == ("currency_iso_code", "EUR")
        assert warning["count"] > 0
        assert "not all in USD, the instance's currency, so they are" in warning["message"]


async def test_a_question_an_export_and_a_view_have_none_either(ask, do, collected):
    report = await collected("EUR")
    answer = await ask(ASK, question="What was the cost in the last two weeks?", report=report)
    assert (answer["outcome"], answer["reason"]) == ("NOT_ANSWERED", "OTHER_CURRENCY"), answer

    file = await made(ask, do, export("CSV", reportId=report))
    told = list(csv.DictReader(io.StringIO(file["content"].decode("utf-8-sig"))))
    amounts = [one for one in told if one["metric"] == "cost" and not one["dimension"]]
    assert [(one["number"], one["state"]) for one in amounts] == [("", "OTHER_CURRENCY")] * 2

    await ask(CONFIGURE, report=report)
    while await pending():
        await later()
        await clock.tick(tidy=False)
        await do()
    (view,) = (await ask(VIEWS, report=report))["nodes"]
    summary = {one["name"]: one["state"] for one in view["metricsSummary"]["metrics"]}
    assert summary == {"cost": "OTHER_CURRENCY", "events": "VALUE", "each": "OTHER_CURRENCY"}


async def test_rows_that_name_the_currency_of_the_instance_are_added_up(ask, collected):
    report = await collected("USD")
    data = await ask(PREVIEW, widget=chart(report, metrics=["cost", "each"]))
    assert all(float(one) > 0 for one in values(data["totals"][0]["cells"]))
    assert data["unserved"] is None
