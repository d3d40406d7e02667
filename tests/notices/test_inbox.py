"""The inbox: what happened to what is a person's, and what they have read of it."""

from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids, moments
from tests.database.statements import does, sees
from tests.notices.notices import tells
from tests.people.people import join, person

INBOX = """
query($filter: InboxFilter) { inbox(filter: $filter) { totalCount nodes {
  id event name objectId link reason isRead instance { name }
} } }
"""
MARK = """
mutation($ids: [ID!]!, $is: Boolean!) { inboxMark(ids: $ids, isRead: $is) { count unread } }
"""
MARK_ALL = "mutation($until: DateTime) { inboxMarkAll(until: $until) { count unread } }"
UNREAD = "{ viewer { unread } }"
RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
SHARE = """
mutation($id: ID!, $email: String!) {
  dashboardShare(dashboardId: $id, email: $email, permission: VIEW) { id }
}
"""
FAIL = """
UPDATE report_executions SET status = 'failed', phase = 'done', due_at = NULL,
    completed_at = now(), error_code = 'X', error_message = 'AMC said no.'
"""


async def engine(statement: str, **given: Any) -> None:
    """What the engine does, in its own transaction."""
    async with db.worker_transaction() as session:
        await session.execute(text(statement), given)


async def told(ask: Any, by: Any, **filter: Any) -> list[dict[str, Any]]:
    return list((await ask(INBOX, by=by, filter=filter))["nodes"])


async def test_a_run_that_failed_is_told_to_whoever_started_it(ask, report, alice, bob):
    run = await ask(RUN, id=report["id"])
    await engine(FAIL)
    await engine("UPDATE report_executions SET error_message = error_message")
    [entry] = await told(ask, alice)
    assert entry.pop("id").startswith("inb_")
    assert entry == {
        "event": "RUN_FAILED",
        "name": "Campaigns of the week",
        "objectId": run["id"],
        "link": f"/reports/{report['id']}",
        "reason": "AMC said no.",
        "isRead": False,
        "instance": {"name": "Acme"},
    }
    assert await told(ask, bob) == []


async def test_a_dashboard_that_is_shared_is_told_once_and_not_after_it_is_taken_back(
    ask, alice, bob
):
    made = await ask('mutation { dashboardCreate(dashboard: {name: "Board"}) { id } }')
    for _ in range(2):
        await ask(SHARE, id=made["id"], email=bob.email)
    [entry] = await told(ask, bob, events=["SHARED"])
    assert (entry["name"], entry["link"]) == ("Board", f"/dashboards/{made['id']}")
    assert await told(ask, alice) == []
    take_back = """mutation($id: ID!, $email: String!) {
      dashboardUnshare(dashboardId: $id, email: $email) { name }
    }"""
    await ask(take_back, id=made["id"], email=bob.email)
    assert await told(ask, bob) == []


async def test_a_quota_is_told_once_a_day_to_admins_and_to_who_waits(
    ask, report, alice, bob, instance
):
    dora = await person("Dora")
    await join(dora, instance.id, "admin")
    await engine("UPDATE amc_instances SET poll_fence = poll_fence")
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE amc_instances SET daily_quota = 3"))
    for _ in range(2):
        await ask(RUN, id=report["id"])
    await engine("UPDATE report_executions SET blocked_by = 'QUOTA'")
    for reader, number in ((alice, 1), (dora, 1), (bob, 0)):
        found = await told(ask, reader, events=["QUOTA_REACHED"])
        assert len(found) == number, reader.name
    assert found == []


async def test_a_collection_that_is_over_is_told(ask, report, alice):
    start = "mutation($of: CollectionInput!) { collectionStart(collection: $of) { id } }"
    made = await ask(start, of={"reportId": report["id"], "targetWeeks": 2})
    await engine(
        "UPDATE report_data_collections SET status = 'partial', due_at = NULL, completed_at = now()"
    )
    [entry] = await told(ask, alice)
    assert (entry["event"], entry["objectId"]) == ("COLLECTION_ENDED", made["id"])
    assert (entry["link"], entry["reason"]) == (f"/collections/{made['id']}", "It is partial.")


async def test_events_of_schedules_are_told_once(ask, happens, alice):
    for _ in range(2):
        await happens("FAILED", reason="AMC said no.")
    [entry] = await told(ask, alice)
    assert (entry["event"], entry["name"]) == ("FAILED", "Weekly reach")


async def test_entries_are_read_one_by_one_and_all_at_once(ask, refused, happens, alice, bob):
    for number in range(3):
        await happens("MISSED", str(number))
    assert await ask(UNREAD) == {"unread": 3}
    newest, second, _ = [one["id"] for one in await told(ask, alice)]
    for _ in range(2):
        marked = await ask(MARK, ids=[newest], **{"is": True})
        assert marked["unread"] == 2
    assert [one["id"] for one in await told(ask, alice, isRead=True)] == [newest]
    theirs = await ask(MARK, by=bob, ids=[second], **{"is": True})
    assert theirs == {"count": 0, "unread": 0}
    assert await ask(MARK, ids=[newest], **{"is": False}) == {"count": 1, "unread": 3}
    assert await ask(MARK_ALL, until="2020-01-01T00:00:00Z") == {"count": 0, "unread": 3}
    assert await ask(MARK_ALL, until=moments.now().isoformat()) == {"count": 3, "unread": 0}
    assert await ask(UNREAD) == {"unread": 0}
    said = await refused(MARK, ids=["nothing"], **{"is": True})
    assert (said["code"], said["field"]) == ("NOT_FOUND", "ids.0")


async def test_who_has_left_the_instance_reads_nothing_of_it(ask, happens, alice, instance):
    await happens("FAILED")
    async with db.owner_transaction() as session:
        await session.execute(
            text("DELETE FROM instance_members WHERE user_id = :id"), {"id": alice.user_id}
        )
    assert await told(ask, alice) == []
    assert await ask(UNREAD) == {"unread": 0}
    assert await sees(alice, "inbox_entries") == 0


async def test_nobody_writes_into_an_inbox(alice, bob, happens):
    await happens("FAILED")
    assert await does(bob, "UPDATE inbox_entries SET read_at = now()") == 0
    assert await does(alice, "UPDATE inbox_entries SET read_at = now()") == 1
    for statement in (
        "UPDATE inbox_entries SET name = 'x'",
        "DELETE FROM inbox_entries",
        "INSERT INTO inbox_entries (user_id, event, dedupe_key) VALUES "
        f"('{alice.user_id}', 'SHARED', '2')",
        f"SELECT tell('{bob.user_id}', 'SHARED', '', NULL, NULL, '', '', '', '', true)",
    ):
        with pytest.raises(Exception, match="permission denied"):
            await does(alice, statement)


async def test_a_mail_of_such_an_event_names_the_page(ask, report, alice, mailbox, deliver):
    await tells(alice, "email", "alice@example.com", "RUN_FAILED")
    await ask(RUN, id=report["id"])
    await engine(FAIL)
    await deliver()
    [said] = mailbox.texts()
    assert f"/reports/{report['id']}" in said
    assert "AMC said no." in said
    assert ids.decode("rpt", report["id"])
