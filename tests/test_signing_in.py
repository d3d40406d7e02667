"""Who may come in: tokens of our own, tokens of an identity provider, and every attempt at one."""

import asyncio
import base64
import hmac
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, Key, OctKey, RSAKey
from pydantic import SecretStr
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from websockets.exceptions import InvalidStatus

from domain import access, bus, db, tokens, users
from domain.errors import Unauthenticated, Unavailable
from graph import signing_in, socket
from graph.app import app
from tests import web

VIEWER = "{ viewer { email } }"
SECRET = "a secret of these tests, and thirty-two bytes or more"
ISSUER, AUDIENCE = "https://login.example.com/", "the-api"
WATCH = 'subscription { execution(id: "exec_00000000000000000000000000000000") { id } }'

Change = Callable[..., None]


@pytest.fixture
def change(monkeypatch: pytest.MonkeyPatch) -> Change:
    """Other settings, for this test."""

    def to(**settings: Any) -> None:
        changed = tokens.settings.model_copy(update=settings)
        monkeypatch.setattr(tokens, "settings", changed)
        monkeypatch.setattr(users, "settings", changed)

    return to


@pytest.fixture
async def client() -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://testserver") as made:
        yield made


@pytest.fixture
async def place() -> AsyncIterator[str]:
    async with web.serve(app) as address:
        yield address


async def ask(client: httpx2.AsyncClient, authorization: str | None) -> httpx2.Response:
    headers = {} if authorization is None else {"Authorization": authorization}
    return await client.post("/graphql", json={"query": VIEWER}, headers=headers)


def of_alice(**changes: Any) -> dict[str, Any]:
    """Claims that are good, but for the changes; None takes one away."""
    now = int(time.time())
    claims = {
        "iss": tokens.settings.token_issuer,
        "aud": tokens.settings.token_audience,
        "sub": "alice@example.com",
        "email": "alice@example.com",
        "iat": now,
        "exp": now + 600,
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def signed(claims: dict[str, Any], secret: str | None = None, **header: Any) -> str:
    key = OctKey.import_key(secret or tokens.settings.token_secret.get_secret_value())
    return jwt.encode({"alg": "HS256", **header}, claims, key)


def in_base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def packed(value: Any) -> str:
    return in_base64(json.dumps(value).encode())


async def test_a_token_of_our_own_signs_a_person_in(client, alice):
    response = await ask(client, f"Bearer {tokens.issue('alice@example.com', alice.email)}")
    assert response.json() == {"data": {"viewer": {"email": "alice@example.com"}}}


async def test_the_scheme_may_be_written_in_any_case(client, alice):
    response = await ask(client, f"bearer  {tokens.issue('alice@example.com', alice.email)} ")
    assert response.status_code == 200


@pytest.mark.parametrize(
    "authorization", [None, "", " ", "Bearer", "Bearer ", "Basic YTpi", "abc", "Bearer a.b.c"]
)
async def test_without_a_token_the_answer_is_401(client, alice, authorization: str | None):
    response = await ask(client, authorization)

    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith('Bearer realm="amc-reports"')
    error = response.json()["errors"][0]
    assert error["extensions"]["code"] == "UNAUTHENTICATED"
    assert error["extensions"]["requestId"] == response.headers["x-request-id"]
    assert "data" not in response.json()


async def test_introspection_takes_a_token_too(client):
    response = await client.post("/graphql", json={"query": "{ __schema { types { name } } }"})
    assert response.status_code == 401


@pytest.mark.parametrize("path", ["/", "/health", "/schema.graphql"])
async def test_the_page_and_the_schema_may_be_read_by_anybody(client, path: str):
    assert (await client.get(path)).status_code == 200


NOW = int(time.time())
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
    "a stranger": {"sub": "mallory@example.com"},
    "another case": {"sub": "Alice@example.com"},
    "expired": {"exp": NOW - 120},
    "no expiry": {"exp": None},
    "an expiry that is a text": {"exp": "never"},
    "an expiry that is true": {"exp": True},
    "an expiry without end": {"exp": float("inf")},
    "an expiry that is no number": {"exp": float("nan")},
    "not yet": {"nbf": NOW + 3600},
    "issued in the future": {"iat": NOW + 3600},
}


@pytest.mark.parametrize("changes", WRONG_CLAIMS.values(), ids=WRONG_CLAIMS)
async def test_a_token_with_wrong_claims_is_refused(client, alice, changes: dict[str, Any]):
    response = await ask(client, f"Bearer {signed(of_alice(**changes))}")
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


async def test_one_of_several_audiences_is_enough(client, alice):
    token = signed(of_alice(aud=["another-api", tokens.settings.token_audience]))
    assert (await ask(client, f"Bearer {token}")).status_code == 200


