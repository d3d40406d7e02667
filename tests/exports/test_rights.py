"""Who may export what: whoever sees the source, for as long as they see it, and nobody else."""

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids, models, storage
from domain.exports import exports
from domain.viewer import Viewer
from tests.database import rows
from tests.exports.exports import CREATE, LINK, READ, export, fetched, set_all
from tests.graph.front_door import execute

NODE = "query($id: ID!) { node(id: $id) { id } }"
TABLES = {
    "dashboard_view_id": "dashboard_views",
    "dashboard_id": "dashboards",
    "widget_id": "dashboard_widgets",
    "execution_id": "report_executions",
    "workflow_execution_id": "workflow_executions",
    "report_id": "report_definitions",
    "collection_id": "report_data_collections",
}
READY = """
state = 'completed', due_at = NULL, file_url = 'exports/aa/file.csv', file_name = 'file.csv',
file_size_bytes = 4, checksum = '0', completed_at = now(), expires_at = now() + interval '1 day'
"""
ENDS = {
    "the membership ends": "DELETE FROM instance_members WHERE user_id = :who",
    "the sources are somebody else's": """
        WITH a AS (UPDATE report_definitions SET owner_id = :other),
            b AS (UPDATE dashboards SET user_id = :other),
            c AS (UPDATE workflows SET user_id = :other)
        DELETE FROM instance_members WHERE user_id = :who""",
    "the person may not sign in": "UPDATE users SET is_active = false WHERE id = :who",
}


async def sees(who: Viewer, key: str) -> bool:
    """Whether the API shows this object to the person."""
    answer = await execute(who, NODE, id=key)
    return answer.data is not None and answer.data["node"] is not None


def sources(made: rows.Rows) -> dict[str, str]:
    """The public id of a source of each kind, by its column."""
    return {
        column: ids.encode(prefix, made[TABLES[column]].id)
        for column, (prefix, _, _) in exports.SOURCES.items()
    }


async def test_whoever_sees_a_source_may_export_it_and_nobody_else(
    alice, bob, charlie, dora, instance
):
    made = await rows.populate(alice, instance.id)
    seen = {}
    for column, key in sources(made).items():
        asked = export("CSV", **{exports.SOURCES[column][2]: key})
        for who in (alice, bob, charlie, dora):
            answer = await execute(who, CREATE, export=asked)
            codes = [one.extensions["code"] for one in answer.errors or []]
            seen[column, who.name] = await sees(who, key)
            assert ("NOT_FOUND" in codes) != seen[column, who.name], (column, who.name)
    assert all(seen[column, "Alice"] for column in TABLES)
    assert not any(seen[column, name] for column in TABLES for name in ("Charlie", "Dora"))


@pytest.mark.parametrize("statement", ENDS.values(), ids=ENDS)
async def test_exports_and_links_end_with_the_right_to_see_their_source(
    ask, alice, bob, charlie, instance, tmp_path, statement
):
    made = await rows.populate(alice, instance.id)
    found = await exported(alice, made, tmp_path)
    given = {column: (await ask(LINK, id=key))["download"]["url"] for column, key in found.items()}
    for link in given.values():
        assert (await fetched(link)).content == b"file"
    for key in found.values():
        for other in (bob, charlie):
            assert not await sees(other, key)
            answer = await execute(other, READ, id=key)
            assert [one.extensions["code"] for one in answer.errors] == ["NOT_FOUND"]

    async with db.owner_transaction() as session:
        who = {"who": alice.user_id, "other": charlie.user_id}
        await session.execute(text(statement), {k: who[k] for k in who if f":{k}" in statement})
    is_out = "is_active" in statement
    ended = 0
    for column, key in sources(made).items():
        still = not is_out and await sees(alice, key)
        ended += not still
        assert (await fetched(given[column])).status_code == (200 if still else 404), column
        assert is_out or await sees(alice, found[column]) == still, column
    assert ended > 0


async def exported(viewer: Viewer, made: rows.Rows, folder: Path) -> dict[str, str]:
    """A finished export of each source, by the column of the source."""
    (folder / "file.csv").write_bytes(b"file")
    await storage.put(folder / "file.csv", "exports/aa/file.csv")
    found: dict[str, Any] = {}
    async with db.owner_transaction() as session:
        for column, table in TABLES.items():
            of = {column: made[table].id}
            row = models.ReportExport(
                **of, export_format="csv", options={}, exported_by=viewer.user_id, due_at=rows.NOON
            )
            session.add(row)
            await session.flush()
            found[column] = ids.encode("exp", row.id)
    await set_all(READY)
    return found


def test_each_source_is_tried():
    assert set(TABLES) == set(exports.SOURCES)
