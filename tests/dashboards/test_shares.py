"""Dashboards, shared: who may do what with one."""

import json
from typing import Any

from sqlalchemy import text

from domain import db
from domain.dashboards import shares
from domain.people import people
from domain.viewer import Viewer
from tests.dashboards.dashboards import (
    CHANGE,
    CREATE,
    DELETE,
    DUPLICATE,
    FAVORITE,
    READ,
    SHARE,
    UNSHARE,
    WIDGETS,
    at,
    note,
    publish,
)
from tests.graph.front_door import execute

SIGHT = """
query($id: ID!, $email: String!) {
  dashboard(id: $id) {
    viewAs(email: $email) {
      access sources { name } hiddenSources { name } widgets { id isServed }
    }
  }
}
"""


async def test_who_may_do_what_with_a_dashboard(ask, alice, charlie, dora, erin, shared):
    may = {
        "read": (READ, {}),
        "change": (CHANGE, {"version": 999, "change": {"name": "New"}}),
        "publish": (CHANGE, {"version": 999, "change": {"isPublic": True}}),
        "arrange": (WIDGETS, {"version": 999, "change": {"add": [note(position=at(9))]}}),
        "share": (SHARE, {"email": "erin@example.com", "permission": "VIEW"}),
        "unshare": (UNSHARE, {"email": "dora@example.com"}),
        "mark": (FAVORITE, {"favorite": True}),
        "see as": (SIGHT, {"email": "dora@example.com"}),
        "delete": (DELETE, {}),
    }

    async def told(by: Viewer, what: str) -> str:
        """OK, or the code of the refusal. A version that is none: allowed, but too late."""
        operation, more = may[what]
        answer = await execute(by, operation, id=shared, **more)
        if not answer.errors:
            return "OK"
        code = str(answer.errors[0].extensions["code"])
        return "OK" if code == "CONFLICT" else code

    for_all = {"read": "OK", "mark": "OK"}
    no = dict.fromkeys(may, "FORBIDDEN") | for_all
    expected = {
        erin: dict.fromkeys(may, "NOT_FOUND"),
        dora: no,
        charlie: no | {"change": "OK", "arrange": "OK"},
    }
    for by, answers in expected.items():
        assert {what: await told(by, what) for what in may} == answers, by.name
    await publish(ask, shared)
    assert {what: await told(erin, what) for what in may if what != "publish"} == {
        what: code for what, code in no.items() if what != "publish"
    }
    order = [what for what in may if what not in ("share", "unshare", "delete")]
    assert {await told(alice, what) for what in (*order, "share", "unshare", "delete")} == {"OK"}


async def test_access_says_what_a_dashboard_is_to_whom(ask, alice, charlie, dora, erin, shared):
    await publish(ask, shared)
    shown = {by.name: (await ask(READ, by=by, id=shared)) for by in (alice, charlie, dora, erin)}
    assert {name: one["access"] for name, one in shown.items()} == {
        "Alice": "OWNER",
        "Charlie": "EDIT",
        "Dora": "VIEW",
        "Erin": "PUBLIC",
    }
    assert [one["permission"] for one in shown["Alice"]["shares"]] == ["EDIT", "VIEW"]
    assert {name: one["shares"] for name, one in shown.items() if name != "Alice"} == {
        "Charlie": None,
        "Dora": None,
        "Erin": None,
    }
    for name in ("Charlie", "Dora", "Erin"):
        assert [one["title"] for one in shown[name]["widgets"]] == ["Cost"]
        (source,) = shown[name]["sources"]
        assert (source["name"], source["report"]) == ("Campaigns of the week", None)
    assert (shown["Dora"]["owner"], shown["Erin"]["owner"]) == (shown["Alice"]["owner"], None)


async def test_a_share_that_is_repeated_is_one_and_may_become_another(ask, shown, dora):
    email = "dora@example.com"
    for _ in range(2):
        await ask(SHARE, id=shown, email=email, permission="VIEW")
    both = await ask(SHARE, id=shown, email=f" {email.upper()} ", permission="EDIT")
    assert both["shares"] == [{"permission": "EDIT", "email": email, "person": None}]
    for _ in range(2):
        assert (await ask(UNSHARE, id=shown, email=email))["shares"] == []
    assert both["version"] == 2, "sharing is no change that an editor could be too late for"


