"""People are who their identity provider says, once an operator has added them."""

import pytest
from sqlalchemy import text

from domain import db
from domain.errors import Conflict, Invalid, NotFound, Unauthenticated
from domain.people import people
from domain.settings import settings
from domain.viewer import Viewer


def provision(monkeypatch: pytest.MonkeyPatch) -> None:
    allowing = settings.model_copy(update={"auto_provision_users": True})
    monkeypatch.setattr(people, "settings", allowing)


async def add(email: str, name: str, **rest: str) -> Viewer:
    async with db.owner_transaction() as session:
        user = await people.add(session, email, name, **rest)
        return Viewer(user_id=user.id, email=user.email, name=user.name, role=user.role)


async def sign_in(issuer: str, subject: str, **told: str) -> Viewer:
    async with db.transaction() as session:
        return await people.by_subject(session, issuer, subject, **told)


async def test_who_was_added_signs_in_under_their_address(clean_database):
    dora = await add("Dora@Example.com", "Dora")

    assert await sign_in(settings.token_issuer, "dora@example.com") == dora


async def test_who_was_added_for_a_provider_signs_in_with_it_only(clean_database):
    dora = await add("dora@example.com", "Dora", issuer="https://id", subject="007", role="admin")

    assert await sign_in("https://id", "007") == dora
    for issuer, subject in ((settings.token_issuer, "dora@example.com"), ("https://else", "007")):
        with pytest.raises(Unauthenticated):
            await sign_in(issuer, subject)


async def test_who_may_not_any_more_is_refused(clean_database):
    await add("dora@example.com", "Dora")
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false"))

    with pytest.raises(Unauthenticated, match="may no longer sign in"):
        await sign_in(settings.token_issuer, "dora@example.com")


async def test_the_unknown_are_added_only_if_the_settings_say_so(clean_database, monkeypatch):
    told = {"email": "new@example.com", "name": "New"}
    with pytest.raises(Unauthenticated, match="ask an operator"):
        await sign_in("https://id", "1", **told)

    provision(monkeypatch)
    first = await sign_in("https://id", "1", **told)
    second = await sign_in("https://id", "1")

    assert (first.email, first.name, first.role) == ("new@example.com", "New", "user")
    assert second == first
    with pytest.raises(Unauthenticated):  # without an address nobody is added
        await sign_in("https://id", "2")


async def test_nobody_takes_over_a_person_by_their_address(clean_database, monkeypatch):
    await add("dora@example.com", "Dora")
    provision(monkeypatch)

    with pytest.raises(Unauthenticated):
        await sign_in("https://id", "stranger", email="Dora@example.com")


@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("dora", "Dora", "email"),
        ("@", "Dora", "email"),
        ("d@e@f", "D", "email"),
        ("d@e", " ", "name"),
    ],
)
async def test_who_cannot_be_added_is_refused(clean_database, email, name, field):
    with pytest.raises(Invalid) as refusal:
        await add(email, name)

    assert refusal.value.field == field


async def test_an_address_is_added_once(clean_database):
    await add("dora@example.com", "Dora")
    with pytest.raises(Conflict, match="with the address DORA@"):
        await add("DORA@example.com", "Dora")


async def test_a_person_is_found_by_address_whatever_its_case(clean_database):
    dora = await add("dora@example.com", "Dora")
    async with db.owner_transaction() as session:
        assert (await people.by_email(session, "DORA@example.com")).id == dora.user_id
        with pytest.raises(NotFound, match="nobody with the address"):
            await people.by_email(session, "nobody@example.com")
