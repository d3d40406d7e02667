"""Tokens of an identity provider: its keys fetched, remembered, and used for nothing else."""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from domain import db, viewer
from domain.errors import Unauthenticated, Unavailable
from domain.people import people, tokens
from tests.graph import server
from tests.graph.tokens import NOW, Change, ask, claims, in_base64, packed

ISSUER, AUDIENCE = "https://login.example.com/", "the-api"


class Provider:
    """An identity provider: keys that it publishes, and a count of who asked."""

    def __init__(self) -> None:
        self.keys: list[Any] = []
        self.asked = 0
        self.broken: Response | None = None
        self.url = ""

    async def publish(self, request: Request) -> Response:
        self.asked += 1
        return self.broken or JSONResponse({"keys": self.keys})

    def token(self, key: Key, algorithm: str, claims: dict[str, Any], **header: Any) -> str:
        named = {"alg": algorithm, "kid": key.kid} | header
        return jwt.encode({k: v for k, v in named.items() if v is not None}, claims, key)


@asynccontextmanager
async def running_provider() -> AsyncIterator[Provider]:
    provider = Provider()
    async with server.serve(Starlette(routes=[Route("/keys", provider.publish)])) as place:
        provider.url = f"http://{place}/keys"
        yield provider


RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
LATER = RSAKey.generate_key(2048, {"kid": "rsa-2"})


@pytest.fixture
async def provider(change: Change) -> AsyncIterator[Provider]:
    """A provider whose tokens are believed, beside no secret of our own."""
    tokens._ring.cache_clear()  # the keys of an earlier provider that had the same port
    async with running_provider() as made:
        made.keys = [RSA.as_dict(private=False), EC.as_dict(private=False)]
        change(
            token_jwks_url=made.url,
            token_issuer=ISSUER,
            token_audience=AUDIENCE,
            token_secret=SecretStr(""),
        )
        yield made


@pytest.fixture
async def ann(clean_database: None) -> viewer.Viewer:
    """Somebody known by what the provider calls her."""
    async with db.owner_transaction() as session:
        user = await people.add(
            session, "ann@example.com", "Ann", issuer=ISSUER, subject="auth0|ann"
        )
        return viewer.Viewer(user_id=user.id, email=user.email, name=user.name)


def of_ann(**changes: Any) -> dict[str, Any]:
    return claims(**({"sub": "auth0|ann", "email": "ann@example.com"} | changes))


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
async def test_a_providers_token_signs_a_person_in(api, provider, ann, key, algorithm):
    token = provider.token(key, algorithm, of_ann())
    assert (await ask(api, f"Bearer {token}")).json()["data"]["viewer"]["email"] == ann.email


async def test_the_providers_keys_are_fetched_once(provider):
    for _ in range(5):
        await asyncio.gather(
            *(tokens.verify(provider.token(RSA, "RS256", of_ann())) for _ in range(5))
        )
    assert provider.asked == 1


async def test_a_new_key_is_fetched_when_it_is_first_seen(provider, monkeypatch):
    await tokens.verify(provider.token(RSA, "RS256", of_ann()))
    provider.keys.append(LATER.as_dict(private=False))
    monkeypatch.setattr(tokens, "COOL_DOWN", 0.0)

    claims = await tokens.verify(provider.token(LATER, "RS256", of_ann()))
    assert claims.subject == "auth0|ann"
    assert provider.asked == 2


async def test_keys_that_strangers_make_up_do_not_wear_the_provider_out(provider):
    await tokens.verify(provider.token(RSA, "RS256", of_ann()))
    for number in range(20):
        made_up = provider.token(LATER, "RS256", of_ann(), kid=f"made-up-{number}")
        with pytest.raises(Unauthenticated, match="does not publish"):
            await tokens.verify(made_up)
    assert provider.asked == 1


async def test_an_outage_of_the_provider_signs_nobody_out(provider, monkeypatch):
    token = provider.token(RSA, "RS256", of_ann())
    await tokens.verify(token)
    monkeypatch.setattr(tokens, "KEYS_GOOD_FOR", 0.0)
    monkeypatch.setattr(tokens, "COOL_DOWN", 0.0)

    for broken in (
        Response(status_code=500),
        Response("<html>"),
        JSONResponse([1]),
        JSONResponse({}),
    ):
        provider.broken = broken
        assert (await tokens.verify(token)).subject == "auth0|ann"
    assert provider.asked == 5


