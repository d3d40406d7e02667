"""A schedule that comes with a collection of its past."""

import pytest
from sqlalchemy import text

from domain import db
from tests.schedules.schedules import WITH_PAST

READ = "query($id: ID!) { schedule(id: $id) { backfillStatus backfillCollection { id status } } }"
CANCEL = "mutation($id: ID!) { collectionCancel(id: $id) { id } }"
PAST = {"targetWeeks": 3}


async def test_its_status_follows_the_collection_to_the_end(
    ask, report, work_until_done, amc_server, do
):
    made = await ask(WITH_PAST, report=report["id"], past=PAST)
    assert made["backfillStatus"] == "PENDING"
    await do()
    await do()
    assert (await ask(READ, id=made["id"]))["backfillStatus"] == "IN_PROGRESS"
    await work_until_done()

    over = await ask(READ, id=made["id"])
    assert (over["backfillStatus"], over["backfillCollection"]["status"]) == (
        "COMPLETED",
        "COMPLETED",
    )


async def test_a_cancelled_past_has_failed(ask, report, work_until_done, amc_server):
    made = await ask(WITH_PAST, report=report["id"], past=PAST)
    await ask(CANCEL, id=made["backfillCollection"]["id"])
    await work_until_done()
    assert (await ask(READ, id=made["id"]))["backfillStatus"] == "FAILED"


@pytest.mark.parametrize(
    ("past", "field"),
    [
        ({"targetWeeks": 0}, "backfill.targetWeeks"),
        ({"lookback": {"type": "RELATIVE", "value": 366, "unit": "DAYS"}}, "backfill.lookback"),
    ],
)
async def test_a_past_that_cannot_be_collected_leaves_no_schedule(refused, report, past, field):
    problem = await refused(WITH_PAST, report=report["id"], past=past)
    assert problem["field"].startswith(field)
    async with db.owner_transaction() as session:
        assert await session.scalar(text("SELECT count(*) FROM report_schedules")) == 0
