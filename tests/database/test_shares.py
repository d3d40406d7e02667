"""What a shared or public dashboard shows, asked in SQL itself."""

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db
from domain.viewer import Viewer
from tests.database import rows
from tests.database.statements import does, sees

SHOWN = ("dashboards", "dashboard_widgets", "dashboard_sources", "report_data_aggregates")
NEVER = (
    "report_definitions",
    "report_executions",
    "report_data_weeks",
    "report_data_collections",
    "dashboard_views",
    "amc_instances",
)


async def share(made: rows.Rows, viewer: Viewer, level: str) -> None:
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE dashboard_shares "
                "SET shared_with_user_id = :viewer, permission_level = :level"
            ),
            {"viewer": viewer.user_id, "level": level},
        )


async def seen(viewer: Viewer | None, made: rows.Rows, tables: tuple[str, ...]) -> set[str]:
    found = set()
    for table in tables:
        key = made["workflows"].instance_id if table == "amc_instances" else made[table].id
        if await sees(viewer, table, "id = :key", key=key):
            found.add(table)
    return found


async def test_a_share_shows_the_dashboard_with_its_aggregates_and_nothing_behind_them(
    made, charlie
):
    assert await seen(charlie, made, SHOWN) == set()
    await share(made, charlie, "view")

    assert await seen(charlie, made, SHOWN) == set(SHOWN)
    assert await seen(charlie, made, NEVER) == set()


async def test_a_public_dashboard_is_shown_to_all_who_are_signed_in(made, charlie):
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE dashboards SET is_public = true"))

    assert await seen(charlie, made, SHOWN) == set(SHOWN)
    assert await seen(charlie, made, NEVER) == set()
    assert await seen(None, made, SHOWN) == set()


@pytest.mark.parametrize(("level", "changed"), [("view", 0), ("edit", 1)])
async def test_only_a_share_to_edit_lets_edit(made, charlie, level, changed):
    await share(made, charlie, level)

    assert await does(charlie, "UPDATE dashboards SET name = 'Ours'") == changed
    assert await does(charlie, "UPDATE dashboard_widgets SET title = 'Ours'") == changed
    assert await does(charlie, "DELETE FROM dashboards") == 0
    with pytest.raises(ProgrammingError, match="permission denied"):
        await does(charlie, "UPDATE dashboards SET user_id = :me", me=charlie.user_id)


async def add_source(viewer: Viewer, dashboard: Any, report: Any) -> int:
    return await does(
        viewer,
        "INSERT INTO dashboard_sources (dashboard_id, report_id, added_by) "
        "VALUES (:dashboard, :report, :me)",
        dashboard=dashboard,
        report=report,
        me=viewer.user_id,
    )


async def test_an_editor_adds_only_sources_that_he_sees_himself(made, charlie, elsewhere):
    theirs = await rows.populate(charlie, elsewhere.id)
    await does(charlie, "DELETE FROM dashboard_sources WHERE added_by = :me", me=charlie.user_id)
    dashboard = theirs["dashboards"].id

    with pytest.raises(ProgrammingError, match="row-level security"):
        await add_source(charlie, dashboard, made["report_definitions"].id)
    assert await add_source(charlie, dashboard, theirs["report_definitions"].id) == 1


async def test_only_the_owner_shares_and_whoever_it_is_shared_with_may_leave(made, bob, charlie):
    await share(made, charlie, "edit")
    with pytest.raises(ProgrammingError, match="row-level security"):
        await does(
            charlie,
            "INSERT INTO dashboard_shares (dashboard_id, shared_by_user_id, email) "
            "VALUES (:dashboard, :me, :other)",
            dashboard=made["dashboards"].id,
            me=charlie.user_id,
            other=bob.email,
        )
    assert await does(charlie, "UPDATE dashboard_shares SET permission_level = 'edit'") == 0
    assert await does(bob, "DELETE FROM dashboard_shares") == 0
    assert await does(charlie, "DELETE FROM dashboard_shares") == 1
    assert await seen(charlie, made, SHOWN) == set()