async def test_a_provider_that_was_never_reached_is_an_outage_of_ours(api, provider, ann):
    provider.broken = Response(status_code=503)
    response = await ask(api, f"Bearer {provider.token(RSA, 'RS256', of_ann())}")

    assert response.status_code == 503
    assert response.json()["errors"][0]["extensions"]["code"] == "UNAVAILABLE"
    with pytest.raises(Unavailable):
        await tokens.verify(provider.token(RSA, "RS256", of_ann()))


async def test_keys_that_we_do_not_understand_are_passed_over(provider):
    strange = [{"kty": "OKP", "crv": "Ed25519", "x": "AA"}, {"kty": "RSA"}, {"kty": 5}, "x", None]
    provider.keys = [*strange, *provider.keys]
    assert await tokens.verify(provider.token(EC, "ES256", of_ann()))


async def test_a_token_without_a_key_id_is_believed_only_without_choice(provider):
    token = provider.token(RSA, "RS256", of_ann(), kid=None)
    assert await tokens.verify(token)

    provider.keys.append(LATER.as_dict(private=False))
    tokens._ring.cache_clear()
    with pytest.raises(Unauthenticated):
        await tokens.verify(token)


def confused() -> dict[str, Callable[[Provider], str]]:
    body = f"{packed({'alg': 'HS256', 'kid': 'rsa-1'})}.{packed(of_ann())}"
    with_the_public_key = hmac.digest(RSA.as_pem(private=False), body.encode(), "sha256")
    shared = OctKey.import_key("c" * 40, {"kid": "oct-1"})
    return {
        "the public key as a secret": lambda _: f"{body}.{in_base64(with_the_public_key)}",
        "a published secret": lambda p: (
            p.keys.append(shared.as_dict()) or p.token(shared, "HS256", of_ann())
        ),
        "an encryption key": lambda p: (
            p.keys.append(LATER.as_dict(private=False, use="enc"))
            or p.token(LATER, "RS256", of_ann())
        ),
        "a key for another algorithm": lambda p: (
            p.keys.append(LATER.as_dict(private=False, alg="RS512"))
            or p.token(LATER, "RS256", of_ann())
        ),
        "RS512": lambda p: jwt.encode(
            {"alg": "RS512", "kid": "rsa-1"}, of_ann(), RSA, algorithms=["RS512"]
        ),
        "another's key under a known id": lambda p: p.token(LATER, "RS256", of_ann(), kid="rsa-1"),
        "a key that it brings along": lambda p: p.token(
            LATER, "RS256", of_ann(), jwk=LATER.as_dict(private=False)
        ),
        "a key set of its own": lambda p: p.token(
            LATER, "RS256", of_ann(), jku="http://127.0.0.1:1/keys"
        ),
        "an expired one": lambda p: p.token(RSA, "RS256", of_ann(exp=NOW - 120)),
        "another issuer's": lambda p: p.token(RSA, "RS256", of_ann(iss="amc-reports")),
        "another audience's": lambda p: p.token(RSA, "RS256", of_ann(aud="amc-reports")),
    }


@pytest.mark.parametrize("name", confused())
async def test_no_key_is_used_for_what_it_is_not_for(provider, name: str):
    token = confused()[name](provider)
    with pytest.raises(Unauthenticated):
        await tokens.verify(token)


async def test_a_stranger_is_added_only_if_the_settings_say_so(api, provider, ann, change):
    token = provider.token(RSA, "RS256", of_ann(sub="auth0|new", email="new@example.com"))
    assert (await ask(api, f"Bearer {token}")).status_code == 401

    change(auto_provision_users=True)
    assert (await ask(api, f"Bearer {token}")).json()["data"]["viewer"]["email"] == (
        "new@example.com"
    )


@pytest.mark.parametrize(
    "changes", [{"email": None}, {"email_verified": False}, {"email": "ann@example.com"}]
)
async def test_a_stranger_without_an_address_of_their_own_is_not_added(
    api, provider, ann, change, changes: dict[str, Any]
):
    change(auto_provision_users=True)
    claims = of_ann(sub="auth0|new", email="new@example.com") | changes
    token = provider.token(RSA, "RS256", {k: v for k, v in claims.items() if v is not None})
    response = await ask(api, f"Bearer {token}")
    assert response.status_code in (401, 409)
    assert "data" not in response.json()
