"""Who may open a socket, and for how long."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus
from websockets.typing import Subprotocol

from domain import db, viewer
from domain.people import people, tokens
from graph.app import app
from graph.http import socket
from graph.http.endpoint import View
from tests.graph.http import sockets
from tests.graph.tokens import NOW, VIEWER, claims, signed

WATCH = "subscription { collections { nodes { id } } }"


async def test_a_socket_is_signed_in_by_its_first_message(api_place, alice):
    token = tokens.issue("alice@example.com", alice.email)
    for name in ("Authorization", "authorization"):
        async with sockets.socket(api_place, {name: f"Bearer {token}"}) as line:
            await sockets.subscribe(line, VIEWER)
            answer = await sockets.hear(line)
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
async def test_a_socket_without_a_valid_token_closes_with_4403(api_place, alice, payload: Any):
    async with sockets.socket(api_place) as line:
        await sockets.say(line, type="connection_init", payload=payload)
        code, reason = await sockets.closing(line)
    assert code == 4403
    assert reason


async def test_a_socket_closes_with_4403_for_an_expired_token(api_place, alice):
    async with sockets.socket(api_place) as line:
        token = signed(claims(exp=NOW - 120))
        await sockets.say(
            line, type="connection_init", payload={"Authorization": f"Bearer {token}"}
        )
        assert await sockets.closing(line) == (4403, "The token has expired; sign in again.")


async def test_a_token_in_the_handshake_is_not_looked_at(api_place, alice):
    token = tokens.issue("alice@example.com", alice.email)
    async with sockets.socket(api_place, authorization=f"Bearer {token}") as line:
        await sockets.say(line, type="connection_init")
        assert (await sockets.closing(line))[0] == 4403


async def test_asking_before_signing_in_closes_with_4401(api_place, alice):
    async with sockets.socket(api_place) as line:
        await sockets.subscribe(line, VIEWER)
        assert (await sockets.closing(line))[0] == 4401


async def test_signing_in_twice_closes_with_4429(api_place, alice):
    greeting = {"Authorization": f"Bearer {tokens.issue('alice@example.com', alice.email)}"}
    async with sockets.socket(api_place, greeting) as line:
        await sockets.say(line, type="connection_init", payload=greeting)
        assert (await sockets.closing(line))[0] == 4429


async def test_a_socket_that_says_nothing_is_closed(api_place, monkeypatch):
    view = next(one.app for one in app.routes if isinstance(getattr(one, "app", None), View))
    monkeypatch.setattr(view, "connection_init_wait_timeout", timedelta(seconds=0.1))
    async with sockets.socket(api_place) as line:
        assert (await sockets.closing(line))[0] == 4408


async def test_a_socket_ends_with_its_token(api_place, alice, monkeypatch):
    monkeypatch.setattr(tokens, "LEEWAY", 0)
    token = tokens.issue("alice@example.com", alice.email, lifetime=timedelta(seconds=2))
    async with sockets.socket(api_place, {"Authorization": f"Bearer {token}"}) as line:
        began = time.monotonic()
        assert (await sockets.closing(line))[0] == 4403
    assert time.monotonic() - began < 5


async def test_a_socket_ends_when_its_person_is_switched_off(api_place, alice, monkeypatch):
    monkeypatch.setattr(socket, "RECHECK", 0.1)
    token = tokens.issue("alice@example.com", alice.email)
    async with sockets.socket(api_place, {"Authorization": f"Bearer {token}"}) as line:
        async with db.owner_transaction() as session:
            await session.execute(text("UPDATE users SET is_active = false"))
        assert (await sockets.closing(line))[0] == 4403


async def test_a_socket_ends_at_once_when_an_operator_deactivates_its_person(api_place, alice):
    token = tokens.issue("alice@example.com", alice.email)
    async with sockets.socket(api_place, {"Authorization": f"Bearer {token}"}) as line:
        began = time.monotonic()
        async with db.owner_transaction() as session:
            await people.set_active(session, alice.email, active=False)
        assert (await sockets.closing(line))[0] == 4403
    assert time.monotonic() - began < 5


async def test_a_stream_ends_at_once_when_an_operator_deactivates_its_person(api_place, alice):
    token = tokens.issue("alice@example.com", alice.email)
    headers = {"Authorization": f"Bearer {token}", "Accept": "multipart/mixed;subscriptionSpec=1.0"}
    began, seen = time.monotonic(), ""
    async with (
        asyncio.timeout(10),
        httpx2.AsyncClient(base_url=f"http://{api_place}", headers=headers) as asking,
        asking.stream("POST", "/graphql", json={"query": WATCH}) as response,
    ):
        async for piece in response.aiter_text():
            seen += piece
            if "UNAUTHENTICATED" not in seen:
                async with db.owner_transaction() as session:
                    await people.set_active(session, alice.email, active=False)
    assert "UNAUTHENTICATED" in seen
    assert time.monotonic() - began < 5


async def test_a_socket_and_a_stream_do_not_rely_on_an_earlier_check(api_place, alice):
    headers = {
        "Authorization": f"Bearer {tokens.issue('alice@example.com', alice.email)}",
        "Accept": "multipart/mixed;subscriptionSpec=1.0",
    }
    base = f"http://{api_place}"
    async with httpx2.AsyncClient(base_url=base, headers=headers) as asking:
        query = {"query": "{ viewer { email } }"}
        assert (await asking.post("/graphql", json=query)).status_code == 200
        async with db.owner_transaction() as session:
            await session.execute(text("UPDATE users SET is_active = false"))
        async with asyncio.timeout(10):
            ended = await asking.post("/graphql", json={"query": WATCH})
    assert "UNAUTHENTICATED" in ended.text
    with pytest.raises(ConnectionClosedError, match="4403"):
        async with sockets.socket(api_place, {"Authorization": headers["Authorization"]}):
            pass


async def test_an_outage_of_the_database_ends_no_socket(api_place, alice, monkeypatch):
    async def away(claims: tokens.Claims) -> viewer.Viewer:
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "RECHECK", 0.02)
    token = tokens.issue("alice@example.com", alice.email)
    async with sockets.socket(api_place, {"Authorization": f"Bearer {token}"}) as line:
        monkeypatch.setattr(people, "sign_in", away)
        await asyncio.sleep(0.2)
        monkeypatch.undo()
        await sockets.subscribe(line, VIEWER)
        assert (await sockets.hear(line))["type"] == "next"


async def test_only_our_own_pages_open_sockets(api_place, alice):
    for origin in (f"http://{api_place}", None):
        headers = {"origin": origin} if origin else {}
        async with sockets.socket(api_place, **headers) as line:
            assert line.subprotocol == sockets.PROTOCOL

    for origin in (
        "https://evil.example.com",
        "null",
        "http://127.0.0.1:1",
        f"https://{api_place}.evil",
    ):
        with pytest.raises(InvalidStatus) as refused:
            async with sockets.socket(api_place, origin=origin):
                pass
        assert refused.value.response.status_code == 403


async def test_a_name_that_only_resolves_to_us_opens_no_socket(api_place, alice):
    port = api_place.partition(":")[2]
    with pytest.raises(InvalidStatus):
        async with sockets.socket(
            api_place, origin=f"http://evil.example.com:{port}", host=f"evil.example.com:{port}"
        ):
            pass


async def test_the_old_protocol_is_not_spoken(api_place):
    async with connect(
        f"ws://{api_place}/graphql", subprotocols=[Subprotocol("graphql-ws")]
    ) as line:
        assert (await sockets.closing(line))[0] == 4406
