"""Secrets at rest open where they were sealed, under the keys there are, and nowhere else."""

from uuid import uuid4

import pytest

from domain import db, secrets
from domain.instances import accounts
from domain.instances.accounts import AccountSpec
from tests.database.encryption_keys import key, use_keys

PLACE = ("amc_accounts", uuid4(), "refresh_token")


def test_a_secret_opens_where_it_was_sealed_and_nowhere_else():
    sealed = secrets.encrypt("Atzr|token", *PLACE)

    assert secrets.decrypt(sealed, *PLACE) == "Atzr|token"
    assert sealed != secrets.encrypt("Atzr|token", *PLACE)
    for place in (
        ("amc_accounts", uuid4(), "refresh_token"),
        ("amc_accounts", PLACE[1], "name"),
        ("users", PLACE[1], "refresh_token"),
    ):
        with pytest.raises(secrets.Sealed, match="not encrypted for this place"):
            secrets.decrypt(sealed, *place)


@pytest.mark.parametrize("broken", [b"", b"\x00", b"\x04test", b"\x04test" + bytes(12)])
def test_a_broken_secret_does_not_open(broken):
    with pytest.raises(secrets.Sealed):
        secrets.decrypt(broken, *PLACE)


def test_a_changed_secret_does_not_open():
    sealed = bytearray(secrets.encrypt("Atzr|token", *PLACE))
    sealed[-1] ^= 1

    with pytest.raises(secrets.Sealed):
        secrets.decrypt(bytes(sealed), *PLACE)


def test_keys_are_changed_without_a_stop(monkeypatch):
    use_keys(monkeypatch, f"old:{key(1)}")
    sealed = secrets.encrypt("Atzr|token", *PLACE)

    use_keys(monkeypatch, f"new:{key(2)}", f"old:{key(1)}")
    assert secrets.decrypt(sealed, *PLACE) == "Atzr|token"
    use_keys(monkeypatch, f"new:{key(2)}")
    with pytest.raises(secrets.Sealed, match="No key of ENCRYPTION_KEYS decrypts"):
        secrets.decrypt(sealed, *PLACE)


@pytest.mark.parametrize(
    ("listed", "message"),
    [
        ("", "has no key"),
        (" , ", "has no key"),
        (key(1), "entry 1 .* is not an id, a colon"),
        (f"a:{key(1)},b:c2hvcnQ=", "entry 2"),
        ("a:not base64!", "entry 1"),
        (f"a:{key(1)},a:{key(2)}", "the id of its entry 2 twice"),
    ],
)
def test_keys_that_cannot_be_used_say_why_and_never_what_they_are(monkeypatch, listed, message):
    use_keys(monkeypatch, listed)

    with pytest.raises(secrets.Misconfigured, match=message) as refusal:
        secrets.encrypt("Atzr|token", *PLACE)
    assert key(1) not in str(refusal.value)


async def test_rotation_seals_every_token_with_the_first_key(clean_database, monkeypatch):
    use_keys(monkeypatch, f"old:{key(1)}")
    async with db.owner_transaction() as session:
        for number in range(3):
            await accounts.add(session, AccountSpec(f"E{number}", "M", "NA", f"t{number}"))

    use_keys(monkeypatch, f"new:{key(2)}", f"old:{key(1)}")
    async with db.owner_transaction() as session:
        assert await secrets.rotate(session) == 3
        assert await secrets.rotate(session) == 0

    use_keys(monkeypatch, f"new:{key(2)}")
    async with db.owner_transaction() as session:
        known = await accounts.every(session)
    assert sorted(one.refresh_token for one in known) == ["t0", "t1", "t2"]
