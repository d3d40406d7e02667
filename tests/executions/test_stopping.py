"""Executions are stopped under one rule, whoever stops them: people, collections, schedules."""

from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids, kinds
from domain.bus.queues import Job
from domain.collections import steps as collection_steps
from domain.executions import steps
from tests.collections.collections import ACT
from tests.executions.executions import CANCEL, READ, RUN
from tests.executions.workers import granted
from tests.graph.front_door import execute
from tests.schedules.schedules import CREATE, HOURLY, ago, fire
from tests.workflows.workflows import RUN as RUN_WORKFLOW
from tests.workflows.workflows import STOP, STOP_ALL

CLAIMED = {"due_at": "now()", "completed_at": "NULL", "outcome": "NULL"}
PHASES: dict[str, dict[str, str]] = {
    "waiting": {},
    "submitting": CLAIMED | {"phase": "'submitting'"},
    "at_amc": CLAIMED | {"phase": "'at_amc'", "status": "{running}"},
    "ingesting": CLAIMED | {"phase": "'ingesting'", "status": "{running}"},
    "done": {
        "phase": "'done'",
        "status": "{completed}",
        "outcome": "'EMPTY'",
        "due_at": "NULL",
        "completed_at": "now()",
    },
}
# Phase, cancel state, and whether a cancel is requested, after the stop.
RULE = {
    "waiting": ("done", "CONFIRMED", True),
    "submitting": ("submitting", "REQUESTED", True),
    "at_amc": ("at_amc", "REQUESTED", True),
    "ingesting": ("ingesting", "TOO_LATE", True),
    "done": ("done", None, False),
}


async def put_into(kind: kinds.Kind, phase: str) -> None:
    """Have every execution of the kind stand in this phase."""
    if columns := PHASES[phase]:
        words = {word: f"'{own}'" for word, own in kind.words.items()}
        changed = ", ".join(f"{name} = {value.format(**words)}" for name, value in columns.items())
        async with db.owner_transaction() as session:
            await session.execute(text(f"UPDATE {kind.execution.name} SET {changed}"))


async def rows(kind: kinds.Kind) -> list[Any]:
    """Every execution of the kind, oldest first."""
    async with db.owner_transaction() as session:
        found = await session.execute(
            text(f"SELECT * FROM {kind.execution.name} ORDER BY created_at, id")
        )
        return list(found)


@pytest.fixture
def by(ask, alice, report, workflow, collect, sent):
    """Make an execution, and how each front door stops it."""

    async def run(door: str) -> tuple[kinds.Kind, Any]:
        match door:
            case "executionCancel":
                made = await ask(RUN, id=report["id"])
                return kinds.REPORT, lambda: execute(alice, CANCEL, id=made["id"])
            case "workflowExecutionCancel":
                made = await ask(RUN_WORKFLOW, id=workflow)
                return kinds.WORKFLOW, lambda: execute(alice, STOP, id=made["id"])
            case "workflowCancel":
                await ask(RUN_WORKFLOW, id=workflow)
                return kinds.WORKFLOW, lambda: ask(STOP_ALL, id=workflow)
            case "collectionCancel":
                made = await collect(1)
                async with db.worker_transaction() as session:
                    await collection_steps.step(session, made)
                return kinds.REPORT, lambda: ask(ACT["cancel"], id=made)
            case _:
                given = HOURLY | {"overlap": "CANCEL"}
                made = (await ask(CREATE, report=report["id"], schedule=given))["id"]
                await ago(made, hours=1)
                await fire(made)

                async def again() -> None:
                    async with db.owner_transaction() as session:
                        yesterday = "nominal_at - interval '1 day'"
                        await session.execute(
                            text(f"UPDATE schedule_ticks SET nominal_at = {yesterday}")
                        )
                    await ago(made, hours=1)
                    await fire(made)

                return kinds.REPORT, again

    return run


DOORS = (
    *("executionCancel", "workflowExecutionCancel", "workflowCancel", "collectionCancel"),
    "a schedule's next run",
)


@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("door", DOORS)
async def test_one_rule_for_all(by, door, phase):
    kind, stop = await by(door)
    await put_into(kind, phase)
    before = (await rows(kind))[0]
    await stop()
    after = (await rows(kind))[0]

    assert after.id == before.id
    expected = (after.phase, after.cancel_state, after.cancel_requested_at is not None)
    assert expected == RULE[phase]
    status = kind.words["cancelled"] if phase == "waiting" else before.status
    assert after.status == status
    assert (after.due_at is None) == (after.phase == "done")


@pytest.mark.parametrize("door", DOORS[:4])
async def test_what_may_be_at_amc_is_looked_at_at_once(by, sent, door):
    kind, stop = await by(door)
    await put_into(kind, "at_amc")
    sent.clear()
    await stop()
    (row,) = await rows(kind)
    assert (Job.STEP_EXECUTION, ids.encode(kind.execution.prefix, row.id)) in sent


async def test_a_schedule_and_a_collection_hear_of_what_was_stopped_for_them(ask, report, sent):
    given = HOURLY | {"overlap": "CANCEL", "keepsHistory": True}
    made = (await ask(CREATE, report=report["id"], schedule=given))["id"]
    await ago(made, hours=1)
    await fire(made)
    (row,) = await rows(kinds.REPORT)
    sent.clear()
    await ask(CANCEL, id=ids.encode("exec", row.id))
    assert (Job.FIRE_SCHEDULE, made) in sent
    assert (Job.STEP_COLLECTION, ids.encode("col", row.collection_id)) in sent


async def test_a_repeat_changes_nothing(ask, workflow, sent):
    run = await ask(RUN_WORKFLOW, id=workflow)
    await put_into(kinds.WORKFLOW, "at_amc")
    await ask(STOP, id=run["id"])
    (first,) = await rows(kinds.WORKFLOW)
    sent.clear()
    await ask(STOP, id=run["id"])
    await ask(STOP_ALL, id=workflow)
    assert await rows(kinds.WORKFLOW) == [first]
    assert sent == []


async def test_many_are_stopped_in_as_many_statements_as_one(ask, workflow, count_statements):
    needed = []
    for number in (1, 10):
        for _ in range(number):
            await ask(RUN_WORKFLOW, id=workflow)
        with count_statements() as seen:
            await ask(STOP_ALL, id=workflow)
        needed.append(len(seen))
        assert {row.status for row in await rows(kinds.WORKFLOW)} == {"CANCELLED"}
    assert needed[0] == needed[1]


async def test_what_amc_would_not_take_ends_if_it_was_cancelled_meanwhile(
    ask, report, instance, amc, amc_server
):
    run = (await ask(RUN, id=report["id"]))["id"]
    amc_server.fault(fault="revoke_refresh_token", count=1)
    (claim,) = await granted(instance)
    await ask(CANCEL, id=run)
    answer = await steps.act(claim, amc)
    async with db.worker_transaction() as session:
        await steps.record(session, claim, answer)

    ended = await ask(READ, id=run)
    assert (ended["status"], ended["cancelState"]) == ("CANCELLED", "CONFIRMED")
    async with db.owner_transaction() as session:
        assert not await session.scalar(
            text("SELECT count(*) FROM amc_intents WHERE released_at IS NULL")
        )


def test_a_row_tells_its_kind():
    for kind in kinds.KINDS:
        for table in (kind.source, kind.execution, kind.schedule):
            assert kinds.of(table.model()) is kind
            assert kinds.of_id(f"{table.prefix}_{'0' * 32}") is kind
            assert table.prefix in ids.PREFIXES
        assert kinds.of(type("Row", (), {"report_id": None, kind.source.key: 1})()) is kind
