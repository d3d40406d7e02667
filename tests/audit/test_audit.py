"""The audit: who did what to which object, when, and who may read that."""

import asyncio
import json

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from domain import db, ids, secrets
from tests.database.rows import populate
from tests.database.statements import does, sees
from tests.local.command_line import amc_reports
from tests.people.people import REFRESH_TOKEN, join, person

ENTRIES = """
query($filter: AuditFilter) { auditEntries(filter: $filter, first: 100) { nodes {
  act type operation origin operator objectId objectName partOf by { name } byId
  instance { name } changes { field before after }
} } }
"""
CHANGE = """
mutation($id: ID!, $change: ReportChangeInput!) { reportChange(id: $id, change: $change) { id } }
"""
TARGET = """
mutation($address: String!) {
  noticeTargetAdd(kind: WEBHOOK, address: $address, events: [FAILED]) { secret }
}
"""


@pytest.fixture
async def dora(instance):
    """An admin of the instance."""
    viewer = await person("Dora")
    await join(viewer, instance.id, "admin")
    return viewer


async def entries(ask, by, **filter):
    return (await ask(ENTRIES, by=by, filter=filter))["nodes"]


async def test_it_tells_who_did_what_to_which_object(ask, report, alice, dora, instance):
    await ask(CHANGE, id=report["id"], change={"name": "Other", "description": "What it is for"})
    await ask(CHANGE, id=report["id"], change={"name": "Other"})  # changes nothing
    await ask("mutation($id: ID!) { reportArchive(id: $id) { id } }", by=dora, id=report["id"])

    archived, changed, created = await entries(ask, alice, objectId=report["id"])
    assert changed == {
        "act": "CHANGE",
        "type": "REPORT",
        "operation": "reportChange",
        "origin": "PERSON",
        "operator": None,
        "objectId": report["id"],
        "objectName": "Other",
        "partOf": None,
        "by": {"name": "Alice"},
        "byId": ids.encode("user", alice.user_id),
        "instance": {"name": "Acme"},
        "changes": [
            {"field": "description", "before": None, "after": "What it is for"},
            {"field": "name", "before": "Campaigns of the week", "after": "Other"},
        ],
    }
    assert (archived["operation"], archived["by"]) == ("reportArchive", {"name": "Dora"})
    fields = {one["field"]: one for one in archived["changes"]}
    assert set(fields) == {"archivedAt", "isActive"}
    assert (fields["isActive"]["before"], fields["isActive"]["after"]) == (True, False)
    new = {one["field"]: one["after"] for one in created["changes"]}
    assert (created["act"], new["name"]) == ("CREATE", "Campaigns of the week")
    assert new["templateId"].startswith("tmpl_")


async def test_what_is_refused_leaves_no_entry(ask, refused, report, bob, dora):
    before = await entries(ask, dora)
    await refused(CHANGE, by=bob, id=report["id"], change={"name": "Mine"})
    await refused(CHANGE, id=report["id"], change={"name": "Other", "parameters": {"x": 1}})
    assert await entries(ask, dora) == before


async def test_it_is_filtered_by_object_person_act_and_time(ask, refused, report, alice, dora):
    run = await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    await ask(CHANGE, by=dora, id=report["id"], change={"name": "Other"})

    def told(found):
        return [(one["operation"], one["type"]) for one in found]

    everything = [
        ("reportChange", "REPORT"),
        ("reportRun", "EXECUTION"),
        ("reportCreate", "REPORT"),
    ]
    of_report = {"objectId": report["id"]}
    assert told(await entries(ask, dora, **of_report)) == everything  # with what is part of it
    assert told(await entries(ask, dora, objectId=run["id"])) == everything[1:2]
    mine = {"byId": ids.encode("user", alice.user_id)}
    assert told(await entries(ask, dora, **mine)) == everything[1:]
    assert told(await entries(ask, dora, types=["REPORT"], acts=["CREATE"])) == everything[2:]
    assert told(await entries(ask, dora, operations=["reportRun"])) == everything[1:2]
    assert await entries(ask, dora, createdBefore="2020-01-01T00:00:00Z") == []
    said = await refused(ENTRIES, filter={"objectId": "nothing"})
    assert (said["code"], said["field"]) == ("NOT_FOUND", "filter.objectId")


