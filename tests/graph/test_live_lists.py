"""Lists that are watched: whoever sees a row hears of it, at once, and it is read once for all."""

import asyncio
import contextlib
from datetime import timedelta
from typing import Any

import graphql
import pytest
from sqlalchemy import text

from domain import db, ids, models
from domain.bus import bus
from domain.executions import states
from domain.pages import feed as feeds
from domain.people import tokens
from graph.fields.context import Context
from graph.http import broadcast
from graph.schema import schema
from tests.graph.copies import copies
from tests.graph.http import sockets
from tests.graph.live import Watcher, announce, watching

BUILT = graphql.build_schema(schema.as_str())
LISTS = {
    name: field
    for name, field in BUILT.subscription_type.fields.items()
    if graphql.get_named_type(field.type).name.endswith("Changes")
}
LATER = "error_message = version::text"
# The table of each list, and a change that is seen.
TABLES = {
    "executions": ("report_executions", LATER),
    "workflowExecutions": ("workflow_executions", LATER),
    "reports": ("report_definitions", "name = 'Another'"),
    "collections": ("report_data_collections", "version = version + 1"),
    "views": ("dashboard_views", "last_updated = now()"),
    "notices": ("notices", "attempts = attempts + 1"),
    "inbox": ("inbox_entries", "read_at = now()"),
}
EXECUTIONS = """
subscription($filter: ExecutionFilter, $first: Int! = 20) {
  executions(filter: $filter, first: $first) {
    isWhole hasMore removed nodes { id status phase version isDrawn }
  }
}
"""
REPORTS = """
subscription($filter: ReportFilter) {
  reports(filter: $filter) { isWhole hasMore removed nodes { id name latestStatus } }
}
"""
RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
CANCEL = "mutation($id: ID!) { executionCancel(id: $id) { id } }"


def is_completed(watcher: Watcher) -> bool:
    return [one["status"] for one in watcher.known.values()] == ["COMPLETED"]


async def change(table: str, key: Any, values: str = LATER) -> None:
    """Change a row, and announce it."""
    async with db.owner_transaction() as session:
        await session.execute(text(f"UPDATE {table} SET {values} WHERE id = :key"), {"key": key})
        bus.changed(session, key)


async def test_all_members_hear_the_same_at_the_same_time_and_others_nothing(
    ask, alice, bob, charlie, report, work_until_done, amc
):
    async with (
        watching(alice, EXECUTIONS) as of_alice,
        watching(bob, EXECUTIONS) as of_bob,
        watching(charlie, EXECUTIONS) as of_charlie,
    ):
        hearing = asyncio.gather(of_alice.until(is_completed), of_bob.until(is_completed))
        run = (await ask(RUN, id=report["id"]))["id"]
        await work_until_done()
        await hearing

        assert list(of_alice.known) == [run]
        assert of_alice.events == of_bob.events
        assert of_alice.events[0] == {
            "isWhole": True,
            "hasMore": False,
            "removed": [],
            "nodes": [],
        }
        versions = [one["nodes"][0]["version"] for one in of_alice.events[1:]]
        assert len(versions) > 2
        assert versions == sorted(set(versions))
        with pytest.raises(TimeoutError):
            await of_charlie.hear()
        assert len(of_charlie.events) == 1
        assert of_charlie.known == {}


async def test_a_report_is_sent_with_what_its_runs_have_become(
    ask, alice, bob, report, work_until_done, amc
):
    async with watching(bob, REPORTS, filter={"text": "campaigns"}) as watcher:
        assert watcher.known[report["id"]]["latestStatus"] is None
        await ask(RUN, id=report["id"])
        await work_until_done()
        await watcher.until(lambda who: who.known[report["id"]]["latestStatus"] == "COMPLETED")
        change_name = (
            "mutation($id: ID!, $c: ReportChangeInput) { reportChange(id: $id, change: $c)"
        )
        await ask(f"{change_name} {{ id }} }}", id=report["id"], c={"name": "Something else"})
        await watcher.until(lambda who: not who.known)
        assert watcher.events[-1]["removed"] == [report["id"]]


async def test_what_leaves_the_filter_is_removed_and_what_never_was_in_it_is_not_told(
    ask, alice, report
):
    async with (
        watching(alice, EXECUTIONS, filter={"statuses": ["PENDING"], "mine": True}) as waiting,
        watching(alice, EXECUTIONS, filter={"statuses": ["FAILED"]}) as failed,
    ):
        first, second = [(await ask(RUN, id=report["id"]))["id"] for _ in range(2)]
        await waiting.until(lambda who: len(who.known) == 2)
        await ask(CANCEL, id=first)
        await waiting.until(lambda who: len(who.known) == 1)
        assert list(waiting.known) == [second]
        async with db.worker_transaction() as session:
            key = ids.decode("exec", second)
            row = await session.get_one(models.ReportExecution, key)
            why = {"error_code": "DEADLINE", "error_message": "It took too long."}
            await states.finish(session, row, "failed", **why)
        assert [one["id"] for one in (await failed.hear())["nodes"]] == [second]
        assert len(failed.events) == 2


async def test_every_list_sends_each_announced_row_to_who_sees_it(alice, instance, charlie):
    assert set(LISTS) == set(TABLES)
    rows = await copies(alice, instance.id)
    for name, (table, values) in TABLES.items():
        operation = f"subscription {{ {name} {{ isWhole removed nodes {{ id }} }} }}"
        async with watching(alice, operation) as watcher, watching(charlie, operation) as other:
            assert len(watcher.known) > 1, name
            await change(table, rows[table].id, values)
            event = await watcher.hear()
            assert not event["isWhole"], name
            assert [one["id"].partition("_")[2] for one in event["nodes"]] == [rows[table].id.hex]
            assert other.known == {}, name


