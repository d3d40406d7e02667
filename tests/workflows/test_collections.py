"""A saved workflow is collected by the same engine, into the same segments."""

import pytest
from sqlalchemy import text

from domain import db, ids, models
from tests.collections.collections import NUMBERS, START

SQL = "SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions GROUP BY campaign"
READ = """
query($id: ID!) {
  collection(id: $id) {
    status weeksCompleted report { id }
    weeks {
      status outcome rowCount execution { id }
      workflowExecution { id status phase sql windowStart windowEnd checksum rowCount }
      revisions { revision workflowExecution { id } }
    }
  }
}
"""


@pytest.fixture
async def workflow(alice, instance) -> str:
    """A saved query of Alice's; its id."""
    async with db.owner_transaction() as session:
        row = models.Workflow(
            name="Campaigns", sql_query=SQL, instance_id=instance.id, user_id=alice.user_id
        )
        session.add(row)
        await session.flush()
        return ids.encode("wf", row.id)


async def test_a_workflow_is_collected_week_by_week(
    ask, refused, workflow, work_until_done, amc_server
):
    wanted = {"workflowId": workflow, "targetWeeks": 3}
    started = await ask(START, collection=wanted)
    refusal = await refused(START, collection=wanted)
    await work_until_done()

    found = await ask(READ, id=started["id"])

    assert refusal["code"] == "CONFLICT"
    assert (found["status"], found["weeksCompleted"], found["report"]) == ("COMPLETED", 3, None)
    for week in found["weeks"]:
        run = week["workflowExecution"]
        assert (week["status"], week["outcome"], week["execution"]) == ("COMPLETED", "DATA", None)
        assert (run["status"], run["phase"], run["sql"]) == ("SUCCEEDED", "DONE", SQL)
        assert run["id"].startswith("wexec_")
        assert week["revisions"][0]["workflowExecution"] == {"id": run["id"]}
    assert amc_server.stats()["executions_created"] == 3
    weekly = (await ask(NUMBERS, filter={"collectionId": started["id"]}))["nodes"]
    assert [one["state"] for one in weekly] == ["DATA"] * 3
    assert [one["metrics"] for one in weekly] == [[]] * 3, "a saved query declares none"


async def test_a_collection_keeps_the_query_it_was_started_with(
    ask, workflow, do, work_until_done, amc
):
    started = await ask(START, collection={"workflowId": workflow, "targetWeeks": 2})
    await do()
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE workflows SET sql_query = 'SELECT campaign FROM dsp_impressions'")
        )
    await work_until_done()

    found = await ask(READ, id=started["id"])
    assert {week["workflowExecution"]["sql"] for week in found["weeks"]} == {SQL}
