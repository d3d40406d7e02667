"""Floods and half requests: who sends too much, or too little, holds up nobody else."""

import asyncio
import contextlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from graph.http import bodies, connections, frames, socket
from graph.http.limits import shares
from tests.graph.http.sockets import closing, hear, say, subscribe
from tests.graph.http.sockets import socket as opened
from tests.graph.server import serve
from tests.graph.small_schema import HELLO, small_app

Limit = Callable[..., None]  # other limits, for one test
FOREVER = "subscription { forever }"


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> Limit:
    def to(**limits: Any) -> None:
        changed = shares.settings.model_copy(update=limits)
        for module in (bodies, connections, frames, shares, socket):
            monkeypatch.setattr(module, "settings", changed)

    return to


async def answered(place: str, greeting: dict[str, str]) -> None:
    """Somebody else is answered."""
    async with opened(place, greeting) as line:
        await subscribe(line, "{ hello }")
        assert (await hear(line))["payload"]["data"] == {"hello": "hello you"}


@pytest.mark.parametrize("frame", ["messages", "pings", "pongs", "pieces"])
async def test_a_flood_ends_its_socket_and_no_other(
    place, greeting, limit, monkeypatch, frame: str
):
    limit(messages_per_second=5)
    monkeypatch.setattr(frames, "LINGER", 0.5)

    async def flood(line: Any) -> None:
        for _ in range(100):
            if frame == "messages":
                await line.send('{"type":"ping"}')
            elif frame == "pings":
                await line.ping()
            elif frame == "pongs":
                await line.pong()
            else:
                await line.send(["{" for _ in range(100)])

    async with opened(place, greeting) as steady, opened(place, greeting) as line:
        with contextlib.suppress(ConnectionClosed):
            await flood(line)
        code, reason = await closing(line)
        assert code == 4429
        assert reason == "Too many messages: 5 a second are read, 20 at once"
        await subscribe(steady, "{ hello }")
        assert (await hear(steady))["payload"]["data"] == {"hello": "hello you"}
    await answered(place, greeting)


async def test_pings_at_a_sane_pace_are_answered(place, greeting):
    async with opened(place, greeting) as line:
        for _ in range(50):
            await say(line, type="ping")
            assert await hear(line) == {"type": "pong"}


async def refusal(line: Any) -> dict[str, Any]:
    """The next message, which refuses one operation."""
    message = await hear(line)
    assert message["type"] == "error"
    extensions = message["payload"][0]["extensions"]
    assert extensions["code"] == "RATE_LIMITED"
    assert extensions["requestId"]
    assert extensions["retryAfter"]
    return message


async def test_an_operation_too_many_on_a_socket_is_refused_and_the_others_go_on(
    place, greeting, limit
):
    limit(operations_per_socket=2)
    async with opened(place, greeting) as line, opened(place, greeting) as other:
        for name in ("a", "b"):
            await subscribe(line, FOREVER, id=name)
            assert (await hear(line))["id"] == name
        await subscribe(line, "{ hello }", id="c")
        assert (await refusal(line))["id"] == "c"
        await subscribe(other, "{ hello }", id="c")
        assert (await hear(other))["type"] == "next"

        await say(line, type="complete", id="a")
        while True:  # until it is over
            await subscribe(line, "{ hello }", id="c")
            if (message := await hear(line))["type"] == "next":
                break
        assert message["id"] == "c"


async def test_the_operations_of_a_person_are_limited_over_all_sockets_and_streams(
    place, greeting, limit, client
):
    limit(operations_per_person=1)
    async with opened(place, greeting) as line, opened(place, greeting) as other:
        await subscribe(line, FOREVER)
        assert (await hear(line))["type"] == "next"
        await subscribe(other, "{ hello }", id="c")
        assert (await refusal(other))["id"] == "c"
        stream = await client.post(
            "/graphql",
            json={"query": "subscription { ticks }"},
            headers={"Accept": "text/event-stream"},
        )
        assert stream.status_code == 429
        assert stream.headers["Retry-After"] == "1"
        assert stream.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
        plain = await client.post("/graphql", json=HELLO)
        assert plain.json()["data"] == {"hello": "hello you"}


async def test_a_socket_too_many_is_closed_with_the_reason(place, greeting, limit):
    limit(sockets_per_person=1)
    async with opened(place, greeting):
        async with opened(place) as line:
            await say(line, type="connection_init", payload=greeting)
            code, reason = await closing(line)
        assert code == 4429
        assert reason == "You have 1 sockets open, which is the most at once. End some of them."
    async with asyncio.timeout(10):
        while shares.shares._of:  # noqa: ASYNC110 (the server takes its leave in its own time)
            await asyncio.sleep(0)
    await answered(place, greeting)


async def test_requests_that_wait_too_long_or_too_many_are_refused(client, limit):
    limit(running_per_person=1, waiting_per_person=1, waiting_timeout=timedelta(milliseconds=50))
    slow, waiting, refused = await asyncio.gather(
        client.post("/graphql", json={"query": "{ late }"}),
        client.post("/graphql", json={"query": "{ late }"}),
        client.post("/graphql", json=HELLO),
    )
    assert slow.json()["data"] == {"late": "done"}
    for response in (waiting, refused):
        assert response.status_code == 429
        assert response.headers["Retry-After"] == "1"
        assert "data" not in response.json()
        assert response.json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"
    assert "is the most at once" in refused.json()["errors"][0]["message"]
    assert "has waited 0.05 seconds" in waiting.json()["errors"][0]["message"]
    assert not shares.shares._of