async def test_a_share_does_not_tell_whether_anybody_has_the_address(
    ask, refused, alice, bob, shown, dora
):
    """Each answer is the same for an address that somebody has, that nobody has, and of late."""

    async def answers(address: str) -> list[Any]:
        told = [await ask(SHARE, id=shown, email=address, permission="VIEW")]
        told += [await ask(SIGHT, id=shown, email=address), await ask(READ, id=shown)]
        told += [await ask(UNSHARE, id=shown, email=address)]
        told += [await ask(UNSHARE, id=shown, email=address)]
        told += [await ask(SIGHT, id=shown, email=address)]
        return json.loads(json.dumps(told).replace(address, "?"))

    known = await answers(dora.email)
    assert await answers("nobody@example.com") == known
    for operation in (SHARE, SIGHT):
        more = {"permission": "VIEW"} if operation == SHARE else {}
        told = await refused(operation, id=shown, email="nobody", **more)
        assert (told["code"], told["field"]) == ("BAD_USER_INPUT", "email")
    told = await refused(SHARE, id=shown, email="ALICE@example.com", permission="VIEW")
    assert (told["code"], told["field"]) == ("BAD_USER_INPUT", "email")
    share = (await ask(SHARE, id=shown, email=bob.email, permission="VIEW"))["shares"]
    assert share == [{"permission": "VIEW", "email": bob.email, "person": {"email": bob.email}}]


async def test_who_gets_the_address_later_gets_the_share(ask, refused, shown):
    await ask(SHARE, id=shown, email="Late@example.com", permission="EDIT")
    async with db.owner_transaction() as session:
        user = await people.add(session, "late@example.com", "Late")
    late = Viewer(user.id, user.email, user.name)
    assert (await ask(READ, by=late, id=shown))["access"] == "EDIT"
    await ask(UNSHARE, id=shown, email="LATE@example.com")
    assert (await refused(READ, by=late, id=shown))["code"] == "NOT_FOUND"


async def test_a_share_is_taken_also_from_somebody_who_may_not_sign_in_any_more(ask, shown, dora):
    await ask(SHARE, id=shown, email=dora.email, permission="VIEW")
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false WHERE name = 'Dora'"))
    assert (await ask(UNSHARE, id=shown, email=dora.email))["shares"] == []


async def test_the_owner_sees_it_as_somebody_else_does(ask, refused, bob, charlie, dora, shared):
    async def seen_by(name: str) -> Any:
        return (await ask(SIGHT, id=shared, email=f"{name}@example.com"))["viewAs"]

    widget = (await ask(READ, id=shared))["widgets"][0]["id"]
    served = {
        "sources": [{"name": "Campaigns of the week"}],
        "hiddenSources": [],
        "widgets": [{"id": widget, "isServed": True}],
    }
    nothing = {
        "access": None,
        "sources": [],
        "hiddenSources": served["sources"],
        "widgets": [{"id": widget, "isServed": False}],
    }
    assert await seen_by("charlie") == {"access": "EDIT", **served}
    assert await seen_by("dora") == {"access": "VIEW", **served}
    assert await seen_by("alice") == {"access": "OWNER", **served}
    assert await seen_by("bob") == nothing
    await publish(ask, shared)
    assert await seen_by("bob") == {"access": "PUBLIC", **served}
    told = await refused(SIGHT, by=dora, id=shared, email="charlie@example.com")
    assert told["code"] == "FORBIDDEN"


async def test_an_editor_who_is_unshared_edits_no_more(ask, refused, charlie, shared):
    await ask(UNSHARE, id=shared, email=charlie.email)
    wanted = {"id": shared, "version": 2, "change": {"add": [note(position=at(9))]}}
    assert (await refused(WIDGETS, by=charlie, **wanted))["code"] == "NOT_FOUND"


async def test_who_copies_or_makes_dashboards_gets_no_other_rights(ask, refused, dora, shared):
    assert (await refused(DUPLICATE, by=dora, id=shared))["code"] == "FORBIDDEN"
    own = await ask(CREATE, by=dora, dashboard={"name": "Own"})
    assert (await ask(READ, by=dora, id=own["id"]))["access"] == "OWNER"


async def test_a_dashboard_is_shared_with_so_many_people(ask, refused, shared, erin, monkeypatch):
    monkeypatch.setattr(shares, "MOST_SHARES", 2)
    refusal = await refused(SHARE, id=shared, email="erin@example.com", permission="VIEW")
    assert refusal["code"] == "CONFLICT"
    assert refusal["message"].startswith("A dashboard is shared with at most 2 people.")
    await ask(SHARE, id=shared, email="dora@example.com", permission="EDIT")  # one of the two
