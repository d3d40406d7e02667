"""People change what is theirs, and administrators of the server say who may sign in."""

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.bus.queues import Job
from domain.errors import Unauthenticated
from domain.people import people
from domain.viewer import Viewer
from tests.database.statements import does, sees
from tests.graph.front_door import execute
from tests.people.people import person

ME = """
{ viewer { name timeZone isServerAdmin preferences { theme weekStart homeInstanceId } } }
"""
CHANGE = """
mutation($change: ViewerChangeInput!) { viewerChange(change: $change) {
  name timeZone preferences { theme weekStart homeInstanceId }
} }
"""
USERS = "{ users { nodes { id email isActive isServerAdmin } } }"
DEACTIVATE = "mutation($id: ID!) { userDeactivate(id: $id) { id isActive } }"
ACTIVATE = "mutation($id: ID!) { userActivate(id: $id) { id isActive } }"


@pytest.fixture
async def root(clean_database) -> Viewer:
    """An administrator of the server, who is a member of no instance."""
    viewer = await person("Root")
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE users SET role = 'admin' WHERE id = :id"), {"id": viewer.user_id}
        )
    return viewer


async def test_people_change_what_is_theirs(ask, refused, alice, instance, elsewhere):
    usual = {"theme": "SYSTEM", "weekStart": "MONDAY", "homeInstanceId": None}
    assert await ask(ME) == {
        **{"name": "Alice", "timeZone": "UTC", "isServerAdmin": False},
        "preferences": usual,
    }
    home = ids.encode("inst", instance.id)
    change = {"timeZone": "Europe/Berlin", "theme": "DARK", "homeInstanceId": home}
    for _ in range(2):  # a repeat changes nothing
        changed = await ask(CHANGE, change=change)
        assert changed == {
            **{"name": "Alice", "timeZone": "Europe/Berlin"},
            "preferences": {**usual, "theme": "DARK", "homeInstanceId": home},
        }
    changed = await ask(CHANGE, change={"name": " Alice A. ", "homeInstanceId": None})
    assert (changed["name"], changed["timeZone"]) == ("Alice A.", "Europe/Berlin")
    assert changed["preferences"] == {**usual, "theme": "DARK"}

    said = await refused(CHANGE, change={"name": " ", "timeZone": "Mars"})
    assert {one["field"] for one in said["errors"]} == {"change.name", "change.timeZone"}
    other = ids.encode("inst", elsewhere.id)
    said = await refused(CHANGE, change={"name": "Else", "homeInstanceId": other})
    assert (said["code"], said["field"]) == ("NOT_FOUND", "change.homeInstanceId")
    assert await sees(alice, "users", "name = 'Alice A.'") == 1  # nothing of it was changed


async def test_preferences_are_seen_by_nobody_else(ask, alice, bob):
    await ask(CHANGE, change={"theme": "DARK"})
    assert await sees(alice, "user_preferences") == 1
    assert await sees(bob, "user_preferences") == 0
    assert await does(bob, "UPDATE user_preferences SET theme = 'light'") == 0
    assert await does(bob, "UPDATE users SET name = 'Mine' WHERE email LIKE 'alice%'") == 0


async def test_who_may_sign_in_is_said_by_an_administrator_of_the_server(
    ask, refused, do, sent, report, root, alice, bob
):
    her = ids.encode("user", alice.user_id)
    for act in (DEACTIVATE, ACTIVATE):
        assert (await refused(act, by=bob, id=her))["code"] == "FORBIDDEN"
    assert (await refused(USERS, by=bob))["code"] == "FORBIDDEN"
    found = {one["email"]: one for one in (await ask(USERS, by=root))["nodes"]}
    assert found[alice.email] == {
        **{"id": her, "email": alice.email, "isActive": True, "isServerAdmin": False}
    }
    run = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    await do()
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_executions SET phase = 'waiting', status = 'pending', "
                "due_at = now() + interval '1 hour', started_at = NULL"
            )
        )

    for _ in range(2):  # a repeat changes nothing
        assert await ask(DEACTIVATE, by=root, id=her) == {"id": her, "isActive": False}
    assert (Job.RECHECK_PERSON, her) in sent
    await do()
    async with db.owner_transaction() as session:
        is_due = await session.scalar(
            text("SELECT due_at <= now() FROM report_executions WHERE id = :id"),
            {"id": ids.decode("exec", run["id"])},
        )
    assert is_due  # the engine looks at it now, and ends it
    async with db.transaction() as session:
        with pytest.raises(Unauthenticated):
            await people.by_subject(session, "amc-reports", alice.email)
    assert await ask(ACTIVATE, by=root, id=her) == {"id": her, "isActive": True}
    async with db.transaction() as session:
        assert await people.by_subject(session, "amc-reports", alice.email)

    said = await refused(DEACTIVATE, by=root, id=ids.encode("user", root.user_id))
    assert said["code"] == "BAD_USER_INPUT"
    told = "{ auditEntries(filter: {types: [USER]}) { nodes { operation by { name } } } }"
    assert (await ask(told, by=root))["nodes"][:2] == [
        {"operation": "userActivate", "by": {"name": "Root"}},
        {"operation": "userDeactivate", "by": {"name": "Root"}},
    ]


async def test_an_administrator_of_the_server_sees_no_work_of_others(root, report, ask):
    seen = await execute(root, "{ reports { totalCount } instances { totalCount } }")
    assert seen.data == {"reports": {"totalCount": 0}, "instances": {"totalCount": 0}}
    told = "{ auditEntries(filter: {types: [REPORT]}) { totalCount } }"
    assert (await ask(told, by=root))["totalCount"] == 0
