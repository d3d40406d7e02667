"""Being told, asked for by GraphQL: where, of what, and what became of it."""

import pytest
from sqlalchemy.orm import undefer

from domain import db, ids, models, secrets
from domain.settings import settings
from tests.database.encryption_keys import key, use_keys
from tests.notices.notices import tells

ADD = """
mutation($kind: NoticeKind!, $address: String!, $events: [NoticeEvent!]!, $schedule: ID) {
  noticeTargetAdd(kind: $kind, address: $address, events: $events, scheduleId: $schedule) {
    target { id kind address events isActive schedule { id } } secret
  }
}
"""
REMOVE = "mutation($id: ID!) { noticeTargetRemove(id: $id) }"
TARGETS = "{ noticeTargets { nodes { id address } } }"
NOTICES = """
query($target: ID) {
  notices(targetId: $target) {
    nodes {
      id event state attempts lastError sentAt target { address }
      facts { name words nominalAt schedule execution outcome rowCount reason }
    }
  }
}
"""
NO_MAIL = "This is not a mail address, such as name@example.com."
NO_HTTPS = "A webhook's URL must begin with https://."
NOT_PUBLIC = "cannot be found on the public internet."
MAIL = {"kind": "EMAIL", "address": "alice@example.com", "events": ["FAILED", "MISSED"]}


async def test_a_person_asks_to_be_told_by_mail_and_takes_it_back(ask, schedule, mailbox):
    added = await ask(ADD, **MAIL, schedule=ids.encode("sch", schedule.id))
    target = added["target"]
    assert (target["kind"], target["address"], added["secret"]) == ("EMAIL", MAIL["address"], None)
    assert (target["events"], target["isActive"]) == (["FAILED", "MISSED"], True)
    assert target["schedule"]["id"] == ids.encode("sch", schedule.id)

    assert await ask(REMOVE, id=target["id"]) == target["id"]
    assert (await ask(TARGETS))["nodes"] == []


async def test_the_secret_of_a_webhook_is_shown_once(ask, endpoint):
    hook = {"kind": "WEBHOOK", "address": endpoint.url, "events": ["COMPLETED"]}
    added = await ask(ADD, **hook)
    assert len(added["secret"]) > 30
    assert added["secret"] not in str(await ask(TARGETS))


async def test_deliveries_are_listed_with_what_became_of_them(ask, bob, mailbox, happens, deliver):
    target = (await ask(ADD, **MAIL))["target"]
    await happens("FAILED")
    await deliver()

    (told,) = (await ask(NOTICES, target=target["id"]))["nodes"]
    assert (told["event"], told["state"], told["attempts"]) == ("FAILED", "SENT", 1)
    assert (told["lastError"], told["target"]["address"]) == (None, MAIL["address"])
    assert (await ask(NOTICES, by=bob))["nodes"] == []


async def test_a_delivery_that_is_not_taken_says_why(ask, endpoint, happens, deliver):
    hook = {"kind": "WEBHOOK", "address": endpoint.url, "events": ["FAILED"]}
    target = (await ask(ADD, **hook))["target"]
    endpoint.status = 500
    await happens("FAILED")
    await deliver()

    (told,) = (await ask(NOTICES, target=target["id"]))["nodes"]
    assert (told["state"], told["attempts"], told["sentAt"]) == ("PENDING", 1, None)
    assert told["lastError"] == "The answer was HTTP 500."


async def test_a_wish_that_was_made_is_not_made_again(ask, refused, mailbox):
    await ask(ADD, **MAIL)
    problem = await refused(ADD, **MAIL)
    assert (problem["code"], problem["field"]) == ("CONFLICT", "address")
    problem = await refused(ADD, **{**MAIL, "events": []})
    assert (problem["code"], problem["field"]) == ("BAD_USER_INPUT", "events")
    assert len((await ask(TARGETS))["nodes"]) == 1


async def test_a_schedule_that_is_not_ones_own_to_see_is_not_there(
    refused, charlie, schedule, mailbox
):
    public_id = ids.encode("sch", schedule.id)
    problem = await refused(ADD, by=charlie, **MAIL, schedule=public_id)
    assert (problem["code"], problem["field"]) == ("NOT_FOUND", "scheduleId")


