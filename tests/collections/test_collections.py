"""Collections from start to end, over the local AMC."""

import itertools
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from tests.collections.collections import (
    ACT,
    LINEAGE,
    NUMBERS,
    READ,
    custom,
    fail_week,
    mend,
    numbers,
    settled,
)

WEEK = timedelta(days=7)
pytestmark = pytest.mark.usefixtures("mended")


async def test_a_collection_brings_every_week_newest_first(
    ask, collect, amc_server, work_until_done
):
    collection = await collect(4, segmentation={"parallelLimit": 2})

    await work_until_done()
    found = await ask(READ, id=collection)

    assert found["status"] == "COMPLETED", found
    assert found["progressPercentage"] == 100
    assert [week["status"] for week in found["weeks"]] == ["COMPLETED"] * 4
    assert all(week["execution"]["status"] == "COMPLETED" for week in found["weeks"])
    starts = [date.fromisoformat(week["startDate"]) for week in found["weeks"]]
    assert starts == [starts[0] - n * WEEK for n in range(4)]
    assert {start.isoweekday() for start in starts} == {1}
    assert amc_server.stats()["executions_created"] == 4
    assert max(amc_server.stats()["max_running_seen"].values()) <= 2


async def test_its_results_become_weeks_months_and_quarters(ask, collect, amc, work_until_done):
    collection = await collect(5)
    await work_until_done()

    levels = {
        level: (await ask(NUMBERS, filter={"collectionId": collection, "level": level}))["nodes"]
        for level in ("WEEKLY", "MONTHLY", "QUARTERLY")
    }

    assert len(levels["WEEKLY"]) == 5
    for week in levels["WEEKLY"]:
        assert week["state"] == "DATA"
        assert week["coverage"]["covered"] == 7
        assert len(week["weeks"]) == 1
    impressions = [total(found, "impressions") for found in levels.values()]
    assert impressions[0] > 0
    for found, sum_ in zip(levels.values(), impressions, strict=True):
        # What is not in a month is told: rows whose day privacy took from a week that was split.
        assert (sum_ == impressions[0]) == (not any(one["undatedRows"] for one in found))


def total(found: list[dict[str, Any]], metric: str) -> Decimal:
    """A metric, added up over aggregates."""
    values = [one["value"] for row in found for one in row["metrics"] if one["name"] == metric]
    return sum(map(Decimal, values), Decimal(0))


async def test_the_first_segment_goes_alone(ask, collect, do, amc_server):
    amc_server.settings(min_seconds=60, max_seconds=60)
    collection = await collect(4)
    for _ in range(4):
        await do()

    found = await ask(READ, id=collection)

    assert [week["status"] for week in found["weeks"]] == ["RUNNING", *["PENDING"] * 3]
    assert amc_server.stats()["executions_created"] == 1
    assert found["waits"] == [{"reason": "FIRST_SEGMENT", "count": 3, "until": None}]


async def test_a_first_segment_that_amc_rejects_spares_the_others(
    ask, collect, work_until_done, amc_server
):
    amc_server.fault(fault="status", route="save", status=400, count=99)
    collection = await collect(4)
    await work_until_done()

    found = await ask(READ, id=collection)

    assert found["status"] == "FAILED"
    assert [week["status"] for week in found["weeks"]] == ["FAILED", *["SKIPPED"] * 3]
    assert found["weeks"][0]["errorCode"] == "AMC_REFUSED"
    assert found["weeks"][0]["attempts"] == 1, "it would be refused again"
    assert "first segment failed" in found["weeks"][1]["errorMessage"]
    assert found["errorMessage"]
    assert amc_server.stats()["executions_created"] == 0

    amc_server.reset()
    await ask(ACT["retry"], id=collection, which="MISSING")
    await work_until_done()
    assert (await ask(READ, id=collection))["status"] == "COMPLETED"


async def test_a_segment_that_fails_is_tried_again_and_takes_no_other_down(
    ask, collect, pass_time, work_until_done, amc_server
):
    collection = await collect(4, segmentation={"maxAttempts": 2, "parallelLimit": 3})
    await fail_week(collection, 2, "AMC_FAILED")
    await work_until_done()

    found = await ask(READ, id=collection)

    assert found["status"] == "PARTIAL"
    assert (found["weeksCompleted"], found["progressPercentage"]) == (3, 75)
    failed = found["weeks"][2]
    assert (failed["status"], failed["attempts"]) == ("FAILED", 2)
    assert failed["errorCode"] == "AMC_FAILED"
    assert failed["startDate"] in found["errorMessage"]

    await mend()
    await ask(ACT["retry"], id=collection, which="FAILED")
    await work_until_done()

    mended = await ask(READ, id=collection)
    assert (mended["status"], mended["errorMessage"]) == ("COMPLETED", None)
    runs = (await ask(LINEAGE, id=failed["id"]))["executions"]
    assert [run["status"] for run in runs] == ["COMPLETED", "FAILED", "FAILED"]


async def test_what_was_collected_before_is_not_asked_for_again(
    ask, collect, work_until_done, amc_server
):
    first = await collect(2)
    await work_until_done()
    second = await collect(4)
    await work_until_done()

    found = await ask(READ, id=second)

    assert (found["status"], found["weeksCompleted"]) == ("COMPLETED", 4)
    assert amc_server.stats()["executions_created"] == 4
    earlier = (await ask(READ, id=first))["weeks"]
    assert [week["execution"] for week in found["weeks"][:2]] == [
        week["execution"] for week in earlier
    ]
    weekly = (await ask(NUMBERS, filter={"collectionId": second}))["nodes"]
    assert [week["coverage"]["covered"] for week in weekly] == [7] * 4

    third = await collect(2, recollect=True)
    await work_until_done()
    assert (await ask(READ, id=third))["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 6


async def test_a_deleted_collection_takes_its_numbers_along(ask, collect, work_until_done):
    kept = await collect(1)
    await work_until_done()
    gone = await collect(3)
    await work_until_done()
    assert len((await ask(NUMBERS, filter={"collectionId": gone}))["nodes"]) == 3

    await ask(ACT["delete"], id=gone)
    await work_until_done()

    weekly = (await ask(NUMBERS, filter={"collectionId": kept}))["nodes"]
    assert [week["coverage"]["covered"] for week in weekly] == [7]
    assert len(await numbers(kept)) == len({row[0] for row in await numbers(kept)})


async def test_daily_monthly_and_sunday_segments(ask, collect, work_until_done):
    start = settled() - WEEK
    found = {}
    for name, segmentation in (
        ("daily", {"type": "DAILY"}),
        ("sunday", {"type": "WEEKLY", "weekStart": "SUNDAY"}),
        ("monthly", {"type": "MONTHLY"}),
    ):
        days = custom(start - timedelta(days=40 if name != "daily" else 2), start)
        collection = await collect(None, lookback=days, segmentation=segmentation)
        found[name] = (await ask(READ, id=collection))["weeks"]
        await ask(ACT["cancel"], id=collection)
        await work_until_done()

    assert len(found["daily"]) == 3
    starts = [date.fromisoformat(week["startDate"]) for week in found["sunday"][:-1]]
    assert {one.isoweekday() for one in starts} == {7}
    assert {week["startDate"][-2:] for week in found["monthly"][:-1]} == {"01"}
    for weeks in found.values():
        for newer, older in itertools.pairwise(weeks):
            end = date.fromisoformat(older["endDate"])
            assert date.fromisoformat(newer["startDate"]) == end + timedelta(days=1)
