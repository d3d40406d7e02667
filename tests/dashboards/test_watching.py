"""Dashboards, watched: what has happened to them, and when that is nobody's business any more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import select, text, update

from domain import db, ids, models
from domain.aggregates import aggregates
from domain.people import tokens
from domain.viewer import Viewer
from graph.app import app
from graph.fields.context import Context
from graph.schema import schema
from tests.dashboards.dashboards import (
    CHANGE,
    DELETE,
    DUPLICATE,
    READ,
    SHARE,
    UNSHARE,
    WIDGETS,
    at,
    note,
)
from tests.graph import server
from tests.graph.http import sockets

WATCH = """
subscription($id: ID!) {
  dashboard(id: $id) {
    changed
    dashboard {
      id version dataVersion name access isPublic widgets { title } shares { permission }
    }
  }
}
"""


@asynccontextmanager
async def watching(viewer: Viewer, board: str) -> AsyncIterator[Any]:
    """A way to get the next event, within seconds; None when there are no more."""
    updates = await schema.subscribe(
        WATCH, variable_values={"id": board}, context_value=Context(viewer)
    )

    async def following() -> Any:
        async with asyncio.timeout(5):
            try:
                event = await anext(updates)
            except StopAsyncIteration:
                return None
        return event.errors[0] if event.errors else event.data["dashboard"]

    yield following
    await updates.aclose()


async def new_numbers(report: str) -> None:
    """What a worker does when it has computed numbers of a report."""
    async with db.worker_transaction() as session:
        await aggregates.tell_dashboards(session, ids.decode("rpt", report), None)


async def test_a_watcher_sees_the_present_and_then_what_has_changed(ask, alice, shown, report):
    async with watching(alice, shown) as following:
        first = await following()
        assert (first["changed"], first["dashboard"]["version"]) == ([], 2)
        await ask(WIDGETS, id=shown, version=2, change={"add": [note(position=at(9))]})
        second = await following()
        assert second["changed"] == ["LAYOUT"]
        assert [one["title"] for one in second["dashboard"]["widgets"]] == ["Cost", "Note"]
        await new_numbers(report["id"])
        third = await following()
        assert third["changed"] == ["DATA"]
        assert (third["dashboard"]["version"], third["dashboard"]["dataVersion"]) == (3, 1)
        await ask(CHANGE, id=shown, version=3, change={"isPublic": True})
        assert (await following())["changed"] == ["LAYOUT", "SHARING"]
        await ask(DELETE, id=shown)
        assert await following() == {"changed": ["DELETED"], "dashboard": None}
        assert await following() is None


async def test_the_owner_sees_whom_it_is_shared_with_as_it_changes(ask, alice, dora, shown):
    async with watching(alice, shown) as following:
        await following()
        await ask(SHARE, id=shown, email=dora.email, permission="EDIT")
        event = await following()
        assert event["changed"] == ["SHARING"]
        assert event["dashboard"]["shares"] == [{"permission": "EDIT"}]


async def test_a_watcher_sees_that_he_may_do_more_now(ask, dora, shown):
    await ask(SHARE, id=shown, email=dora.email, permission="VIEW")
    async with watching(dora, shown) as following:
        assert (await following())["dashboard"]["access"] == "VIEW"
        await ask(SHARE, id=shown, email=dora.email, permission="EDIT")
        event = await following()
        assert (event["changed"], event["dashboard"]["access"]) == (["SHARING"], "EDIT")


@pytest.mark.parametrize("ending", ["unshared", "made private", "deleted"])
async def test_a_watch_ends_when_it_is_not_shown_any_more(ask, dora, shown, ending):
    if ending == "made private":
        await ask(CHANGE, id=shown, version=2, change={"isPublic": True})
    else:
        await ask(SHARE, id=shown, email=dora.email, permission="VIEW")
    async with watching(dora, shown) as following:
        await following()
        if ending == "unshared":
            await ask(UNSHARE, id=shown, email=dora.email)
        elif ending == "made private":
            await ask(CHANGE, id=shown, version=3, change={"isPublic": False})
        else:
            await ask(DELETE, id=shown)
        assert (await following()).extensions["code"] == "NOT_FOUND"
        assert await following() is None


async def test_a_stranger_watches_nothing(charlie, shown):
    async with watching(charlie, shown) as following:
        assert (await following()).extensions["code"] == "NOT_FOUND"


async def test_versions_never_go_back_and_the_last_is_seen(ask, alice, shown, report):
    seen: list[Any] = []

    async def watch() -> None:
        async with watching(alice, shown) as following:
            while not seen or seen[-1] != (12, 10):
                event = await following()
                seen.append((event["dashboard"]["version"], event["dashboard"]["dataVersion"]))

    watcher = asyncio.create_task(watch())
    for number in range(10):
        version = 2 + number
        await ask(CHANGE, id=shown, version=version, change={"name": f"Board {number}"})
        await new_numbers(report["id"])
    async with asyncio.timeout(10):
        await watcher
    assert seen == sorted(set(seen))
    assert [one[1] for one in seen] == sorted(one[1] for one in seen)


async def test_new_numbers_are_told_to_the_dashboards_that_show_them_and_are_no_change_of_theirs(
    ask, refused, board, shown, report
):
    copy = await ask(DUPLICATE, id=shown)
    before = await ask(READ, id=shown)
    async with db.owner_transaction() as session:
        unrelated = models.Dashboard(name="Other", user_id=await session.scalar(OWNER))
        session.add(unrelated)
    await new_numbers(report["id"])

    after = await ask(READ, id=shown)
    assert (after["version"], after["dataVersion"]) == (before["version"], 1)
    assert after["updatedAt"] == before["updatedAt"]
    assert (await ask(READ, id=copy["id"]))["dataVersion"] == 1
    assert (await ask(READ, id=ids.encode("dash", unrelated.id)))["dataVersion"] == 0
    moved = {"change": [{"id": after["widgets"][0]["id"], "title": "Still"}]}
    assert (await ask(WIDGETS, id=shown, version=2, change=moved))["version"] == 3


OWNER = text("SELECT id FROM users WHERE name = 'Alice'")


async def test_a_collection_tells_the_dashboards_of_its_report(
    ask, shown, collect, work_until_done, amc
):
    await collect(2)
    await work_until_done()
    assert (await ask(READ, id=shown))["dataVersion"] >= 1


async def test_workers_and_editors_at_once_wait_for_each_other_and_not_for_ever(ask, shown, report):
    boards = [shown] + [(await ask(DUPLICATE, id=shown))["id"] for _ in range(5)]
    version = {board: (await ask(READ, id=board))["version"] for board in boards}

    async def edit(board: str) -> None:
        for number in range(5):
            change = {"name": f"{board} {number}"}
            await ask(CHANGE, id=board, version=version[board] + number, change=change)

    async with asyncio.timeout(60):
        await asyncio.gather(
            *(edit(board) for board in boards), *(new_numbers(report["id"]) for _ in range(20))
        )
    for board in boards:
        read = await ask(READ, id=board)
        assert (read["version"], read["dataVersion"]) == (version[board] + 5, 20)


@pytest.mark.parametrize("rows", [1, 5])
async def test_an_event_costs_the_same_statements_whatever_is_on_it(
    ask, alice, shown, report, count_statements, rows
):
    cards = [note(f"Note {n}", position=at(0, 10 + 2 * n)) for n in range(4 * rows)]
    await ask(WIDGETS, id=shown, version=2, change={"add": cards})
    async with watching(alice, shown) as following:
        await following()
        with count_statements() as seen:
            await new_numbers(report["id"])
            await following()
    assert len(seen) == 6


async def test_over_a_socket_a_share_that_is_taken_ends_the_watch(ask, dora, shown):
    await ask(SHARE, id=shown, email=dora.email, permission="VIEW")
    token = tokens.issue(dora.email, dora.email)
    async with (
        server.serve(app) as place,
        sockets.socket(place, {"authorization": f"Bearer {token}"}) as line,
    ):
        await sockets.subscribe(line, WATCH, variables={"id": shown})
        first = await sockets.hear(line)
        assert first["payload"]["data"]["dashboard"]["dashboard"]["version"] == 2
        await ask(UNSHARE, id=shown, email=dora.email)
        last = await sockets.hear(line)
        assert last["payload"]["errors"][0]["extensions"]["code"] == "NOT_FOUND"
        assert (await sockets.hear(line))["type"] == "complete"


async def test_a_lost_word_is_made_good_by_the_next_beat(ask, alice, shown, monkeypatch):
    from domain.bus import bus

    quick = bus.settings.model_copy(update={"heartbeat": bus.settings.heartbeat / 100})
    monkeypatch.setattr(bus, "settings", quick)
    async with watching(alice, shown) as following:
        await following()
        async with db.owner_transaction() as session:
            row = ids.decode("dash", shown)
            await session.execute(
                update(models.Dashboard).where(models.Dashboard.id == row).values(version=9)
            )
            assert await session.scalar(select(models.Dashboard.version)) == 9
        assert (await following())["dashboard"]["version"] == 9
