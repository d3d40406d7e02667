"""Widgets whose numbers are in no aggregate: read from the results, within limits."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import duckdb
import pytest
from sqlalchemy import text

from domain import db
from domain.settings import settings
from tests.dashboards.dashboards import READ
from tests.numbers.numbers import NUMBERS, PREVIEW, chart, put, values

BY_PRODUCT = [{"dimension": "ad_product_type", "values": ["sponsored_products"]}]
LINEAGE = """
query($id: ID!) {
  node(id: $id) { ... on Widget { data { points(first: 4) { key lineage {
    startDate checksum executions { status sql sqlHash checksum }
  } } } } }
}
"""


@pytest.fixture
async def collected(collect: Any, work_until_done: Any) -> AsyncIterator[list[str]]:
    """Three weeks; the files of their results."""
    await collect(3)
    await work_until_done()
    async with db.owner_transaction() as session:
        rows = await session.scalars(text("SELECT result_location FROM report_data_weeks"))
        yield [f"{urlsplit(settings.storage_url).path}/{one}" for one in rows]


def direct(files: list[str], where: str, by: str) -> dict[Any, Decimal]:
    rows = duckdb.sql(
        f"SELECT {by}, sum(cost), sum(clicks) FROM read_parquet({files}) WHERE {where} GROUP BY 1"
    ).fetchall()
    return {value: (cost, clicks) for value, cost, clicks in rows}


def shown(data: Any) -> dict[Any, Any]:
    return {one["value"]: tuple(map(Decimal, values(one["cells"]))) for one in data["points"]}


async def products(files: list[str]) -> list[str]:
    rows = duckdb.sql(f"SELECT DISTINCT ad_product_type FROM read_parquet({files})").fetchall()
    return sorted(one for (one,) in rows if one is not None)


@pytest.mark.parametrize("exclude", [False, True])
async def test_a_filter_on_another_dimension_is_read_from_the_results(
    ask, report, collected, exclude
):
    product = (await products(collected))[0]
    filters = [{"dimension": "ad_product_type", "values": [product], "exclude": exclude}]
    widget = chart(report["id"], metrics=["cost", "clicks"], dimension="campaign", top=50)

    data = await ask(PREVIEW, widget=widget, filters=filters)

    sign = "IS DISTINCT FROM" if exclude else "="
    assert data["unserved"] is None
    there = direct(collected, f"ad_product_type {sign} '{product}'", "campaign")
    assert len(there) > 1
    assert shown(data) == there
    total = [sum(one[n] for one in there.values()) for n in (0, 1)]
    assert list(map(Decimal, values(data["totals"][0]["cells"]))) == total


async def test_two_filters_at_once_are_read_by_period(ask, report, collected):
    product = (await products(collected))[0]
    named = direct(collected, f"ad_product_type = '{product}'", "campaign")
    campaign = next(one for one in named if one is not None)
    filters = [
        {"dimension": "ad_product_type", "values": [product]},
        {"dimension": "campaign", "values": [campaign]},
    ]
    data = await ask(
        PREVIEW, widget=chart(report["id"], metrics=["cost", "clicks"]), filters=filters
    )
    assert len(data["points"]) == 3
    assert tuple(map(Decimal, values(data["totals"][0]["cells"]))) == named[campaign]


async def test_aggregates_and_results_tell_the_same(ask, report, collected):
    product = (await products(collected))[0]
    only = [{"dimension": "ad_product_type", "values": [product]}]
    everything = [{"dimension": "campaign", "values": ["no such campaign"], "exclude": True}]
    widget = chart(report["id"], metrics=["cost", "clicks", "roas"], comparison="PREVIOUS_PERIOD")
    summed = await ask(PREVIEW, widget=widget, filters=only, range={"periods": 1})
    read = await ask(PREVIEW, widget=widget, filters=only + everything, range={"periods": 1})
    for name in ("points", "totals", "coverage", "suppressedShare"):
        assert read[name] == summed[name]


@pytest.mark.parametrize("limit", ["widget_files", "widget_bytes"])
async def test_what_is_too_much_is_refused_and_the_others_are_served(
    ask, board, report, collected, monkeypatch, limit
):
    await put(
        ask,
        board,
        chart(report["id"], filters=[{"dimension": "campaign", "values": ["A"]}]),
        chart(report["id"]),
    )
    few = settings.model_copy(update={limit: 1})
    monkeypatch.setattr("domain.numbers.results.settings", few)

    filtered, _ = (
        await ask(NUMBERS, id=board, filters=[{"dimension": "ad_product_type", "values": ["x"]}])
    )["widgets"]
    assert filtered["data"]["unserved"]["code"] == "TOO_LARGE"
    plain = (await ask(NUMBERS, id=board))["widgets"][1]
    assert plain["data"]["unserved"] is None


async def test_whom_the_dashboard_is_shown_sees_its_numbers_and_is_read_no_results(
    ask, shared, report, collected, dora, count_statements
):
    two = [*BY_PRODUCT, {"dimension": "campaign", "values": ["A"]}]
    (own,) = (await ask(NUMBERS, id=shared))["widgets"]
    (seen,) = (await ask(NUMBERS, by=dora, id=shared))["widgets"]
    (read,) = (await ask(NUMBERS, by=dora, id=shared, filters=two))["widgets"]
    assert seen["data"] == own["data"]
    assert seen["data"]["points"]
    assert read["data"]["unserved"]["code"] == "NOT_SHARED"
    assert read["data"]["points"] == []


async def test_each_number_leads_to_its_segments_and_their_executions(ask, shared, collected, dora):
    (widget,) = (await ask(READ, id=shared))["widgets"]
    own = await ask(LINEAGE, id=widget["id"])
    seen = await ask(LINEAGE, by=dora, id=widget["id"])
    for point in own["data"]["points"]:
        (week,) = point["lineage"]
        (run,) = week["executions"]
        assert run["checksum"] == week["checksum"]
        assert "SELECT" in run["sql"]
    assert [one["lineage"] for one in seen["data"]["points"]] == [[], [], []]


async def test_segments_of_all_widgets_are_found_in_one_statement(
    ask, board, report, collected, count_statements
):
    widget = chart(report["id"], filters=[{"dimension": "campaign", "values": ["A"]}])
    await put(ask, board, *(widget for _ in range(6)))
    with count_statements() as seen:
        await ask(NUMBERS, id=board, filters=BY_PRODUCT)
    assert len([one for one in seen if "FROM report_data_weeks" in one]) == 1
