"""Requests that offer HTTP/2 are answered by HTTP/1.1 with nothing of them lost."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import structlog

from tests.graph.http.sockets import hear, socket, subscribe
from tests.graph.server import connected
from tests.graph.small_schema import HELLO

BODY = json.dumps(HELLO).encode()
# What the HttpClient of Java 17 sends, header by header; the body follows in a packet of its own.
JAVA = (
    b"POST /graphql HTTP/1.1\r\n"
    b"Connection: Upgrade, HTTP2-Settings\r\n"
    b"Content-Length: %d\r\n"
    b"Host: localhost\r\n"
    b"HTTP2-Settings: AAEAAEAAAAIAAAAAAAMAAAAAAAQBAAAAAAUAAEAAAAYABgAA\r\n"
    b"Upgrade: h2c\r\n"
    b"User-Agent: Java-http-client/17.0.15\r\n"
    b"Authorization: %s\r\n"
    b"Content-Type: application/json\r\n"
    b"\r\n"
)
SOURCE = Path(__file__).with_name("Ask.java")


class Line:
    """A connection on which bytes are sent as they are given."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def send(self, *packets: bytes) -> None:
        """Send, each packet by itself."""
        for packet in packets:
            self.writer.write(packet)
            await self.writer.drain()
            await asyncio.sleep(0)

    async def answer(self) -> tuple[int, Any]:
        """The status and the data of the next answer; of an error its whole body."""
        head = await self.reader.readuntil(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length:")
        )
        body = await self.reader.readexactly(length)
        return status, json.loads(body)["data"] if status == 200 else body


def java(authorization: str, body: bytes = BODY) -> bytes:
    return JAVA % (len(body), authorization.encode())


HELLO_YOU = (200, {"hello": "hello you"})


async def test_the_body_of_what_java_sends_is_read(place, authorization):
    async with connected(place, Line) as line:
        await line.send(java(authorization), BODY)
        assert await line.answer() == HELLO_YOU


async def test_a_connection_carries_any_number_of_such_requests(place, authorization):
    async with connected(place, Line) as line:
        for _ in range(3):
            await line.send(java(authorization) + BODY)
            assert await line.answer() == HELLO_YOU
        plain = java(authorization).replace(b"Upgrade: h2c\r\n", b"")
        await line.send(plain + BODY)
        assert await line.answer() == HELLO_YOU


async def test_requests_that_come_at_once_are_answered_in_turn(place, authorization):
    async with connected(place, Line) as line:
        await line.send((java(authorization) + BODY) * 500)
        assert [await line.answer() for _ in range(500)] == [HELLO_YOU] * 500


async def test_a_request_may_arrive_byte_by_byte(place, authorization):
    async with connected(place, Line) as line:
        request = java(authorization) + BODY
        await line.send(*(request[at : at + 1] for at in range(len(request))))
        assert await line.answer() == HELLO_YOU


async def test_a_body_in_chunks_is_read(place, authorization):
    head = java(authorization).replace(
        b"Content-Length: %d" % len(BODY), b"Transfer-Encoding: chunked"
    )
    async with connected(place, Line) as line:
        await line.send(head, b"%x\r\n%s\r\n" % (len(BODY), BODY), b"0\r\n\r\n")
        assert await line.answer() == HELLO_YOU


async def test_a_request_without_a_body_is_answered(place, authorization):
    head = java(authorization).replace(b"POST /graphql", b"GET /graphql?query=%7Bhello%7D")
    async with connected(place, Line) as line:
        await line.send(head.replace(b"Content-Length: %d\r\n" % len(BODY), b""))
        assert await line.answer() == HELLO_YOU


async def test_the_connection_closes_where_the_client_says_so(place, authorization):
    head = java(authorization).replace(b"Connection: ", b"Connection: close, ")
    async with connected(place, Line) as line:
        await line.send(head + BODY)
        assert await line.answer() == HELLO_YOU
        assert await line.reader.read() == b""


async def test_a_body_that_is_no_http_is_refused(place, authorization):
    head = java(authorization).replace(
        b"Content-Length: %d" % len(BODY), b"Transfer-Encoding: chunked"
    )
    async with connected(place, Line) as line:
        await line.send(head + b"no length\r\n")
        status, _ = await line.answer()
        assert status == 400


async def test_an_offer_of_a_websocket_is_still_taken(place, greeting):
    async with socket(place, greeting) as line:
        await subscribe(line, "{ hello }")
        assert (await hear(line))["payload"]["data"] == {"hello": "hello you"}


async def test_a_client_that_leaves_in_the_middle_is_no_bug(place, authorization):
    with structlog.testing.capture_logs() as logs:
        async with connected(place, Line) as line:
            await line.send(java(authorization) + BODY[:5])
            line.writer.close()
            await line.writer.wait_closed()
        async with connected(place, Line) as line:  # answered after the other was given up
            await line.send(java(authorization) + BODY)
            assert await line.answer() == HELLO_YOU
    assert [one for one in logs if one["event"] == "graph.bug"] == []


@pytest.mark.java
async def test_javas_own_client_is_answered(place, authorization):
    process = await asyncio.create_subprocess_exec(
        "java",
        str(SOURCE),
        f"http://{place}/graphql",
        authorization,
        BODY.decode(),
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        told, _ = await process.communicate()
    answers = told.decode().splitlines()
    assert [one.startswith('200 {"data":{"hello":"hello you"}') for one in answers] == [True] * 2