async def test_admins_see_all_of_the_instance_and_others_what_is_theirs(
    ask, refused, report, alice, bob, charlie, dora, instance
):
    whole = {"instanceId": ids.encode("inst", instance.id)}
    seen = await entries(ask, dora, **whole)
    assert {one["type"] for one in seen} >= {"INSTANCE", "MEMBER", "REPORT"}
    assert {one["type"] for one in await entries(ask, alice, **whole)} == {"MEMBER", "REPORT"}
    assert [one["type"] for one in await entries(ask, bob, **whole)] == ["MEMBER"]
    assert await entries(ask, charlie, **whole) == []
    assert await entries(ask, charlie, objectId=report["id"]) == []

    remove = """mutation($id: ID!, $email: String!) {
      instanceMemberRemove(instanceId: $id, email: $email) { id }
    }"""
    await ask(remove, by=dora, id=whole["instanceId"], email=alice.email)
    assert await entries(ask, alice, **whole) == []  # a former member sees nothing any more
    left = (await entries(ask, dora, types=["MEMBER"]))[0]
    assert (left["act"], left["objectName"]) == ("DELETE", alice.email)
    assert left["objectId"] == ids.encode("user", alice.user_id)
    assert left["changes"] == [{"field": "role", "before": "editor", "after": None}]


async def test_it_has_no_secret(ask, alice, instance):
    made = await ask(TARGET, address="https://8.8.8.8/of/a-secret-path")
    async with db.owner_transaction() as session:
        await secrets.rotate(session)
        await session.execute(text("UPDATE amc_accounts SET refresh_token = '\\x00'"))
        rows = (await session.execute(text("SELECT to_jsonb(a) FROM audit_entries a"))).scalars()
        said = json.dumps([*rows], default=str)
    [entry] = await entries(ask, alice, types=["NOTICE_TARGET"])
    sealed = {one["field"]: one["after"] for one in entry["changes"]}
    assert (sealed["address"], sealed["secret"]) == ("secret", "secret")
    assert "refresh_token" in said
    for secret in (made["secret"], "a-secret-path", REFRESH_TOKEN, "\\\\x"):
        assert secret not in said


async def test_nobody_changes_it(alice, report):
    statements = (
        "UPDATE audit_entries SET after = '{}'",
        "DELETE FROM audit_entries",
        "TRUNCATE audit_entries",
        "INSERT INTO audit_entries (origin, act, object_type, object_id) "
        "VALUES ('engine', 'create', 'report', gen_random_uuid())",
    )
    for statement in statements:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await does(alice, statement)
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with db.worker_transaction() as session:
                await session.execute(text(statement))
    async with db.worker_transaction() as session:  # nothing is older than a month
        gone = await session.execute(text("SELECT items FROM forget_audit_entries(now(), 100)"))
        assert gone.scalar_one() == 0


async def test_commands_of_operators_are_in_it(ask, alice, dora, instance):
    await asyncio.to_thread(amc_reports, "instances", "pause", "amcacme")
    entry, *_ = await entries(ask, dora, origins=["OPERATOR"], types=["INSTANCE"])
    assert (entry["operation"], entry["by"], entry["byId"]) == ("instances pause", None, None)
    assert entry["operator"]
    assert entry["changes"] == [{"field": "isPaused", "before": False, "after": True}]


async def test_what_the_engine_does_is_not_in_it(alice, instance):
    rows = await populate(alice, instance.id)
    before = await sees(alice, "audit_entries")
    async with db.worker_transaction() as session:
        await session.execute(
            text("UPDATE report_executions SET status = 'running', phase = 'at_amc'")
        )
        await session.execute(text("UPDATE report_schedules SET is_paused = true"))
    assert await sees(alice, "audit_entries") == before
    assert rows["report_executions"].status == "pending"


async def test_a_long_value_is_told_by_its_length(ask, own_template, alice):
    await own_template("SELECT 1 AS x FROM dsp_impressions -- " + "x" * 9000)
    [entry] = await entries(ask, alice, types=["TEMPLATE"])
    told = {one["field"]: one["after"] for one in entry["changes"]}
    assert told["sqlTemplate"] == "9040 characters"


async def test_triggers_name_columns_that_exist_and_show_none_that_is_encrypted(own_database):
    async with db.owner_transaction() as session:
        specs = await session.execute(
            text(
                "SELECT tgrelid::regclass::text AS name, encode(tgargs, 'escape') AS given "
                "FROM pg_trigger WHERE tgname = 'audit'"
            )
        )
        columns = await session.execute(
            text(
                "SELECT attrelid::regclass::text AS name, attname, atttypid::regtype::text AS kind "
                "FROM pg_attribute WHERE attnum > 0"
            )
        )
        kinds = {(one.name, one.attname): one.kind for one in columns}
        found = specs.all()
    assert len(found) > 20
    for name, given in found:
        spec = json.loads(given.removesuffix("\\000"))
        shown = [kinds[name, column] for column in spec["columns"]]
        assert "bytea" not in shown, name
        named = [spec.get(one) for one in ("key", "name", "owner", "instance")]
        for column in (*filter(None, named), *spec.get("sealed", ()), *spec.get("parents", ())):
            assert column == "id" or (name, column) in kinds, (name, column)
