"""Answers as they are written on a connection: each is whole, and the next one follows it."""

import asyncio
import json

import httpx2
import pytest

from tests.graph.server import connected
from tests.graph.small_schema import HELLO, small_app

OWN = {"date", "server", "x-request-id", "connection"}  # of each answer, or of the connection
LONG = {"query": "query($n: String!) { hello(name: $n) }", "variables": {"n": "long " * 50_000}}


def request(body: object, authorization: str, method: str = "POST", version: str = "1.1") -> bytes:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = (
        f"{method} /graphql HTTP/{version}\r\nHost: localhost\r\nAuthorization: {authorization}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


class Connection:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next answer."""
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        headers = dict(line.split(": ", 1) for line in lines)
        assert len(headers) == len(lines), "a header is sent twice"
        return int(first.split()[1]), headers


@pytest.mark.parametrize(
    "body",
    [HELLO, LONG, b"{", {"query": "{ helo }"}, {"query": "{ bug }"}],
    ids=["short", "long", "no json", "invalid", "a bug"],
)
async def test_what_is_written_is_what_the_application_answers(place, authorization, body):
    signed_in = {"Authorization": authorization, "Content-Type": "application/json"}
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(small_app()), base_url="http://localhost", headers=signed_in
    ) as client:
        del client.headers["accept-encoding"]
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        expected = await client.post("/graphql", content=content)
    async with connected(place, Connection) as line:
        line.writer.write(request(body, authorization))
        status, headers = await line.head()
        written = await line.reader.readexactly(int(headers["content-length"]))
    assert status == expected.status_code
    shown = [(name, value) for name, value in headers.items() if name not in OWN]
    assert shown == [one for one in expected.headers.items() if one[0] not in OWN]
    theirs, ours = (
        one.replace(expected.headers["x-request-id"], "")
        for one in (expected.text, written.decode().replace(headers["x-request-id"], ""))
    )
    assert ours == theirs


async def test_requests_in_one_packet_are_answered_one_after_the_other(place, authorization):
    names = ["Ann", "Bob", "Cem"]
    bodies = [{"query": f'{{ hello(name: "{name}") }}'} for name in names]
    async with connected(place, Connection) as line:
        line.writer.write(b"".join(request(body, authorization) for body in bodies))
        for name in names:
            status, headers = await line.head()
            answer = json.loads(await line.reader.readexactly(int(headers["content-length"])))
            assert (status, answer["data"]) == (200, {"hello": f"hello {name}"})


async def test_an_old_client_is_told_that_the_connection_ends(place, authorization):
    async with connected(place, Connection) as line:
        line.writer.write(request(HELLO, authorization, version="1.0"))
        status, headers = await line.head()
        assert (status, headers["connection"]) == (200, "close")
        answer = await line.reader.read()
    assert json.loads(answer)["data"] == {"hello": "hello you"}


async def test_an_answer_to_head_has_no_body(place, authorization):
    async with connected(place, Connection) as line:
        line.writer.write(request(b"", authorization, method="HEAD"))
        status, _ = await line.head()
        assert status == 405
        line.writer.write(request(HELLO, authorization))
        assert (await line.head())[0] == 200
