"""Collections from start to end, over the local AMC."""

from decimal import Decimal
from typing import Any

from tests.collecting import NUMBERS, READ


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
    assert amc_server.stats()["executions_created"] == 4
    assert max(amc_server.stats()["max_running_seen"].values()) <= 2


def total(found: list[dict[str, Any]], metric: str) -> Decimal:
    """A metric, added up over aggregates."""
    values = [one["value"] for row in found for one in row["metrics"] if one["name"] == metric]
    return sum(map(Decimal, values), Decimal(0))


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
