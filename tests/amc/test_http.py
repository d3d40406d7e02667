"""HTTP as AMC may speak it: answers in all forms and pieces, and connections that end anywhere."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from domain.amc.http import MOST_HEAD, Answer, Connections, Cut, Unsent

TEXT = b'{"status": "RUNNING"}'
PACKED = gzip.compress(TEXT)
LENGTH = b"HTTP/1.1 200 OK\r\nX-One: 1\r\nContent-Length: %d\r\n\r\n" % len(TEXT) + TEXT
UNTIL_THE_END = b"HTTP/1.1 200 OK\r\n\r\n" + TEXT
ANSWERS = {
    "a length": LENGTH,
    "chunks": (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"5\r\n" + TEXT[:5] + b"\r\n%x\r\n" % len(TEXT[5:]) + TEXT[5:] + b"\r\n0\r\n\r\n"
    ),
    "packed": (
        b"HTTP/1.1 200 OK\r\ncontent-encoding: GZIP\r\nContent-Length: %d\r\n\r\n" % len(PACKED)
        + PACKED
    ),
    "early hints": b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: 1\r\n\r\n"
    + LENGTH,
    "the last one": LENGTH.replace(b"X-One: 1", b"Connection: close"),
    "an old server": LENGTH.replace(b"HTTP/1.1", b"HTTP/1.0"),
}
BROKEN = {
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "an endless header": b"HTTP/1.1 200 OK\r\nX: " + b"x" * (MOST_HEAD + 1),
    "two lengths": LENGTH.replace(b"X-One: 1", b"Content-Length: 7"),
    "a length and chunks": LENGTH.replace(b"X-One: 1", b"Transfer-Encoding: chunked"),
    "another protocol": b"HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n",
    "junk that is packed": LENGTH.replace(b"X-One: 1", b"Content-Encoding: gzip"),
}
Served = Callable[[], Sequence[bytes]]


class Server:
    """Answers each request with the next answer, in pieces, and leaves at an empty one."""

    def __init__(self, *answers: Sequence[bytes]) -> None:
        self.answers, self.requests, self.connections = list(answers), list[bytes](), 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except asyncio.IncompleteReadError:
                break
            self.requests.append(head)
            answer = self.answers.pop(0)
            for piece in answer:
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(0)
            if writer.is_closing() or not answer or not self.answers:
                break
        writer.close()


@asynccontextmanager
async def served(*answers: Sequence[bytes]) -> AsyncIterator[tuple[str, Server]]:
    """A server that gives these answers, with its URL."""
    server = Server(*answers)
    async with await asyncio.start_server(server, "127.0.0.1") as listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}", server


async def ask(url: str, connections: Connections | None = None, **more: str) -> Answer:
    """Ask for something, on a connection of its own if none are given."""
    used = connections or Connections(5)
    try:
        return await used.ask("GET", f"{url}/amc", more, None)
    finally:
        if connections is None:
            await used.close()


def pieces(answer: bytes, at: int) -> list[bytes]:
    """The answer in pieces of this many bytes."""
    return [answer[start : start + at] for start in range(0, len(answer), at)]


@pytest.mark.parametrize("form", [*ANSWERS, "until the end"])
@pytest.mark.parametrize("at", [1, 7, 1_000_000])
async def test_an_answer_is_read_in_every_form_and_in_every_piece(form, at):
    answer = ANSWERS.get(form, UNTIL_THE_END)
    async with served(pieces(answer, at)) as (url, _):
        found = await ask(url)
    assert (found.status_code, found.content) == (200, TEXT)


@pytest.mark.parametrize("form", [*ANSWERS])
async def test_an_answer_that_is_cut_anywhere_is_none(form):
    whole = ANSWERS[form]
    for at in range(len(whole)):
        async with served([whole[:at]]) as (url, _):
            with pytest.raises(Cut):  # AMC may have acted
                await ask(url)


@pytest.mark.parametrize("what", BROKEN)
async def test_what_is_no_answer_is_refused(what):
    async with served([BROKEN[what]]) as (url, _):
        with pytest.raises(Cut):
            await ask(url)


@pytest.mark.parametrize(
    "answers",
    [
        (LENGTH, ANSWERS["chunks"], ANSWERS["the last one"], LENGTH),
        (LENGTH + LENGTH, LENGTH),  # more than was asked for
    ],
    ids=["an answer says otherwise", "more comes"],
)
async def test_a_connection_is_kept_until_then(answers):
    async with served(*([one] for one in answers)) as (url, server):
        connections = Connections(5)
        for _ in answers:
            assert (await ask(url, connections)).content == TEXT
        assert server.connections == 2
        await connections.close()


async def test_a_connection_that_the_server_has_closed_is_not_used_again():
    async with served([LENGTH]) as (url, server):  # it closes after its last answer
        connections = Connections(5)
        await ask(url, connections)
        server.answers.append([LENGTH])
        assert (await ask(url, connections)).content == TEXT
        await connections.close()


async def test_a_server_that_is_silent_is_left_and_one_that_is_not_there_was_not_asked():
    quiet = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await quiet.wait()
        writer.close()

    async with await asyncio.start_server(silent, "127.0.0.1") as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        impatient = Connections(0.05)
        with pytest.raises(Cut) as silent:
            await ask(url, impatient)
        assert silent.value.late
        await impatient.close()
        quiet.set()
    with pytest.raises(Unsent):
        await ask(url)


@pytest.mark.parametrize("value", ["one\r\nX: two", "one\ntwo", "\0", "münchen"])
async def test_nothing_is_sent_that_would_be_read_otherwise(value):
    async with served([LENGTH]) as (url, server):
        with pytest.raises(Unsent):
            await ask(url, Account=value)
        with pytest.raises(Unsent):
            await ask(f"{url}/{value} HTTP/1.1")
        assert server.requests == []


async def test_a_request_for_an_execution_is_never_repeated_and_one_that_only_asks_may_be():
    async def twice(method: str) -> tuple[list[bytes], object]:
        async with served([LENGTH], []) as (url, server):  # it leaves without a second answer
            connections = Connections(5)
            await connections.ask(method, url, {}, None)
            server.answers.append([LENGTH])
            try:
                outcome: object = (await connections.ask(method, url, {}, None)).status_code
            except Cut:
                outcome = Cut
            await connections.close()
            return server.requests, outcome

    requests, outcome = await twice("POST")
    assert (len(requests), outcome) == (2, Cut)
    requests, outcome = await twice("GET")
    assert (len(requests), outcome) == (3, 200)


async def test_the_proxy_of_the_environment_is_used(monkeypatch):
    async with served([LENGTH]) as (proxy, server):
        monkeypatch.setenv("HTTP_PROXY", proxy)
        monkeypatch.setenv("NO_PROXY", "elsewhere.example")
        assert (await ask("http://amc.example")).content == TEXT
    assert server.requests[0].startswith(b"GET http://amc.example/amc HTTP/1.1")
