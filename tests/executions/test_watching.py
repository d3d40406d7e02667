"""An execution is watched by many: it is read once for all of a person's sockets."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import ClientConnection

from domain import db, ids
from domain.bus import bus
from domain.people import tokens
from domain.viewer import Viewer
from graph.http import broadcast
from tests.graph.http import sockets
from tests.graph.http.sockets import hear, say, subscribe

RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
WATCH = "subscription($id: ID!) { execution(id: $id) { phase version } }"


@pytest.fixture
async def execution(ask, report) -> str:
    """An execution of Alice's that waits."""
    return str((await ask(RUN, id=report["id"]))["id"])


@pytest.fixture
async def lines(api_place) -> AsyncIterator[Any]:
    """Sockets of people, to be opened by their viewers."""
    async with AsyncExitStack() as stack:

        async def opened(viewer: Viewer) -> ClientConnection:
            token = tokens.issue(viewer.email, viewer.email)
            line = sockets.socket(api_place, {"Authorization": f"Bearer {token}"})
            return await stack.enter_async_context(line)

        yield opened


async def change(execution: str, columns: str = "amc_status = clock_timestamp()::text") -> None:
    """Change the row, and let the bus tell."""
    row = ids.decode("exec", execution)
    async with db.owner_transaction() as session:
        await session.execute(
            text(f"UPDATE report_executions SET {columns} WHERE id = :id"), {"id": row}
        )
        bus.changed(session, row)


async def watch(line: ClientConnection, execution: str) -> int:
    """Begin to watch; the version that is there."""
    await subscribe(line, WATCH, variables={"id": execution})
    return await version(line)


async def version(line: ClientConnection) -> int:
    return int((await hear(line))["payload"]["data"]["execution"]["version"])


def run_for(*people: Viewer) -> int:
    """How many subscriptions are running for them."""
    return sum(1 for one in broadcast.running if one.viewer in people)


async def test_many_watchers_of_an_execution_cost_one_read_for_each_change(
    lines, alice, execution, count_statements
):
    first = await lines(alice)
    seen = await watch(first, execution)
    with count_statements() as alone:
        await change(execution)
        assert await version(first) == seen + 1
    others = [await lines(alice) for _ in range(4)]
    for other in others:
        await watch(other, execution)
    with count_statements() as together:
        await change(execution)
        assert {await version(line) for line in (first, *others)} == {seen + 2}

    assert len(together) == len(alone) > 0


async def test_a_newcomer_gets_the_present_state_first_and_nothing_is_read_for_it(
    lines, alice, execution, count_statements
):
    first, newcomer = await lines(alice), await lines(alice)
    await watch(first, execution)
    await change(execution)
    present = await version(first)

    with count_statements() as read:
        assert await watch(newcomer, execution) == present
    assert read == []
    await change(execution)
    assert await version(newcomer) == await version(first) == present + 1


async def test_what_differs_is_not_shared(lines, alice, bob, ask, report, execution):
    another = (await ask(RUN, id=report["id"]))["id"]
    line, of_bob = await lines(alice), await lines(bob)
    await watch(line, execution)
    await watch(of_bob, execution)
    assert run_for(alice, bob) == 2

    named = "subscription A($id: ID!) { execution(id: $id) { version } }"
    both = f"{named} {named.replace(' A(', ' B(')}"
    for number, payload in enumerate(
        [
            {"query": WATCH, "variables": {"id": another}},
            {"query": named, "variables": {"id": execution}},
            {"query": both, "variables": {"id": execution}, "operationName": "A"},
            {"query": both, "variables": {"id": execution}, "operationName": "B"},
        ]
    ):
        await say(line, id=f"other {number}", type="subscribe", payload=payload)
        await version(line)
        assert run_for(alice, bob) == 3 + number


async def test_variables_in_another_order_are_the_same_variables(lines, alice, execution):
    line = await lines(alice)
    query = """
    subscription($id: ID!, $more: Boolean!) {
      execution(id: $id) { version phase @include(if: $more) }
    }
    """
    given = {"id": execution, "more": True}
    await subscribe(line, query, id="1", variables=given)
    await version(line)
    await subscribe(line, query, id="2", variables=dict(reversed(given.items())))
    await version(line)
    assert run_for(alice) == 1


async def test_all_get_the_last_event_and_then_it_is_complete(lines, alice, execution):
    three = [await lines(alice) for _ in range(3)]
    for line in three:
        await watch(line, execution)
    over = "status = 'cancelled', phase = 'done', due_at = NULL, completed_at = now()"
    await change(execution, over)

    for line in three:
        assert (await hear(line))["payload"]["data"]["execution"]["phase"] == "DONE"
        assert await hear(line) == {"id": "1", "type": "complete"}
    assert run_for(alice) == 0
    await subscribe(three[0], WATCH, variables={"id": execution})  # the same id again
    assert [(await hear(three[0]))["type"] for _ in range(2)] == ["next", "complete"]


async def test_who_is_not_there_is_told_so_to_all(lines, alice, execution):
    for _ in range(2):
        line = await lines(alice)
        await subscribe(line, WATCH, variables={"id": f"exec_{'0' * 32}"})
        told = await hear(line)
        assert told["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert (await hear(line))["type"] == "complete"


async def test_a_stranger_gets_nothing_of_what_others_watch(lines, alice, charlie, execution):
    await watch(await lines(alice), execution)
    stranger = await lines(charlie)
    await subscribe(stranger, WATCH, variables={"id": execution})
    told = (await hear(stranger))["payload"]
    assert told["data"] is None
    assert told["errors"][0]["extensions"]["code"] == "NOT_FOUND"
