"""One bad part spares the rest: each kind of stored row and file is broken in turn."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from domain import db, ids, models
from domain.settings import settings
from tests.dashboards.dashboards import WIDGETS, card, new_workflow
from tests.graph.front_door import CREATE, execute
from tests.graph.selections import lists
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.schedules.schedules import MONDAYS
from tests.views.views import CONFIGURE, files, run

SHAPES = ('"odd"', "[1]", "{}", '{"metrics": [{"name": 7}], "sources": 3, "type": []}')
# Shapes that are tried on a column, in turn; BAD_SHAPES=4 tries all of them on each.
TRIED = int(os.environ.get("BAD_SHAPES", "2"))
Harm = tuple[str, str, str]  # a table, its column, and the document that is put there
COLUMNS = text(
    """
    SELECT table_name, column_name FROM information_schema.columns
    WHERE table_schema = 'public' AND data_type = 'jsonb' ORDER BY 1, 2
    """
)
BOARD = """
query($id: ID!, $filters: [WidgetFilterInput!]) {
  dashboard(id: $id) { widgets { title data(filters: $filters) {
    unserved { code message } points(first: 3) { cells { value } } chart altText
  } } }
}
"""
RESULTS = """
query($report: ID!) {
  executions(filter: {reportId: $report}) { nodes { id rows(first: 1) { rows }
    download { url } } }
}
"""
SECOND = [
    {"dimension": "ad_product_type", "values": ["none such"], "exclude": True},
    {"dimension": "campaign", "values": ["none such"], "exclude": True},
]


@pytest.fixture
async def filled(
    ask: Any,
    alice: Any,
    instance: models.Instance,
    report: Any,
    report_input: Any,
    collect: Any,
    draw: Any,
    board: str,
) -> dict[str, str]:
    """Two of everything, or more; and the arguments of the lists that need one."""
    async with db.owner_transaction() as session:  # who sees the list of people as well
        await session.execute(
            text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": alice.user_id}
        )
    other = (await ask(CREATE, report={**report_input, "name": "Other"}))["id"]
    for one in (report["id"], other):
        await ask(CONFIGURE, report=one)
        await ask(SCHEDULE, report=one, schedule=MONDAYS)
    for _ in range(2):
        await new_workflow(alice, instance)
    collection = await collect(2)
    for weeks_ago in (0, 1):
        await run(ask, report, weeks_ago)
    await run(ask, {"id": other})
    await draw()
    widgets = [card(report["id"], "First"), card(other, "Second")]
    widgets += [
        {**card(report["id"], "Third"), "position": {"x": 0, "y": 4, "width": 3, "height": 2}}
    ]
    widgets[1]["position"] = {"x": 3, "y": 0, "width": 3, "height": 2}
    await ask(WIDGETS, id=board, version=1, change={"add": widgets})
    return {
        "reportId": report["id"],
        "collectionId": collection,
        "instanceId": ids.encode("inst", instance.id),
        "dashboard": board,
    }


async def seen(viewer: Any, queries: dict[str, str]) -> dict[str, Any]:
    """The items of each list: whether each is there. None if the list itself is gone."""
    found: dict[str, Any] = {}
    for name, query in queries.items():
        answer = await execute(viewer, query)
        nodes = answer.data and answer.data[name] and answer.data[name]["nodes"]
        found[name] = None if nodes is None else [one is not None for one in nodes]
    return found


async def test_no_stored_document_takes_its_neighbours_along(ask, alice, filled):
    queries = dict(lists(filled))
    assert len(queries) > 5
    whole = await seen(alice, queries)
    assert all(whole[name] is not None for name in queries), whole
    tried: set[Harm] = set()

    async def lost_by(harms: Sequence[Harm]) -> list[tuple[Harm, str]]:
        """What each of these takes along. They are done together, and apart if anything is lost."""
        done = [(one, was) for one in harms if (was := await broken(*one)) is not None]
        tried.update(one for one, _ in done)
        missing = await missed(alice, queries, whole, filled["dashboard"])
        for (table, column, _), was in done:
            await restored(table, column, was)
        if not missing or len(done) < 2:
            return [(one, name) for one, _ in done for name in missing]
        half = len(done) // 2
        first, second = ([one for one, _ in part] for part in (done[:half], done[half:]))
        return await lost_by(first) + await lost_by(second)

    lost = [found for harms in await rounds() for found in await lost_by(harms)]
    assert len(tried) > 20
    assert lost == []
    assert await seen(alice, queries) == whole


async def rounds() -> list[list[Harm]]:
    """Every document of every table in turn, each with several shapes; one of a table at a time."""
    async with db.owner_transaction() as session:
        columns = (await session.execute(COLUMNS)).all()
    found: dict[tuple[int, int], list[Harm]] = {}
    place = Counter[str]()
    for number, (table, column) in enumerate(columns):
        for turn in range(TRIED):
            shape = SHAPES[(number + turn) % len(SHAPES)]
            found.setdefault((place[table], turn), []).append((table, column, shape))
        place[table] += 1
    return list(found.values())


async def missed(
    viewer: Any, queries: dict[str, str], whole: dict[str, Any], board: str
) -> list[str]:
    """The lists that are gone or lack more than one item, and the dashboard if it lacks any."""
    now = await seen(viewer, queries)
    found = [
        name
        for name, there in whole.items()
        if now[name] is None or sum(now[name]) < len(there) - 1
    ]
    shown = await execute(viewer, BOARD, id=board)
    if not shown.data or len(shown.data["dashboard"]["widgets"]) < 3:
        found.append("dashboard")
    return found


async def broken(table: str, column: str, shape: str) -> tuple[Any, Any] | None:
    """Break the document of one row, and return the row and what it was. None if it is refused."""
    try:
        async with db.owner_transaction() as session:
            row = (
                await session.execute(
                    text(f"SELECT ctid::text, {column}::text FROM {table} LIMIT 1")
                )
            ).first()
            if row is None:
                return None
            changed = await session.scalar(
                text(
                    f"UPDATE {table} SET {column} = CAST(:shape AS jsonb) "
                    "WHERE ctid::text = :at RETURNING ctid::text"
                ),
                {"shape": shape, "at": row[0]},
            )
            return changed, row[1]
    except DBAPIError:
        return None


async def restored(table: str, column: str, kept: tuple[Any, Any]) -> None:
    async with db.owner_transaction() as session:
        await session.execute(
            text(f"UPDATE {table} SET {column} = CAST(:was AS jsonb) WHERE ctid::text = :at"),
            {"was": kept[1], "at": kept[0]},
        )


@pytest.mark.parametrize("how", ["gone", "empty", "cut", "junk"])
async def test_a_lost_file_is_told_where_it_is_needed_and_nowhere_else(ask, alice, filled, how):
    whole = (await execute(alice, RESULTS, report=filled["reportId"])).data["executions"]["nodes"]
    assert all(one["rows"] and one["download"] for one in whole)
    (path,) = await files([whole[0]["id"]])
    spoil(path, how)

    answer = await execute(alice, RESULTS, report=filled["reportId"])

    now = answer.data["executions"]["nodes"]
    same = {one["id"] for one in whole if (await files([one["id"]])) == [path]}
    for before, after in zip(whole, now, strict=True):
        is_lost = after["id"] in same
        assert (after["rows"] is None) == is_lost
        assert (after["download"] is None) == (is_lost and how == "gone")
        assert after["id"] == before["id"]
    word = "is gone" if how == "gone" else "is damaged"
    for error in answer.errors:
        assert error.original_error.code == "NOT_FOUND"
        assert word in error.message
        assert "Run or collect it again" in error.message
        assert error.path[:2] == ["executions", "nodes"]


def spoil(path: Path, how: str) -> None:
    content = path.read_bytes()
    if how == "gone":
        path.unlink()
    elif how == "empty":
        path.write_bytes(b"")
    elif how == "cut":
        path.write_bytes(content[: len(content) // 2])
    else:
        path.write_bytes(b"PAR1" + bytes(len(content) - 8) + b"PAR1")


async def test_widgets_without_the_lost_file_are_served(ask, alice, filled):
    folder = Path(urlsplit(settings.storage_url).path)
    async with db.owner_transaction() as session:
        keys = list(await session.scalars(text("SELECT result_location FROM report_data_weeks")))
    (folder / keys[0]).unlink()
    answer = await execute(alice, BOARD, id=filled["dashboard"], filters=SECOND)
    plain = await execute(alice, BOARD, id=filled["dashboard"])
    assert not answer.errors
    assert not plain.errors
    by = {one["title"]: one["data"]["unserved"] for one in answer.data["dashboard"]["widgets"]}
    assert by["First"]["code"] == by["Third"]["code"] == "FILE_LOST"
    assert "is gone" in by["First"]["message"]
    first = plain.data["dashboard"]["widgets"][0]["data"]
    assert first["unserved"] is None, "aggregates do not need the file"
