"""Collections, watched: versions grow, progress never falls, the last event is final."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.bus import bus
from domain.viewer import Viewer
from graph.fields.context import Context
from graph.schema import schema
from tests.collections.collections import ACT, READ, START

WATCH = """
subscription($id: ID!) {
  collection(id: $id) {
    id version status isOver weeksCompleted progressPercentage targetWeeks
    counts { pending running completed } waits { reason count } etaLatest ratePerHour
    weeks { startDate status execution { phase } }
  }
}
"""
WATCH_ALL = """
subscription { collections(filter: {isOpen: true, mine: true}) { nodes { id status version } } }
"""


async def watching(viewer: Viewer, operation: str, **variables: Any) -> Any:
    found = await schema.subscribe(
        operation, variable_values=variables, context_value=Context(viewer)
    )
    assert hasattr(found, "__aiter__"), found
    return found


async def seen_by(updates: Any) -> list[dict[str, Any]]:
    """Everything a watcher gets, to the end."""
    seen = []
    async for update in updates:
        assert not update.errors, update.errors
        seen.append(next(iter(update.data.values())))
    return seen


async def test_watching_a_collection_to_its_end(alice, bob, collect, work_until_done, amc):
    collection = await collect(4, segmentation={"parallelLimit": 2})
    watchers = [
        asyncio.create_task(seen_by(await watching(one, WATCH, id=collection)))
        for one in (alice, alice, bob)
    ]
    await work_until_done()

    async with asyncio.timeout(20):
        for seen in await asyncio.gather(*watchers):
            versions = [one["version"] for one in seen]
            assert versions == sorted(set(versions)), "strictly increasing"
            progress = [one["progressPercentage"] for one in seen]
            assert progress == sorted(progress), "never falls"
            assert [one["isOver"] for one in seen] == [False] * (len(seen) - 1) + [True]
            assert (seen[-1]["status"], seen[-1]["weeksCompleted"]) == ("COMPLETED", 4)
            for one in seen:
                assert one["weeksCompleted"] == one["counts"]["completed"]
                done = [week["status"] for week in one["weeks"]].count("COMPLETED")
                assert done == one["counts"]["completed"]


async def test_who_comes_late_or_back_gets_the_present_state(
    ask, alice, collect, work_until_done, amc
):
    collection = await collect(1)
    await work_until_done()

    (only,) = await seen_by(await watching(alice, WATCH, id=collection))

    assert only["status"] == "COMPLETED"
    assert only["version"] == (await ask(READ, id=collection))["version"]


async def test_a_stranger_watches_nothing(charlie, collect):
    collection = await collect(1)
    updates = await watching(charlie, WATCH, id=collection)
    first = await anext(updates)
    assert first.errors[0].extensions["code"] == "NOT_FOUND"


async def test_progress_does_not_fall_when_everything_is_collected_again(
    ask, alice, collect, work_until_done, amc
):
    collection = await collect(3)
    await work_until_done()
    await ask(ACT["retry"], id=collection, which="ALL")
    watcher = asyncio.create_task(seen_by(await watching(alice, WATCH, id=collection)))

    await work_until_done()

    async with asyncio.timeout(20):
        seen = await watcher
    assert {one["progressPercentage"] for one in seen} == {100}
    assert seen[-1]["isOver"]


async def test_a_persons_running_collections_are_watched_as_a_list(
    ask, alice, bob, collect, report, work_until_done, amc
):
    updates = await watching(alice, WATCH_ALL)
    colleague = await watching(bob, WATCH_ALL.replace(", mine: true", ""))
    first = (await anext(updates)).data["collections"]["nodes"]
    assert (await anext(colleague)).data["collections"]["nodes"] == []
    collection = await collect(2)
    second = (await anext(updates)).data["collections"]["nodes"]
    async with asyncio.timeout(5):  # by the word, and not by the next heartbeat
        of_colleague = (await anext(colleague)).data["collections"]["nodes"]
    assert [one["id"] for one in of_colleague] == [collection]
    await colleague.aclose()
    await ask(ACT["cancel"], id=collection)
    await work_until_done()

    assert first == []
    assert [one["id"] for one in second] == [collection]
    async with asyncio.timeout(10):
        async for update in updates:
            if update.data["collections"]["nodes"] == []:
                break
    await updates.aclose()


async def test_a_running_collection_is_heard_of_at_least_every_beat(ask, collect, do):
    collection = await collect(2)
    await do()
    before = await ask(READ, id=collection)
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_data_collections SET forecast_at = now() - interval '16 s', "
                "eta_latest = NULL WHERE id = :id"
            ),
            {"id": ids.decode("col", collection)},
        )
    async with db.worker_transaction() as session:
        from domain.collections import steps

        await steps.step(session, collection)

    after = await ask(READ, id=collection)
    assert after["version"] > before["version"]
    assert after["etaEarliest"] <= after["etaLatest"]


@pytest.mark.parametrize("weeks", [1, 6])
async def test_a_watched_collection_costs_the_same_statements_whatever_its_size(
    alice, collect, count_statements, weeks
):
    collection = await collect(weeks)
    updates = await watching(alice, WATCH, id=collection)
    with count_statements() as statements:
        await anext(updates)
    await updates.aclose()
    told = [one for one in statements if not one.startswith("SELECT set_config")]
    assert len(told) == 3, told  # collection, counts, weeks; executions once there are any


async def test_counts_hold_at_every_moment(ask, collect, do, work_until_done, amc):
    collection = await collect(5, segmentation={"parallelLimit": 2})
    key = {"id": ids.decode("col", collection)}
    for _ in range(8):
        await do()
        async with db.owner_transaction() as session:
            row = (
                await session.execute(
                    text(
                        "SELECT c.weeks_completed, c.progress_percentage, c.target_weeks, "
                        "count(w.id), count(w.id) FILTER (WHERE w.status = 'completed') "
                        "FROM report_data_collections c JOIN report_data_weeks w "
                        "ON w.collection_id = c.id WHERE c.id = :id GROUP BY c.id"
                    ),
                    key,
                )
            ).one()
        assert row[0] == row[4]
        assert row[1] == 100 * row[4] // row[3]
        assert row[2] == row[3]


async def test_the_bus_is_told_of_a_start(ask, report, instance):
    told = asyncio.Event()

    async def listen() -> None:
        async for _ in bus.hub.watch(instance.id):
            if told.is_set():
                return
            told.set()

    listener = asyncio.create_task(listen())
    await told.wait()
    await ask(START, collection={"reportId": report["id"], "targetWeeks": 1})
    done, _ = await asyncio.wait([listener], timeout=5)
    assert listener in done
