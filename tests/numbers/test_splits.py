"""Widgets that split the values of a dimension by those of a second one."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from sqlalchemy import text

from domain import db
from domain.settings import settings
from tests.dashboards.dashboards import WIDGETS
from tests.numbers.numbers import chart, put, values

PAIR = {"dimension": "campaign", "split": "ad_product_type"}
SHOWN = """
data(filters: $filters) {
  dimension split splitTitle splitNames { value name }
  points(first: 600) { value splitValue isOther cells { value state } }
  totals { cells { value state } } unserved { code message field } chart altText
}
"""
FEW = SHOWN.replace("600", "60").replace("chart altText", "")
BOARD = f"""
query($id: ID!, $filters: [WidgetFilterInput!]) {{ dashboard(id: $id) {{ widgets {{ {FEW} }} }} }}
"""
PREVIEW = f"""
query($widget: WidgetInput!, $filters: [WidgetFilterInput!]) {{
  widgetPreview(widget: $widget, filters: $filters) {SHOWN.partition(")")[2]}
}}
"""


@pytest.fixture
async def files(collect: Any, work_until_done: Any) -> AsyncIterator[list[str]]:
    """The files of the results of two weeks."""
    await collect(2)
    await work_until_done()
    async with db.owner_transaction() as session:
        rows = await session.scalars(text("SELECT result_location FROM report_data_weeks"))
        yield [f"{urlsplit(settings.storage_url).path}/{one}" for one in rows]


def direct(files: list[str], where: str = "true") -> dict[Any, Decimal]:
    """The cost of each pair in the results themselves."""
    rows = duckdb.sql(
        f"SELECT campaign, ad_product_type, sum(cost) FROM read_parquet({files}) WHERE {where} "
        "GROUP BY ALL"
    ).fetchall()
    return {(first, second): cost for first, second, cost in rows if first and second}


def pairs(data: Any) -> dict[Any, Decimal]:
    """The first cell of each pair that is shown by itself."""
    return {
        (one["value"], one["splitValue"]): Decimal(one["cells"][0]["value"])
        for one in data["points"]
        if one["splitValue"] is not None
    }


async def test_each_pair_has_its_own_number_and_all_of_them_add_up(ask, report, files):
    data = await ask(PREVIEW, widget=chart(report["id"], top=50, **PAIR))
    there = direct(files)
    assert len(there) > 2
    assert pairs(data) == there
    assert (data["dimension"], data["split"]) == ("campaign", "ad_product_type")
    every = [Decimal(one["cells"][0]["value"]) for one in data["points"]]
    assert sum(every) == Decimal(data["totals"][0]["cells"][0]["value"])

    named = {one["value"]: one["name"] for one in data["splitNames"]}
    rows = [one for one in data["chart"]["data"]["values"] if one["part"] == "value"]
    drawn = {(one["place"], one["series"]) for one in rows}
    assert {(first, named.get(second, second)) for first, second in there} <= drawn
    first, second = max(there, key=lambda one: there[one])
    assert f"({first}, {named.get(second, second)})" in data["altText"]


async def test_top_counts_the_values_of_the_dimension_with_all_their_pairs(ask, report, files):
    data = await ask(PREVIEW, widget=chart(report["id"], top=2, **PAIR))
    by_campaign: dict[Any, Decimal] = {}
    for (campaign, _), cost in direct(files).items():
        by_campaign[campaign] = by_campaign.get(campaign, Decimal(0)) + cost
    largest = sorted(by_campaign, key=lambda one: -by_campaign[one])[:2]
    shown = [one["value"] for one in data["points"] if one["splitValue"] is not None]
    assert list(dict.fromkeys(shown)) == largest
    assert data["points"][-1]["isOther"]


async def test_a_filter_narrows_the_pairs(ask, report, files):
    campaign = next(iter(direct(files)))[0]
    only = [{"dimension": "campaign", "values": [campaign]}]
    data = await ask(PREVIEW, widget=chart(report["id"], **PAIR), filters=only)
    assert pairs(data) == direct(files, f"campaign = '{campaign}'")


async def test_who_may_not_read_results_sees_the_widget_without_its_split(
    ask, shared, report, files, dora
):
    added = {**chart(report["id"], top=50, **PAIR), "position": _below()}
    await ask(WIDGETS, id=shared, version=2, change={"add": [added]})
    plain = await ask(PREVIEW, widget=chart(report["id"], top=50, dimension="campaign"))
    for _ in range(2):  # what is kept for the one is never shown to the other
        own = (await ask(BOARD, id=shared))["widgets"][-1]["data"]
        seen = (await ask(BOARD, by=dora, id=shared))["widgets"][-1]["data"]
        assert pairs(own) == direct(files)
        assert (seen["unserved"], seen["split"]) == (None, None)
        assert seen["points"] == plain["points"]


async def test_members_are_shown_the_same_again_without_reading_files(
    ask, board, report, files, monkeypatch
):
    await put(ask, board, chart(report["id"], **PAIR))
    first = (await ask(BOARD, id=board))["widgets"]
    few = settings.model_copy(update={"widget_files": 1})  # now reading would be refused
    monkeypatch.setattr("domain.numbers.results.settings", few)
    assert (await ask(BOARD, id=board))["widgets"] == first
    only = [{"dimension": "campaign", "values": ["A"]}]
    (refused,) = (await ask(BOARD, id=board, filters=only))["widgets"]
    assert refused["data"]["unserved"]["field"] == "dataSource.split"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"dimension": None}, "A split needs a dimension, and takes no overTime."),
        ({"overTime": True}, "A split needs a dimension, and takes no overTime."),
        ({"split": "campaign"}, "The split and the dimension must differ."),
        ({"split": "campain"}, "'campain'"),
        ({"kind": "PIE"}, "A pie takes no split; bars and tables do."),
        ({"kind": "LINE"}, "A line takes no split; bars and tables do."),
    ],
)
async def test_a_split_that_cannot_be_shown_is_refused(refused, board, report, given, says):
    widget = chart(report["id"], **{**PAIR, **given})
    refusal = await refused(WIDGETS, id=board, version=1, change={"add": [widget]})
    places = {one["field"]: one["message"] for one in refusal["errors"]}
    assert says in places["change.add.0.dataSource.split"]


async def test_a_table_names_both_dimensions(ask, report, files):
    table = {**chart(report["id"], **PAIR), "type": "TABLE", "chartType": None}
    data = await ask(PREVIEW, widget=table)
    assert data["unserved"] is None
    assert values(data["points"][0]["cells"]) != ["MISSING"]


def _below() -> dict[str, int]:
    return {"x": 0, "y": 12, "width": 6, "height": 4}