async def test_a_query_on_a_socket_that_waits_too_long_is_refused(place, greeting, limit):
    limit(running_per_person=1, waiting_timeout=timedelta(milliseconds=50))
    async with opened(place, greeting) as line, opened(place, greeting) as other:
        await subscribe(line, "{ late }", id="first")
        await subscribe(line, "{ late }", id="second")
        assert (await refusal(line))["id"] == "second"
        assert (await hear(line))["payload"]["data"] == {"late": "done"}
        assert (await hear(line)) == {"id": "first", "type": "complete"}
        await subscribe(other, "{ hello }")
        assert (await hear(other))["type"] == "next"


async def test_requests_take_turns_and_are_all_answered(client, limit):
    limit(running_per_person=2)
    answers = await asyncio.gather(*(client.post("/graphql", json=HELLO) for _ in range(50)))
    assert {one.status_code for one in answers} == {200}


class Half:
    """A connection that is written to by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def to(cls, place: str, begun: bytes) -> "Half":
        host, _, port = place.partition(":")
        made = cls(*await asyncio.open_connection(host, int(port)))
        made.writer.write(begun)
        return made

    async def all(self) -> bytes:
        """What the server says until it closes."""
        async with asyncio.timeout(10):
            answer = await self.reader.read()
        self.writer.close()
        return answer


BEGUN = b"POST /graphql HTTP/1.1\r\nHost: here\r\nContent-Type: application/json\r\n"
WITHOUT_BODY = BEGUN + b"Content-Length: 100\r\n\r\n{"


@pytest.mark.parametrize(
    ("begun", "status"),
    [
        (b"", b""),
        (b"PO", b"408"),
        (BEGUN, b"408"),
        (b"GET /health HTTP/1.1\r\nHost: here\r\n\r\n\r\n", b"404"),  # and then nothing more
        (b"GET /health HTTP/1.1\r\nHost: here\r\nContent-Length: 9\r\n\r\n1", b"404"),
    ],
    ids=["nothing", "a word", "headers", "a line after an answer", "a body nobody reads"],
)
async def test_half_a_request_is_closed(
    authorization, limit, monkeypatch, begun: bytes, status: bytes
):
    limit(header_timeout=timedelta(milliseconds=50), body_timeout=timedelta(milliseconds=50))
    monkeypatch.setattr(connections, "TO_ANSWER", 0.5)
    async with serve(small_app(), rest=0.5) as place:
        connections_left = await asyncio.gather(*(Half.to(place, begun) for _ in range(20)))
        answers = await asyncio.gather(*(one.all() for one in connections_left))
    for answer in answers:
        assert answer[9:12] == status
        if status == b"408":
            assert_told_like_any_error(answer)


def assert_told_like_any_error(answer: bytes) -> None:
    """An answer that the application never saw has a request id, too, and GraphQL's form."""
    head, _, body = answer.partition(b"\r\n\r\n")
    error = json.loads(body)["errors"][0]
    assert error["message"].endswith(".")
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    own_id = error["extensions"]["requestId"]
    assert f"\r\nx-request-id: {own_id}\r\n".encode() in head
    assert b"\r\nx-content-type-options: nosniff\r\n" in head


async def test_what_is_no_http_is_told_like_any_error(place):
    half = await Half.to(place, b"HELLO\r\n\r\n")
    answer = await half.all()
    assert answer[9:12] == b"400"
    assert_told_like_any_error(answer)


async def test_deadlines_of_requests_are_none_of_sockets(place, greeting, limit):
    limit(header_timeout=timedelta(milliseconds=50), body_timeout=timedelta(milliseconds=50))
    async with opened(place, greeting) as line:
        await subscribe(line, "{ late }")
        assert (await hear(line))["payload"]["data"] == {"late": "done"}
        assert (await hear(line))["type"] == "complete"


async def test_a_body_that_does_not_come_is_a_408(place, authorization, limit):
    limit(body_timeout=timedelta(milliseconds=50))
    begun = BEGUN + f"Authorization: {authorization}\r\n".encode()
    half = await Half.to(place, begun + b"Content-Length: 100\r\n\r\n{")
    head, _, body = (await half.all()).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    error = json.loads(body)["errors"][0]
    assert error["message"] == "The body was not complete within 0.05 seconds."
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["extensions"]["requestId"]


async def test_headers_without_an_end_are_refused(place):
    half = await Half.to(place, BEGUN)
    answer = b""
    try:
        for _ in range(1000):
            half.writer.write(b"X-More: " + b"x" * 10_000 + b"\r\n")
            await half.writer.drain()
        answer = await half.all()
    except ConnectionError:
        pass
    assert answer[9:12] in (b"431", b"")  # the line may be cut before it is read
    if answer:
        assert_told_like_any_error(answer)


async def test_connections_beyond_the_limit_are_told_to_come_again(place, limit):
    limit(max_connections=2)
    first = [await Half.to(place, b"") for _ in range(2)]
    async with asyncio.timeout(10):
        while True:
            half = await Half.to(place, BEGUN + b"Content-Length: 2\r\n\r\n{}")
            head, _, body = (await half.all()).partition(b"\r\n\r\n")
            if b" 503 " in head:  # the two are accepted by now
                break
    assert b"retry-after: 5" in head.lower()
    told = json.loads(body)["errors"][0]["extensions"]
    assert told["code"] == "UNAVAILABLE"
    assert f"x-request-id: {told['requestId']}".encode() in head.lower()
    for one in first:
        one.writer.close()
