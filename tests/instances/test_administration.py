"""Admins of an instance change its limits and its members. Nobody else does, in SQL neither."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db, ids
from tests.database.statements import does
from tests.people.people import join, person

SET = """
mutation($id: ID!, $email: String!, $role: MemberRole!) {
  instanceMemberSet(instanceId: $id, email: $email, role: $role) { role person { email } }
}
"""
REMOVE = """
mutation($id: ID!, $email: String!) {
  instanceMemberRemove(instanceId: $id, email: $email) { members { totalCount } }
}
"""
CHANGE = """
mutation($id: ID!, $change: InstanceChangeInput!) { instanceChange(id: $id, change: $change) {
  maxConcurrent dailyQuota isPaused
} }
"""
MEMBERS = "{ instances { nodes { members(first: 10) { nodes { role person { name } } } } } }"


async def test_an_admin_decides_who_the_members_are(ask, refused, alice, bob, instance):
    dora, new = await person("Dora"), await person("Newcomer")
    await join(dora, instance.id, "admin")
    place = ids.encode("inst", instance.id)

    for other in (alice, bob):
        said = await refused(SET, by=other, id=place, email=new.email, role="VIEWER")
        assert said["code"] == "FORBIDDEN"
    said = await refused(SET, by=new, id=place, email=new.email, role="ADMIN")
    assert said["code"] == "NOT_FOUND"

    made = await ask(SET, by=dora, id=place, email=" Newcomer@example.com", role="EDITOR")
    assert made == {"role": "EDITOR", "person": {"email": new.email}}
    assert made == await ask(SET, by=dora, id=place, email=new.email, role="EDITOR")  # a repeat
    assert (await ask(SET, by=dora, id=place, email=new.email, role="VIEWER"))["role"] == "VIEWER"
    [seen] = (await ask(MEMBERS, by=new))["nodes"]
    assert {one["person"]["name"]: one["role"] for one in seen["members"]["nodes"]} == {
        "Alice": "EDITOR",
        "Bob": "VIEWER",
        "Dora": "ADMIN",
        "Newcomer": "VIEWER",
    }
    nobody = await refused(SET, by=dora, id=place, email="nobody@example.com", role="VIEWER")
    assert (nobody["code"], nobody["field"]) == ("NOT_FOUND", "email")

    last = await refused(SET, by=dora, id=place, email=dora.email, role="EDITOR")
    assert (last["code"], last["field"]) == ("CONFLICT", "email")
    themselves = await refused(REMOVE, by=dora, id=place, email=dora.email)
    assert themselves["code"] == "BAD_USER_INPUT"
    for _ in range(2):  # a repeat changes nothing
        left = await ask(REMOVE, by=dora, id=place, email=new.email)
        assert left["members"]["totalCount"] == 3
    assert (await ask(MEMBERS, by=new))["nodes"] == []


async def test_work_of_an_editor_ends_with_the_role(ask, report, sent, alice, instance):
    dora = await person("Dora")
    await join(dora, instance.id, "admin")
    run = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE report_executions SET due_at = now() + interval '1 hour'")
        )
    sent.clear()
    place = ids.encode("inst", instance.id)
    await ask(SET, by=dora, id=place, email=alice.email, role="VIEWER")
    async with db.owner_transaction() as session:
        is_due = await session.scalar(
            text("SELECT due_at <= now() FROM report_executions WHERE id = :id"),
            {"id": ids.decode("exec", run["id"])},
        )
    assert is_due
    assert place in {subject for _, subject in sent}


async def test_an_admin_changes_the_limits(ask, refused, alice, instance):
    dora = await person("Dora")
    await join(dora, instance.id, "admin")
    place = ids.encode("inst", instance.id)
    assert (await refused(CHANGE, id=place, change={"isPaused": True}))["code"] == "FORBIDDEN"

    changed = await ask(CHANGE, by=dora, id=place, change={"maxConcurrent": 3, "dailyQuota": 30})
    assert changed == {"maxConcurrent": 3, "dailyQuota": 30, "isPaused": False}
    paused = await ask(CHANGE, by=dora, id=place, change={"isPaused": True})
    assert paused == {"maxConcurrent": 3, "dailyQuota": 30, "isPaused": True}
    free = await ask(CHANGE, by=dora, id=place, change={"dailyQuota": None, "isPaused": False})
    assert free == {"maxConcurrent": 3, "dailyQuota": None, "isPaused": False}
    said = await refused(CHANGE, by=dora, id=place, change={"maxConcurrent": 0})
    assert (said["code"], said["field"]) == ("BAD_USER_INPUT", "change.maxConcurrent")


PAUSE = """
mutation($id: ID!, $change: InstanceChangeInput!) { instanceChange(id: $id, change: $change) {
  isPaused pauseNote pausedAt pausedBy { name } settlingLag { attributed other } scheduleReserve
} }
"""


async def test_a_pause_says_why_since_when_and_by_whom(ask, refused, alice, instance):
    dora = await person("Dora")
    await join(dora, instance.id, "admin")
    place = ids.encode("inst", instance.id)
    note = {"isPaused": True, "pauseNote": " Amazon is slow today "}
    paused = await ask(PAUSE, by=dora, id=place, change=note)
    assert (paused["pauseNote"], paused["pausedBy"]) == ("Amazon is slow today", {"name": "Dora"})
    assert paused["pausedAt"]
    assert paused == await ask(PAUSE, by=dora, id=place, change=note)  # a repeat changes nothing
    seen = await ask("{ instances { nodes { pauseNote pausedBy { name } } } }")
    assert seen["nodes"] == [{"pauseNote": "Amazon is slow today", "pausedBy": {"name": "Dora"}}]

    goes_on = await ask(PAUSE, by=dora, id=place, change={"isPaused": False})
    assert [goes_on[one] for one in ("isPaused", "pauseNote", "pausedAt", "pausedBy")] == [
        *(False, None, None, None)
    ]
    said = await refused(PAUSE, by=dora, id=place, change={"pauseNote": "Why"})
    assert (said["code"], said["field"]) == ("BAD_USER_INPUT", "change.pauseNote")


async def test_an_admin_says_when_data_are_settled(ask, refused, instance):
    dora = await person("Dora")
    await join(dora, instance.id, "admin")
    place = ids.encode("inst", instance.id)
    change = {"settlingLag": {"other": 5}, "scheduleReserve": 2}
    changed = await ask(PAUSE, by=dora, id=place, change=change)
    assert changed["settlingLag"] == {"attributed": 14, "other": 5}
    assert changed["scheduleReserve"] == 2
    wrong = {"settlingLag": {"attributed": 99, "other": -1}, "maxConcurrent": 0}
    said = await refused(PAUSE, by=dora, id=place, change=wrong)
    assert {one["field"] for one in said["errors"]} == {
        "change.settlingLag.attributed",
        "change.settlingLag.other",
        "change.maxConcurrent",
    }


async def test_the_database_lets_admins_of_the_instance_only(alice, bob, charlie, instance):
    dora, new = await person("Dora"), await person("Newcomer")
    await join(dora, instance.id, "admin")
    mine = {"at": instance.id}
    limits = "UPDATE amc_instances SET max_concurrent = 5 WHERE id = :at"
    roles = "UPDATE instance_members SET role = 'admin' WHERE instance_id = :at AND user_id = :who"
    leave = "DELETE FROM instance_members WHERE instance_id = :at AND user_id = :who"
    add = "INSERT INTO instance_members (user_id, instance_id, role) VALUES (:who, :at, 'admin')"
    for other in (alice, bob, charlie, new):  # charlie is an admin elsewhere
        assert await does(other, limits, **mine) == 0
        assert await does(other, roles, who=other.user_id, **mine) == 0
        assert await does(other, leave, who=dora.user_id, **mine) == 0
        with pytest.raises(ProgrammingError, match="row-level security"):
            await does(other, add, who=new.user_id, **mine)
    assert await does(dora, limits, **mine) == 1
    assert await does(dora, add, who=new.user_id, **mine) == 1
    assert await does(dora, leave, who=new.user_id, **mine) == 1
    for statement in (
        "UPDATE amc_instances SET is_active = true WHERE id = :at",
        "UPDATE instance_members SET instance_id = :at",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"):
            await does(dora, statement, **mine)
