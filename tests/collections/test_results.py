"""What collections bring: lineage, revisions, and numbers that say what they are."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from domain import db, ids
from tests.collections.collections import (
    ACT,
    LINEAGE,
    NUMBERS,
    READ,
    START,
    custom,
    fail_week,
    numbers,
)

WEEK = timedelta(days=7)
pytestmark = pytest.mark.usefixtures("mended")


async def test_each_segment_leads_to_its_execution_and_back(ask, collect, report, work_until_done):
    collection = await collect(2)
    await work_until_done()
    week = (await ask(READ, id=collection))["weeks"][0]

    found = await ask(LINEAGE, id=week["id"])

    (run,) = found["executions"]
    assert run["week"] == {"id": week["id"]}
    assert run["collection"] == {"id": collection}
    assert run["checksum"] == found["checksum"] == week["checksum"]
    assert run["windowStart"].startswith(found["startDate"])
    assert run["templateVersion"] == found["collection"]["templateVersion"]
    assert len(run["sqlHash"]) == 64
    assert found["revisions"][0]["execution"] == {"id": run["id"]}
    assert found["revisions"][0]["totals"] == found["summary"]["totals"]
    assert found["collection"]["report"] == report


async def test_every_segment_has_its_execution_before_amc_is_asked(ask, collect, do, instance):
    """The specified query for how many segments know their execution."""
    collection = await collect(3, segmentation={"parallelLimit": 3})
    await do()
    async with db.owner_transaction() as session:
        running = await session.execute(
            text(
                "SELECT count(*), count(execution_id) FROM report_data_weeks "
                "WHERE collection_id = :id AND status = 'running'"
            ),
            {"id": ids.decode("col", collection)},
        )
    assert [tuple(row) for row in running] == [(1, 1)]


async def test_collected_again_and_unchanged_it_makes_nothing_new(
    ask, collect, work_until_done, amc_server
):
    collection = await collect(3)
    await work_until_done()
    before = await numbers(collection)

    await ask(ACT["retry"], id=collection, which="ALL")
    await work_until_done()

    found = await ask(READ, id=collection)
    assert found["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 6
    assert {week["revision"] for week in found["weeks"]} == {1}
    assert await numbers(collection) == before


async def test_collected_again_and_changed_it_is_a_revision_with_its_difference(
    ask, collect, work_until_done, amc_server
):
    collection = await collect(3)
    await work_until_done()
    first = (await ask(READ, id=collection))["weeks"][0]
    before = {row[0]: row for row in await numbers(collection)}

    amc_server.fault(fault="empty_result")
    await ask(ACT["retry"], id=collection, week=first["id"])
    await work_until_done()

    changed = await ask(LINEAGE, id=first["id"])
    assert changed["revision"] == 2
    newest, oldest = changed["revisions"]
    assert oldest["difference"] is None
    was = {one["name"]: one["value"] for one in oldest["totals"]}["impressions"]
    changed = {"name": "impressions", "before": was, "after": None, "change": None}
    assert changed in newest["difference"]
    after = {row[0]: row for row in await numbers(collection)}
    untouched = [key for key, row in before.items() if after.get(key) == row]
    weekly = (await ask(NUMBERS, filter={"collectionId": collection}))["nodes"]
    assert [week["state"] for week in weekly] == ["DATA", "DATA", "EMPTY"]
    assert untouched, "periods that nothing touched are not computed again"


async def test_empty_suppressed_missing_and_zero_stay_four_things(
    ask, collect, work_until_done, amc_server
):
    collection = await collect(4, segmentation={"parallelLimit": 1, "maxAttempts": 1})
    await fail_week(collection, 3, "AMC_REJECTED")
    await work_until_done()
    weeks = (await ask(READ, id=collection))["weeks"]
    for week, fault in ((weeks[1], "empty_result"), (weeks[2], "suppressed_result")):
        amc_server.fault(fault=fault)
        await ask(ACT["retry"], id=collection, week=week["id"])
        await work_until_done()

    outcomes = [week["outcome"] for week in (await ask(READ, id=collection))["weeks"]]
    weekly = (await ask(NUMBERS, filter={"collectionId": collection}))["nodes"]

    assert outcomes == ["DATA", "EMPTY", "SUPPRESSED", None]
    assert [week["state"] for week in weekly] == ["MISSING", "SUPPRESSED", "EMPTY", "DATA"]
    for week in weekly:
        sales = next(one for one in week["metrics"] if one["name"] == "new_to_brand_sales")
        if week["state"] == "DATA":
            assert (sales["state"], sales["value"]) in (("VALUE", sales["value"]),)
            assert sales["value"] is not None
        elif week["state"] in ("MISSING", "EMPTY"):
            assert (sales["state"], sales["value"]) == (week["state"], None)
    assert [week["coverage"]["missing"] for week in weekly] == [7, 0, 0, 0]


async def test_unsettled_weeks_are_collected_again_once_they_are_settled(
    ask, refused, collect, work_until_done, amc_server
):
    today = datetime.now().astimezone().date()
    start = today - timedelta(days=today.weekday()) - WEEK
    days = custom(start - WEEK, start + timedelta(days=6))
    refusal = await refused(START, collection={"reportId": "rpt_" + "0" * 32, "lookback": days})
    assert refusal["code"] == "NOT_FOUND"
    collection = await collect(None, lookback=days, allowProvisional=True)
    await work_until_done()

    found = await ask(READ, id=collection)
    newest = found["weeks"][0]
    assert (found["status"], newest["isProvisional"]) == ("COMPLETED", True)
    weekly = (await ask(NUMBERS, filter={"collectionId": collection}))["nodes"]
    assert weekly[-1]["isProvisional"]
    made = amc_server.stats()["executions_created"]

    await settle(collection)
    await work_until_done()

    again = await ask(READ, id=collection)
    assert not any(week["isProvisional"] for week in again["weeks"])
    assert again["status"] == "COMPLETED"
    assert {week["revision"] for week in again["weeks"]} == {1}
    assert amc_server.stats()["executions_created"] > made
    weekly = (await ask(NUMBERS, filter={"collectionId": collection}))["nodes"]
    assert not any(week["isProvisional"] for week in weekly)


async def settle(collection: str) -> None:
    """Let the days pass until Amazon's data is settled."""
    async with db.owner_transaction() as session:
        for table, key in (
            ("report_data_weeks", "collection_id"),
            ("report_data_collections", "id"),
        ):
            column = "settles_at" if key == "collection_id" else "due_at"
            await session.execute(
                text(f"UPDATE {table} SET {column} = now() - interval '1 s' WHERE {key} = :id"),
                {"id": ids.decode("col", collection)},
            )
        await session.execute(
            text("UPDATE report_data_collections SET status = 'running', completed_at = NULL")
        )