@pytest.mark.parametrize("lists", [1, 12])
async def test_a_change_costs_the_same_statements_however_many_watch_however_many_lists(
    ask, alice, bob, report, count_statements, lists
):
    run = (await ask(RUN, id=report["id"]))["id"]
    filters = [
        {"text": "campaigns", "createdFrom": f"2020-01-{day + 1:02}T00:00:00Z"}
        for day in range(lists)
    ]
    async with contextlib.AsyncExitStack() as opened:
        watchers = [
            await opened.enter_async_context(watching(who, EXECUTIONS, filter=one))
            for one in filters
            for who in (alice, bob)
        ]
        with count_statements() as statements:
            await change(
                "report_executions", ids.decode("exec", run), "error_message = version::text"
            )
            for one in watchers:
                await one.hear()
    # Who sees it, as whom, the row, and which of the lists it belongs to.
    assert len(statements) == 4, statements


async def test_rights_are_read_each_time(ask, alice, bob, instance, report):
    run = (await ask(RUN, id=report["id"]))["id"]
    async with watching(alice, EXECUTIONS) as of_alice, watching(bob, EXECUTIONS) as of_bob:
        async with db.owner_transaction() as session:
            await session.execute(
                text("DELETE FROM instance_members WHERE user_id = :bob"), {"bob": bob.user_id}
            )
        await change("report_executions", ids.decode("exec", run))
        assert (await of_bob.hear())["removed"] == [run]
        assert [one["id"] for one in (await of_alice.hear())["nodes"]] == [run]


async def test_who_is_let_in_gets_the_list_anew(ask, alice, charlie, instance, report):
    run = (await ask(RUN, id=report["id"]))["id"]
    async with watching(charlie, EXECUTIONS) as watcher:
        async with db.owner_transaction() as session:
            await session.execute(
                text(
                    "INSERT INTO instance_members (user_id, instance_id, role) "
                    "VALUES (:user, :instance, 'viewer')"
                ),
                {"user": charlie.user_id, "instance": instance.id},
            )
        await announce(bus.RIGHTS)
        event = await watcher.hear()
        assert event["isWhole"]
        assert list(watcher.known) == [run]


async def test_a_heartbeat_finds_what_nobody_announced(ask, alice, report, monkeypatch):
    often = bus.settings.model_copy(update={"heartbeat": timedelta(seconds=0.05)})
    monkeypatch.setattr(bus, "settings", often)
    first, second = [(await ask(RUN, id=report["id"]))["id"] for _ in range(2)]
    async with watching(alice, EXECUTIONS, first=1) as watcher:
        assert list(watcher.known) == [second]
        assert watcher.events[0]["hasMore"]
        for run in (first, second):
            async with db.owner_transaction() as session:
                await session.execute(
                    text("UPDATE report_executions SET error_message = '!' WHERE id = :key"),
                    {"key": ids.decode("exec", run)},
                )
        event = await watcher.hear()
        assert event["isWhole"]
        assert event["nodes"][0]["version"] > watcher.events[0]["nodes"][0]["version"]


async def test_a_watcher_who_does_not_read_costs_bounded_memory(ask, alice, report, monkeypatch):
    monkeypatch.setattr(feeds, "MOST_KNOWN", 3)
    async with watching(alice, EXECUTIONS, first=2) as watcher:
        runs = [(await ask(RUN, id=report["id"]))["id"] for _ in range(6)]
        await watcher.until(lambda who: set(runs[-2:]) <= set(who.known))
        assert len(watcher.events) < 6
        assert all(len(one["nodes"]) <= 2 for one in watcher.events)


async def test_the_overview_is_sent_again_when_it_differs(ask, alice, charlie, report):
    overview = "subscription { overview { waiting running openCollections } }"

    async def newest(updates: Any) -> Any:
        return (await anext(updates)).data["overview"]

    updates: Any = await schema.subscribe(overview, context_value=Context(alice))
    assert (await newest(updates))["waiting"] == 0
    await ask(RUN, id=report["id"])
    assert (await newest(updates))["waiting"] == 1
    await updates.aclose()


async def test_sockets_share_a_list_and_each_knows_all_of_it(
    ask, alice, report, api_place, monkeypatch
):
    monkeypatch.setattr(broadcast, "MOST_KEPT", 4)
    greeting = {"Authorization": f"Bearer {tokens.issue(alice.email, alice.email)}"}
    watched = "subscription { executions { isWhole nodes { id version } } }"

    async def hear(line: Any, has: dict[str, int]) -> None:
        message = await sockets.hear(line)
        event = message["payload"]["data"]["executions"]
        if event["isWhole"]:
            has.clear()
        has.update({one["id"]: one["version"] for one in event["nodes"]})

    async with contextlib.AsyncExitStack() as opened:
        lines: list[tuple[Any, dict[str, int]]] = []
        for turn in range(3):
            line = await opened.enter_async_context(sockets.socket(api_place, greeting))
            await sockets.subscribe(line, watched)
            lines.append((line, {}))
            for _ in range(3):
                await ask(RUN, id=report["id"])
            for one, has in lines:
                while len(has) < 3 * (turn + 1):
                    await hear(one, has)
        known = [has for _, has in lines]
        assert len(broadcast.running) == 1
    assert known[0] == known[1] == known[2]
    assert len(known[0]) == 9
