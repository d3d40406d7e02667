"""The state machine of a collection: each edge drawn in docs/architecture.md, and all others."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids
from tests.collections.collections import ACT, READ

OVER = ("completed", "partial", "failed", "cancelled")
STATES = ("pending", "running", "paused", *OVER)
# What each action makes of each state; what is not here is a CONFLICT that names the state.
LEGAL = {
    ("pause", "pending"): "PAUSED",
    ("pause", "running"): "PAUSED",
    ("pause", "paused"): "PAUSED",  # done already
    ("resume", "paused"): "RUNNING",
    ("resume", "pending"): "PENDING",
    ("resume", "running"): "RUNNING",
    ("cancel", "pending"): "PENDING",  # over when AMC has confirmed; here at the next step
    ("cancel", "running"): "RUNNING",
    ("cancel", "paused"): "PAUSED",
    ("cancel", "cancelled"): "CANCELLED",
    ("change", "pending"): "PENDING",
    ("change", "running"): "RUNNING",
    ("change", "paused"): "PAUSED",
    ("retry", "pending"): "PENDING",
    ("retry", "running"): "RUNNING",
    ("retry", "paused"): "PAUSED",
    **{("retry", state): "RUNNING" for state in OVER},
    **{("delete", state): "GONE" for state in OVER},
}
OF_WEEKS = {
    "completed": ("completed", "completed", "completed"),
    "partial": ("completed", "failed", "completed"),
    "failed": ("failed", "skipped", "skipped"),
    "cancelled": ("completed", "skipped", "skipped"),
}


async def put_into(collection: str, state: str) -> None:
    """The rows of a collection that has come to this state."""
    key = ids.decode("col", collection)
    async with db.owner_transaction() as session:
        weeks = await session.scalars(
            text(
                "SELECT id FROM report_data_weeks WHERE collection_id = :id "
                "ORDER BY week_start_date DESC"
            ),
            {"id": key},
        )
        for week, status in zip(weeks.all(), OF_WEEKS.get(state, ()), strict=False):
            outcome = "DATA" if status == "completed" else None
            await session.execute(
                text("UPDATE report_data_weeks SET status = :s, outcome = :o WHERE id = :id"),
                {"s": status, "o": outcome, "id": week},
            )
        over = "now()" if state in OVER else "NULL"
        await session.execute(
            text(
                "UPDATE report_data_collections SET status = :status, started_at = now(), "
                f"completed_at = {over} WHERE id = :id"
            ),
            {"status": state, "id": key},
        )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("action", list(ACT))
async def test_each_edge_works_and_each_other_is_refused(ask, refused, collect, action, state):
    collection = await collect(3)
    if state != "pending":
        await put_into(collection, state)
    variables = {"which": "ALL"} if action == "retry" else {}

    if (action, state) not in LEGAL:
        refusal = await refused(ACT[action], id=collection, **variables)
        assert refusal["code"] == "CONFLICT"
        assert state in refusal["message"]
        assert (await ask(READ, id=collection))["status"] == state.upper()
        return
    before = await ask(READ, id=collection)
    answer = await ask(ACT[action], id=collection, **variables)
    if action == "delete":
        assert answer == collection
        assert (await refused(READ, id=collection))["code"] == "NOT_FOUND"
        return
    assert answer["status"] == LEGAL[action, state]
    assert answer["version"] >= before["version"]


@pytest.mark.parametrize("action", ["pause", "resume", "cancel", "change"])
async def test_an_action_repeated_changes_nothing_more(ask, collect, do, action):
    collection = await collect(3)
    await do()
    if action == "resume":
        await ask(ACT["pause"], id=collection)
    first = await ask(ACT[action], id=collection)

    assert await ask(ACT[action], id=collection) == first


async def test_only_an_editor_acts_and_a_stranger_sees_nothing(ask, refused, collect, bob, charlie):
    collection = await collect(3)
    for action in ACT.values():
        assert (await refused(action, by=bob, id=collection, which="ALL"))["code"] in (
            "FORBIDDEN",
            "BAD_USER_INPUT",
        )
        assert (await refused(action, by=charlie, id=collection, which="ALL"))["code"] in (
            "NOT_FOUND",
            "BAD_USER_INPUT",
        )
    assert (await ask(READ, by=bob, id=collection))["status"] == "PENDING"
    assert (await refused(READ, by=charlie, id=collection))["code"] == "NOT_FOUND"


async def test_a_pause_leaves_what_amc_has_and_withdraws_what_waits(
    ask, collect, do, instance, amc_server, work_until_done
):
    await limit(instance, 1)
    amc_server.settings(min_seconds=30, max_seconds=30)
    collection = await collect(3, segmentation={"parallelLimit": 3})
    await proven(collection)
    for _ in range(4):
        await do()
    before = (await ask(READ, id=collection))["counts"]
    await ask(ACT["pause"], id=collection)
    after = await ask(READ, id=collection)

    assert (before["waiting"], before["atAmc"]) == (1, 1)
    assert (after["counts"]["waiting"], after["counts"]["atAmc"]) == (0, 1)
    assert [week["status"] for week in after["weeks"]] == ["COMPLETED", "RUNNING", "PENDING"]

    amc_server.reset()  # whatever AMC had is gone; the pause holds what would be tried again
    await ask(ACT["resume"], id=collection)
    assert (await ask(READ, id=collection))["status"] == "RUNNING"


async def limit(instance: Any, slots: int) -> None:
    """Give an instance so many slots."""
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_instances SET max_concurrent = :n WHERE id = :id"),
            {"n": slots, "id": instance.id},
        )


async def proven(collection: str) -> None:
    """Let the first segment have succeeded."""
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_data_weeks SET status = 'completed', outcome = 'EMPTY' WHERE id = ("
                "SELECT id FROM report_data_weeks WHERE collection_id = :id "
                "ORDER BY week_start_date DESC LIMIT 1)"
            ),
            {"id": ids.decode("col", collection)},
        )


async def test_a_cancel_reaches_amc_and_ends_once_it_is_confirmed(
    ask, collect, do, amc_server, work_until_done
):
    amc_server.settings(min_seconds=60, max_seconds=60)
    collection = await collect(3)
    for _ in range(4):
        await do()
    assert amc_server.stats()["by_status"].get("RUNNING") == 1
    cancelling = await ask(ACT["cancel"], id=collection)
    assert cancelling["status"] == "RUNNING"

    await work_until_done()
    ended = await ask(READ, id=collection)

    assert ended["status"] == "CANCELLED"
    assert [week["status"] for week in ended["weeks"]] == ["SKIPPED"] * 3
    assert amc_server.stats()["by_status"] == {"CANCELLED": 1}


async def test_a_cancelled_collection_goes_on_where_it_was(
    ask, collect, do, work_until_done, amc_server
):
    collection = await collect(3)
    await ask(ACT["cancel"], id=collection)
    await work_until_done()
    assert (await ask(READ, id=collection))["status"] == "CANCELLED"

    await ask(ACT["retry"], id=collection, which="MISSING")
    await work_until_done()

    ended = await ask(READ, id=collection)
    assert (ended["status"], ended["progressPercentage"]) == ("COMPLETED", 100)
    assert amc_server.stats()["executions_created"] == 3


async def test_the_limit_is_changed_while_it_runs(ask, collect, do, amc_server, refused):
    amc_server.settings(min_seconds=60, max_seconds=60)
    collection = await collect(6, segmentation={"parallelLimit": 1})
    await proven(collection)
    await do()
    assert (await ask(READ, id=collection))["counts"]["running"] == 1

    await ask(ACT["change"], id=collection, limit=4)
    await do()

    found = await ask(READ, id=collection)
    assert (found["counts"]["running"], found["parallelLimit"]) == (4, 4)
    assert {"reason": "PARALLEL_LIMIT", "count": 1, "until": None} in found["waits"]
    for wrong in (0, 11):
        refusal = await refused(ACT["change"], id=collection, limit=wrong)
        assert (refusal["code"], refusal["field"]) == (
            "BAD_USER_INPUT",
            "parallelLimit",
        )


async def test_a_segment_that_is_being_collected_is_not_retried(ask, refused, collect, do):
    collection = await collect(2)
    await do()
    running = (await ask(READ, id=collection))["weeks"][0]

    refusal = await refused(ACT["retry"], id=collection, week=running["id"])

    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "weekId")
    assert running["startDate"] in refusal["message"]


async def test_a_segment_of_another_collection_is_not_found(ask, refused, collect, report):
    collection = await collect(2)
    refusal = await refused(ACT["retry"], id=collection, week="week_" + "0" * 32)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "weekId")
    both = await refused(ACT["retry"], id=collection, which="ALL", week="week_" + "0" * 32)
    assert (both["code"], both["field"]) == ("BAD_USER_INPUT", "which")


async def test_nothing_to_retry_is_said(ask, refused, collect, work_until_done):
    collection = await collect(1)
    await work_until_done()

    refusal = await refused(ACT["retry"], id=collection, which="FAILED")

    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "which")
    assert (await ask(READ, id=collection))["status"] == "COMPLETED"


async def test_a_retry_does_not_run_beside_another_collection_of_these_days(
    ask, refused, collect, work_until_done
):
    first = await collect(2)
    await ask(ACT["cancel"], id=first)
    await work_until_done()
    second = await collect(1)

    refusal = await refused(ACT["retry"], id=first, which="ALL")

    assert refusal["code"] == "CONFLICT"
    assert second in refusal["message"]


async def test_twenty_actions_at_once_leave_a_collection_whole(
    ask, collect, do, work_until_done, amc_server
):
    collection = await collect(4)
    await do()
    actions = [ACT[name] for name in ("pause", "resume", "change") for _ in range(7)]

    await asyncio.gather(*(ask(one, id=collection) for one in actions))
    await ask(ACT["resume"], id=collection)
    await work_until_done()

    ended = await ask(READ, id=collection)
    assert ended["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 4