def forged() -> dict[str, str]:
    good = signed(of_alice())
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
        "another secret": signed(of_alice(), "b" * 40),
        "an empty secret": signed(of_alice(), " " * 32),
        "another body": f"{head}.{packed(of_alice(sub='bob@example.com'))}.{signature}",
        "another algorithm of the same key": jwt.encode(
            {"alg": "HS512"}, of_alice(), own, registry=registry
        ),
        "a claim that must be understood": f"{packed({'alg': 'HS256', 'crit': ['x'], 'x': 1})}."
        f"{body}.{signature}",
        "a key of its own": signed(
            of_alice(), "b" * 40, jwk={"kty": "oct", "k": packed("b")}, kid="b"
        ),
        "a body that is a list": jws.serialize_compact({"alg": "HS256"}, b"[]", own),
        "a body that is no JSON": jws.serialize_compact({"alg": "HS256"}, b"{", own),
        "not ASCII": "é.é.é",
        "very long": "a" * 100_000,
    }


@pytest.mark.parametrize("name", forged())
async def test_a_forged_token_is_refused(client, alice, name: str):
    with pytest.raises(Unauthenticated):
        await tokens.verify(forged()[name])


async def test_without_a_secret_no_hs256_token_is_good(alice, change):
    token = signed(of_alice())
    change(token_secret=SecretStr(""))
    with pytest.raises(Unauthenticated, match="not accepted here"):
        await tokens.verify(token)
    with pytest.raises(ValueError, match="TOKEN_SECRET"):
        tokens.issue("alice@example.com", "alice@example.com")


async def test_a_secret_that_can_be_guessed_stops_the_start(change):
    change(token_secret=SecretStr("secret"))
    with pytest.raises(ValueError, match="6 bytes long; it takes 32"):
        tokens.check_settings()


async def test_who_is_switched_off_is_out(client, alice):
    token = tokens.issue("alice@example.com", alice.email)
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false"))
    assert (await ask(client, f"Bearer {token}")).status_code == 401


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
    async with web.serve(Starlette(routes=[Route("/keys", provider.publish)])) as place:
        provider.url = f"http://{place}/keys"
        yield provider


RSA = RSAKey.generate_key(2048, {"kid": "rsa-1"})
EC = ECKey.generate_key("P-256", {"kid": "ec-1"})
LATER = RSAKey.generate_key(2048, {"kid": "rsa-2"})


@pytest.fixture
async def provider(change: Change) -> AsyncIterator[Provider]:
    """A provider whose tokens are believed, beside no secret of our own."""
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
async def ann(clean_database: None) -> access.Viewer:
    """Somebody known by what the provider calls her."""
    async with db.owner_transaction() as session:
        user = await users.add(
            session, "ann@example.com", "Ann", issuer=ISSUER, subject="auth0|ann"
        )
        return access.Viewer(user_id=user.id, email=user.email, name=user.name)


def of_ann(**changes: Any) -> dict[str, Any]:
    return of_alice(**({"sub": "auth0|ann", "email": "ann@example.com"} | changes))


@pytest.mark.parametrize(("key", "algorithm"), [(RSA, "RS256"), (EC, "ES256")])
async def test_a_providers_token_signs_a_person_in(client, provider, ann, key, algorithm):
    token = provider.token(key, algorithm, of_ann())
    assert (await ask(client, f"Bearer {token}")).json()["data"]["viewer"]["email"] == ann.email


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


async def test_a_provider_that_was_never_reached_is_an_outage_of_ours(client, provider, ann):
    provider.broken = Response(status_code=503)
    response = await ask(client, f"Bearer {provider.token(RSA, 'RS256', of_ann())}")

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


async def test_a_stranger_is_added_only_if_the_settings_say_so(client, provider, ann, change):
    token = provider.token(RSA, "RS256", of_ann(sub="auth0|new", email="new@example.com"))
    assert (await ask(client, f"Bearer {token}")).status_code == 401

    change(auto_provision_users=True)
    assert (await ask(client, f"Bearer {token}")).json()["data"]["viewer"]["email"] == (
        "new@example.com"
    )


@pytest.mark.parametrize(
    "changes", [{"email": None}, {"email_verified": False}, {"email": "ann@example.com"}]
)
async def test_a_stranger_without_an_address_of_their_own_is_not_added(
    client, provider, ann, change, changes: dict[str, Any]
):
    change(auto_provision_users=True)
    claims = of_ann(sub="auth0|new", email="new@example.com") | changes
    token = provider.token(RSA, "RS256", {k: v for k, v in claims.items() if v is not None})
    response = await ask(client, f"Bearer {token}")
    assert response.status_code in (401, 409)
    assert "data" not in response.json()


async def test_a_socket_is_signed_in_by_its_first_message(place, alice):
    token = tokens.issue("alice@example.com", alice.email)
    for name in ("Authorization", "authorization"):
        async with web.socket(place, {name: f"Bearer {token}"}) as line:
            await web.subscribe(line, VIEWER)
            answer = await web.hear(line)
        assert answer["payload"]["data"]["viewer"]["email"] == "alice@example.com"