async def told(viewer: Viewer | None, made: rows.Rows) -> list[Any]:
    """What this person may know of the sources of the dashboard."""
    async with db.transaction(viewer) as session:
        found = await session.execute(
            text("SELECT report_id, name FROM sources_of(ARRAY[CAST(:id AS uuid)])"),
            {"id": made["dashboards"].id},
        )
        return [tuple(one) for one in found]


async def test_what_sources_are_called_is_told_to_whom_they_are_shown(made, alice, bob, charlie):
    source = [(made["report_definitions"].id, "Report")]
    assert await told(alice, made) == source
    assert [await told(one, made) for one in (bob, charlie, None)] == [[], [], []]

    await share(made, charlie, "view")
    assert [await told(one, made) for one in (bob, charlie, None)] == [[], source, []]
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE dashboards SET is_public = true"))
    assert [await told(one, made) for one in (bob, charlie, None)] == [source, source, []]


async def test_an_owner_who_left_the_instance_is_told_its_sources_no_more(made, alice, charlie):
    await share(made, charlie, "view")  # and not with herself, as it is made
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM instance_members"))
    assert await told(alice, made) == []


@pytest.mark.parametrize(
    "ending",
    [
        "DELETE FROM instance_members WHERE user_id = :who",
        "UPDATE users SET is_active = false WHERE id = :who",
    ],
)
async def test_a_dashboard_shows_nothing_of_a_person_who_left(made, alice, bob, charlie, ending):
    """Shared or public, its sources are shown by the right of the person who added them."""
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE dashboards SET is_public = true"))
        await session.execute(
            text(
                "INSERT INTO dashboard_sources (dashboard_id, workflow_id, added_by) "
                "VALUES (:dashboard, :workflow, :bob)"
            ),
            {
                "dashboard": made["dashboards"].id,
                "workflow": made["workflows"].id,
                "bob": bob.user_id,
            },
        )
    await share(made, charlie, "view")
    assert await sees(charlie, "report_data_aggregates") == 1
    async with db.owner_transaction() as session:
        await session.execute(text(ending), {"who": alice.user_id})
    others = [] if "users" in ending else [(None, "Workflow")]
    assert await sees(charlie, "report_data_aggregates") == 0
    assert await told(charlie, made) == others
    assert await sees(bob, "report_data_aggregates") == 1  # a member's own right goes on


async def test_an_address_finds_one_person_who_may_sign_in(alice, charlie):
    async def found(viewer: Viewer | None, address: str) -> Any:
        async with db.transaction(viewer) as session:
            return await session.scalar(text("SELECT user_of_address(:it)"), {"it": address})

    assert await found(alice, "CHARLIE@example.com") == charlie.user_id
    assert await found(alice, "%") is None
    assert await found(None, charlie.email) is None
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false WHERE name = 'Charlie'"))
    assert await found(alice, charlie.email) is None


async def test_who_is_shown_a_dashboard_knows_its_owners_name(made, alice, bob, charlie):
    assert await sees(charlie, "users") == 1
    await share(made, charlie, "view")
    assert await sees(charlie, "users", "name = 'Alice'") == 1
    assert await sees(charlie, "users", "name = 'Bob'") == 0
    assert await sees(alice, "users", "name = 'Charlie'") == 0  # she knows only an address


async def test_new_numbers_are_the_workers_to_tell_and_no_change(made, alice):
    counted = "UPDATE dashboards SET data_version = data_version + 1"
    with pytest.raises(ProgrammingError, match="permission denied"):
        await does(alice, counted)
    async with db.worker_transaction() as session:
        await session.execute(text(counted))
    assert await sees(alice, "dashboards", "data_version = 1 AND updated_at = created_at") == 1
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with db.worker_transaction() as session:
            await session.execute(text("UPDATE dashboards SET name = 'Ours'"))
