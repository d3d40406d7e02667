"""Who may come in: tokens of our own, and every attempt at one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr
from sqlalchemy import text

from domain import db, moments
from domain.errors import Unauthenticated
from domain.people import people, tokens
from graph.http import checked_tokens
from tests.graph.tokens import NOW, ask, claims, packed, signed


async def test_a_token_of_our_own_signs_a_person_in(api, alice):
    response = await ask(api, f"Bearer {tokens.issue('alice@example.com', alice.email)}")
    assert response.json()["data"] == {"viewer": {"email": "alice@example.com"}}


async def test_the_scheme_may_be_written_in_any_case(api, alice):
    response = await ask(api, f"bearer  {tokens.issue('alice@example.com', alice.email)} ")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "authorization", [None, "", " ", "Bearer", "Bearer ", "Basic YTpi", "abc", "Bearer a.b.c"]
)
async def test_without_a_token_the_answer_is_401(api, alice, authorization: str | None):
    response = await ask(api, authorization)

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer realm="amc-reports"')
    error = response.json()["errors"][0]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "data" not in response.json()


async def test_introspection_takes_a_token_too(api):
    response = await api.post("/graphql", json={"query": "{ __schema { types { name } } }"})
    assert response.status_code == 401


@pytest.mark.parametrize("path", ["/", "/health", "/schema.graphql"])
async def test_the_page_and_the_schema_may_be_read_by_anybody(api, path: str):
    assert (await api.get(path)).status_code == 200


WRONG_CLAIMS = {
    "another issuer": {"iss": "https://evil.example.com"},
    "an issuer like ours": {"iss": "amc-reports/"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "another-api"},
    "other audiences": {"aud": ["another-api", "a third"]},
    "no audience": {"aud": None},
    "no subject": {"sub": None},
    "an empty subject": {"sub": ""},
    "a number as subject": {"sub": 7},
    "a subject with a zero byte": {"sub": "alice@example.com\x00"},
    "a subject with half a pair of surrogates": {"sub": "alice@example.com\ud800"},
    "a stranger": {"sub": "mallory@example.com"},
    "another case": {"sub": "Alice@example.com"},
    "expired": {"exp": NOW - 120},
    "no expiry": {"exp": None},
    "an expiry that is a text": {"exp": "never"},
    "an expiry that is true": {"exp": True},
    "an expiry without end": {"exp": float("inf")},
    "an expiry that is no number": {"exp": float("nan")},
    "an expiry before all time": {"exp": float("-inf")},
    "not before all time": {"nbf": 10**400},
    "not yet": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600},
}


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
async def test_a_token_with_wrong_claims_is_refused(api, alice, changes: dict[str, Any]):
    response = await ask(api, f"Bearer {signed(claims(**changes))}")
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_one_of_several_audiences_is_enough(api, alice):
    token = signed(claims(aud=["another-api", tokens.settings.token_audience]))
    assert (await ask(api, f"Bearer {token}")).status_code == 200


DEEP = b'{"a":' + b"[" * 2900 + b"]" * 2900 + b"}"


def forged() -> dict[str, str]:
    good = signed(claims())
    head, body, signature = good.split(".")
    own = OctKey.import_key(tokens.settings.token_secret.get_secret_value())
    registry = jws.JWSRegistry(algorithms=["HS512", "HS384"])
    return {
        "alg none": f"{packed({'alg': 'none'})}.{body}.",
        "alg None": f"{packed({'alg': 'None'})}.{body}.",
        "alg none with the signature": f"{packed({'alg': 'none'})}.{body}.{signature}",
        "alg missing": f"{packed({'typ': 'JWT'})}.{body}.{signature}",
        "alg a list": f"{packed({'alg': ['HS256']})}.{body}.{signature}",
        "no signature": f"{head}.{body}.",
        "two parts": f"{head}.{body}",
        "five parts": f"{good}.x.y",
        "another secret": signed(claims(), "b" * 40),
        "an empty secret": signed(claims(), " " * 32),
        "another body": f"{head}.{packed(claims(sub='bob@example.com'))}.{signature}",
        "another algorithm of the same key": jwt.encode(
            {"alg": "HS512"}, claims(), own, registry=registry
        ),
        "a claim that must be understood": f"{packed({'alg': 'HS256', 'crit': ['x'], 'x': 1})}."
        f"{body}.{signature}",
        "a key of its own": signed(
            claims(), "b" * 40, jwk={"kty": "oct", "k": packed("b")}, kid="b"
        ),
        "a body that is a list": jws.serialize_compact({"alg": "HS256"}, b"[]", own),
        "a body that is nested": jws.serialize_compact({"alg": "HS256"}, DEEP, own),
        "a body that is no JSON": jws.serialize_compact({"alg": "HS256"}, b"{", own),
        "not ASCII": "é.é.é",
        "very long": "a" * 100_000,
    }


@pytest.mark.parametrize("name", forged())
async def test_a_forged_token_is_refused(api, alice, name: str):
    with pytest.raises(Unauthenticated):
        await tokens.verify(forged()[name])


async def test_what_cannot_be_stored_of_a_name_is_left_out(api, alice):
    token = signed(claims(name="Alice\ud800", email="alice@example.com\ud800"))
    assert (await ask(api, f"Bearer {token}")).status_code == 200


async def test_without_a_secret_no_hs256_token_is_good(alice, change):
    token = signed(claims())
    change(token_secret=SecretStr(""))
    with pytest.raises(Unauthenticated, match="not accepted here"):
        await tokens.verify(token)
    with pytest.raises(ValueError, match="TOKEN_SECRET"):
        tokens.issue("alice@example.com", "alice@example.com")


async def test_a_host_whose_clock_is_wrong_takes_the_tokens_of_the_others(api, alice, monkeypatch):
    ahead = moments._Clock()  # the database's clock is five minutes ahead of this host's
    ahead.heard, ahead.at = datetime.now(UTC) + timedelta(minutes=5), moments._elapsed()
    monkeypatch.setattr(moments, "_clock", ahead)
    elsewhere = tokens.issue("alice@example.com", alice.email)
    assert (await tokens.verify(elsewhere)).email == alice.email
    old = tokens.issue("alice@example.com", alice.email, lifetime=timedelta(seconds=-60))
    with pytest.raises(Unauthenticated, match="expired"):
        await tokens.verify(old)


async def test_who_is_switched_off_is_out(api, alice):
    token = tokens.issue("alice@example.com", alice.email)
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false"))
    assert (await ask(api, f"Bearer {token}")).status_code == 401


async def test_a_burst_of_requests_is_checked_once(api, alice, count_statements):
    token = f"Bearer {tokens.issue('alice@example.com', alice.email)}"
    assert (await ask(api, token)).status_code == 200
    with count_statements() as seen:
        answers = [await ask(api, token) for _ in range(3)]
    assert {one.json()["data"]["viewer"]["email"] for one in answers} == {alice.email}
    assert seen == []


async def test_whoever_was_just_checked_is_out_within_seconds(api, alice, monkeypatch):
    token = f"Bearer {tokens.issue('alice@example.com', alice.email)}"
    assert (await ask(api, token)).status_code == 200
    async with db.owner_transaction() as session:
        await people.set_active(session, alice.email, active=False)
    assert checked_tokens.SECONDS <= 5
    monkeypatch.setattr(checked_tokens, "SECONDS", 0.0)  # they have passed
    assert (await ask(api, token)).status_code == 401


async def test_a_believed_token_ends_with_its_time(api, alice, monkeypatch):
    token = f"Bearer {tokens.issue('alice@example.com', alice.email)}"
    assert (await ask(api, token)).status_code == 200
    later = moments.now() + timedelta(hours=13)
    monkeypatch.setattr(moments, "now", lambda: later)
    assert (await ask(api, token)).status_code == 401


async def test_another_token_of_the_same_person_is_checked(api, alice):
    token = tokens.issue("alice@example.com", alice.email)
    assert (await ask(api, f"Bearer {token}")).status_code == 200
    changed = token[:-2] + ("AA" if not token.endswith("AA") else "BB")
    assert (await ask(api, f"Bearer {changed}")).status_code == 401


async def test_only_so_many_tokens_are_known(alice, monkeypatch):
    monkeypatch.setattr(checked_tokens, "MOST", 3)
    token = tokens.issue("alice@example.com", alice.email)
    said = await tokens.verify(token)
    known = checked_tokens.CheckedTokens()
    for name in "abcde":
        known.keep(name, said, alice)
    assert [known.find(name) is not None for name in "abcde"] == [False, False, True, True, True]