@pytest.mark.parametrize(
    "payload",
    [
        None,
        {},
        {"Authorization": ""},
        {"Authorization": "Bearer x"},
        {"Authorization": 5},
        {"a": 1},
    ],
)
async def test_a_socket_without_a_valid_token_closes_with_4403(place, alice, payload: Any):
    async with web.socket(place) as line:
        await web.say(line, type="connection_init", payload=payload)
        code, reason = await web.closing(line)
    assert code == 4403
    assert reason


async def test_a_socket_closes_with_4403_for_an_expired_token(place, alice):
    async with web.socket(place) as line:
        token = signed(of_alice(exp=NOW - 120))
        await web.say(line, type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert await web.closing(line) == (4403, "The token has expired; sign in again.")


async def test_a_token_in_the_handshake_is_not_looked_at(place, alice):
    token = tokens.issue("alice@example.com", alice.email)
    async with web.socket(place, authorization=f"Bearer {token}") as line:
        await web.say(line, type="connection_init")
        assert (await web.closing(line))[0] == 4403


async def test_asking_before_signing_in_closes_with_4401(place, alice):
    async with web.socket(place) as line:
        await web.subscribe(line, VIEWER)
        assert (await web.closing(line))[0] == 4401


async def test_signing_in_twice_closes_with_4429(place, alice):
    greeting = {"Authorization": f"Bearer {tokens.issue('alice@example.com', alice.email)}"}
    async with web.socket(place, greeting) as line:
        await web.say(line, type="connection_init", payload=greeting)
        assert (await web.closing(line))[0] == 4429


async def test_a_socket_that_says_nothing_is_closed(place, monkeypatch):
    from graph.view import View

    view = next(one.app for one in app.routes if isinstance(getattr(one, "app", None), View))
    monkeypatch.setattr(view, "connection_init_wait_timeout", timedelta(seconds=0.1))
    async with web.socket(place) as line:
        assert (await web.closing(line))[0] == 4408


async def test_a_socket_ends_with_its_token(place, alice, monkeypatch):
    monkeypatch.setattr(tokens, "LEEWAY", 0)
    token = tokens.issue("alice@example.com", alice.email, lifetime=timedelta(seconds=2))
    async with web.socket(place, {"Authorization": f"Bearer {token}"}) as line:
        began = time.monotonic()
        assert (await web.closing(line))[0] == 4403
    assert time.monotonic() - began < 5


async def test_a_socket_ends_when_its_person_is_switched_off(place, alice, monkeypatch):
    monkeypatch.setattr(socket, "RECHECK", 0.1)
    token = tokens.issue("alice@example.com", alice.email)
    async with web.socket(place, {"Authorization": f"Bearer {token}"}) as line:
        async with db.owner_transaction() as session:
            await session.execute(text("UPDATE users SET is_active = false"))
        assert (await web.closing(line))[0] == 4403


async def test_an_outage_of_the_database_ends_no_socket(place, alice, monkeypatch):
    async def away(claims: tokens.Claims) -> access.Viewer:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "RECHECK", 0.02)
    token = tokens.issue("alice@example.com", alice.email)
    async with web.socket(place, {"Authorization": f"Bearer {token}"}) as line:
        monkeypatch.setattr(access, "sign_in", away)
        await asyncio.sleep(0.2)
        monkeypatch.undo()
        await web.subscribe(line, VIEWER)
        assert (await web.hear(line))["type"] == "next"


async def test_only_our_own_pages_open_sockets(place, alice):
    for origin in (f"http://{place}", None):
        headers = {"origin": origin} if origin else {}
        async with web.socket(place, **headers) as line:
            assert line.subprotocol == web.PROTOCOL

    for origin in (
        "https://evil.example.com",
        "null",
        "http://127.0.0.1:1",
        f"https://{place}.evil",
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with web.socket(place, origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_a_name_that_only_resolves_to_us_opens_no_socket(place, alice):
    port = place.partition(":")[2]
    with pytest.raises(InvalidStatus):
        async with web.socket(
            place, origin=f"http://evil.example.com:{port}", host=f"evil.example.com:{port}"
        ):
            pass


async def test_the_old_protocol_is_not_spoken(place):
    from websockets.asyncio.client import connect
    from websockets.typing import Subprotocol

    async with connect(f"ws://{place}/graphql", subprotocols=[Subprotocol("graphql-ws")]) as line:
        assert (await web.closing(line))[0] == 4406


async def test_readiness_is_the_databases_and_redis_is_told(client, alice, monkeypatch):
    assert (await client.get("/ready")).json() == {"database": "ok", "redis": "ok"}

    async def no() -> bool:
        return False

    monkeypatch.setattr(bus, "ping", no)
    without_redis = await client.get("/ready")
    assert without_redis.status_code == 200
    assert without_redis.json()["redis"] == "does not answer"

    monkeypatch.setattr("domain.health.database_answers", no)
    assert (await client.get("/ready")).status_code == 503
    assert (await client.get("/health")).status_code == 200


def test_how_often_a_visit_is_looked_at_is_one_number():
    assert socket.RECHECK == signing_in.RECHECK