@pytest.mark.parametrize(
    ("kind", "address", "message"),
    [
        ("EMAIL", "no address", NO_MAIL),
        ("EMAIL", "alice@", NO_MAIL),
        ("WEBHOOK", "https://169.254.169.254/latest", f"169.254.169.254 {NOT_PUBLIC}"),
        ("WEBHOOK", "https://localhost/hook", f"localhost {NOT_PUBLIC}"),
        ("WEBHOOK", "https://127.0.0.1/hook", f"127.0.0.1 {NOT_PUBLIC}"),
        ("WEBHOOK", "http://example.com/hook", NO_HTTPS),
        ("WEBHOOK", "ftp://example.com/hook", NO_HTTPS),
    ],
)
async def test_places_that_cannot_be_told_are_refused(
    ask, refused, operator_sets, mailbox, kind, address, message
):
    operator_sets(webhook_allow_private=False)
    problem = await refused(ADD, kind=kind, address=address, events=["FAILED"])
    assert (problem["code"], problem["field"]) == ("BAD_USER_INPUT", "address")
    assert problem["message"] == message
    assert (await ask(TARGETS))["nodes"] == []


async def test_another_persons_place_is_not_there(ask, refused, bob, mailbox):
    target = (await ask(ADD, **MAIL))["target"]
    assert (await refused(REMOVE, by=bob, id=target["id"]))["code"] == "NOT_FOUND"
    assert len((await ask(TARGETS))["nodes"]) == 1


async def test_rotation_seals_the_secrets_of_webhooks_too(alice, endpoint, monkeypatch):
    added = await tells(alice, "webhook", endpoint.url)
    present = settings.encryption_keys.get_secret_value()
    use_keys(monkeypatch, f"new:{key(2)}", present)
    async with db.owner_transaction() as session:
        await secrets.rotate(session)
        assert await secrets.rotate(session) == 0

    use_keys(monkeypatch, f"new:{key(2)}")  # the old one is taken out
    async with db.owner_transaction() as session:
        row = await session.get_one(
            models.NoticeTarget, added.target.id, options=[undefer(models.NoticeTarget.secret)]
        )
        opened = secrets.decrypt(row.secret, "notice_targets", row.id, "secret")
    assert opened == added.secret


CHANGE = """
mutation($id: ID!, $change: NoticeTargetChangeInput!) {
  noticeTargetChange(id: $id, change: $change) {
    id address events isActive exportFormat dashboard { id }
  }
}
"""


async def test_a_target_is_changed_and_keeps_its_address(ask, refused, bob, mailbox):
    key = (await ask(ADD, **MAIL))["target"]["id"]
    told = await ask(CHANGE, id=key, change={"events": ["COMPLETED", "FAILED"], "isActive": False})
    assert told == {
        "id": key,
        "address": MAIL["address"],
        "events": ["COMPLETED", "FAILED"],
        "isActive": False,
        "exportFormat": None,
        "dashboard": None,
    }
    told = await ask(CHANGE, id=key, change={"export": {"format": "XLSX"}})
    assert (told["exportFormat"], told["isActive"]) == ("XLSX", False)
    assert (await ask(CHANGE, id=key, change={}))["exportFormat"] == "XLSX"
    assert (await ask(CHANGE, id=key, change={"export": None}))["exportFormat"] is None

    stranger = await refused(CHANGE, by=bob, id=key, change={"isActive": True})
    assert (stranger["code"], stranger["field"]) == ("NOT_FOUND", "id")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"events": []}, "change.events"),
        ({"events": ["FAILED"], "export": {"format": "CSV"}}, "change.export"),
        ({"events": ["COMPLETED"], "export": {"format": "PDF"}}, "change.export.format"),
    ],
)
async def test_a_wrong_change_of_a_target_names_its_field(ask, refused, mailbox, change, field):
    key = (await ask(ADD, **MAIL))["target"]["id"]
    assert (await refused(CHANGE, id=key, change=change))["field"] == field


async def test_a_target_carries_no_dashboard_that_its_person_does_not_see(
    ask, refused, bob, mailbox
):
    board = await ask('mutation { dashboardCreate(dashboard: {name: "Mine"}) { id } }', by=bob)
    key = (await ask(ADD, **MAIL))["target"]["id"]
    export = {"format": "PDF", "dashboardId": board["id"]}
    wanted = {"events": ["COMPLETED"], "export": export}
    refusal = await refused(CHANGE, id=key, change=wanted)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "change.export.dashboardId")


async def test_a_target_of_a_schedule_reports_nothing_that_no_schedule_does(
    ask, refused, schedule, mailbox
):
    place = ids.encode("sch", schedule.id)
    wrong = {**MAIL, "events": ["FAILED", "SHARED"], "schedule": place}
    assert (await refused(ADD, **wrong))["field"] == "events.1"
    key = (await ask(ADD, **MAIL, schedule=place))["target"]["id"]
    refusal = await refused(CHANGE, id=key, change={"events": ["QUOTA_REACHED"]})
    assert refusal["field"] == "change.events.0"
