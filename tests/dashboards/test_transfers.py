"""A dashboard is handed over to a colleague."""

import pytest
from sqlalchemy import text

from domain import db
from tests.dashboards.dashboards import DELETE, READ, SHARE

TRANSFER = """
mutation($id: ID!, $email: String!, $key: String) {
  dashboardTransfer(id: $id, email: $email, idempotencyKey: $key) {
    id access owner { name } viewerCan
  }
}
"""
BOB = {"email": "Bob@example.com"}


async def test_the_new_owner_owns_it_and_the_old_one_may_still_edit_it(ask, refused, shared, bob):
    await ask(SHARE, id=shared, email="bob@example.com", permission="VIEW")
    once = {"id": shared, **BOB, "key": "once"}
    told = await ask(TRANSFER, **once)
    assert told == {
        "id": shared,
        "access": "EDIT",
        "owner": {"name": "Bob"},
        "viewerCan": ["CHANGE", "DUPLICATE"],
    }
    assert await ask(TRANSFER, **once) == told  # a repeat
    assert (await refused(TRANSFER, id=shared, **BOB))["code"] == "FORBIDDEN"
    assert (await refused(DELETE, id=shared))["code"] == "FORBIDDEN"

    of_bob = await ask(READ, by=bob, id=shared)
    assert of_bob["access"] == "OWNER"
    shares = {one["email"]: one["permission"] for one in of_bob["shares"]}
    assert shares == {
        "alice@example.com": "EDIT",
        "charlie@example.com": "EDIT",
        "Dora@Example.com": "VIEW",
    }
    assert await ask(DELETE, by=bob, id=shared) == shared


async def test_its_owner_gives_it_to_themselves_and_nothing_changes(ask, shown, bob):
    told = await ask(TRANSFER, id=shown, email="alice@example.com")
    assert (told["access"], told["owner"]) == ("OWNER", {"name": "Alice"})
    assert (await ask(READ, id=shown))["shares"] == []


@pytest.mark.parametrize("email", ["dora@example.com", "nobody@example.com"])
async def test_only_somebody_of_a_common_instance_can_get_it(refused, shared, email):
    refusal = await refused(TRANSFER, id=shared, email=email)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "email")
    assert refusal["message"] == "Nobody whom you share an instance with has this address."


async def test_nobody_gets_numbers_that_they_may_not_see(
    ask, refused, shown, alice, charlie, elsewhere
):
    async with db.owner_transaction() as session:  # Charlie's instance has Alice as a member, too
        await session.execute(
            text(
                "INSERT INTO instance_members (user_id, instance_id, role) "
                "VALUES (:alice, :there, 'viewer')"
            ),
            {"alice": alice.user_id, "there": elsewhere.id},
        )
    refusal = await refused(TRANSFER, id=shown, email="charlie@example.com")
    assert (refusal["code"], refusal["field"]) == ("CONFLICT", "email")
    assert (await ask(READ, id=shown))["access"] == "OWNER"
    assert (await ask(READ, id=shown))["shares"] == []


async def test_an_editor_and_a_stranger_give_nothing_away(refused, shared, charlie, erin):
    assert (await refused(TRANSFER, by=charlie, id=shared, **BOB))["code"] == "FORBIDDEN"
    assert (await refused(TRANSFER, by=erin, id=shared, **BOB))["code"] == "NOT_FOUND"
