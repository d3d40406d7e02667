"""The watchers of other benchmarks: websockets that cost their process very little."""

import asyncio
import multiprocessing
import random
import struct
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import cast

import orjson
import uvloop

PATIENCE = 30.0  # seconds for any wait
AT_ONCE = 25  # sockets that connect at the same time


@dataclass(frozen=True)
class Task:
    """What one process has to watch."""

    address: str
    token: str
    query: str
    field: str
    variables: dict[str, object]
    sockets: int
    churn: float  # share of the sockets that disconnect and connect again all the time


@dataclass
class Heard:
    """What the watchers of one process have received."""

    events: list[tuple[int, float]] = field(default_factory=list)  # version and time of arrival
    lines: int = 0
    backwards: int = 0  # versions that were not newer than the one before
    last: list[int] = field(default_factory=list)  # the last version of each watcher


class Line(asyncio.Protocol):
    """One websocket: it connects, watches, and notes what it receives."""

    def __init__(self, task: Task, heard: Heard, at_least: int) -> None:
        self.task, self.heard = task, heard
        self.version, self.at_least = 0, at_least
        self.first, self.completed = asyncio.Event(), asyncio.Event()
        self._data, self._shaken = b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        host = self.task.address.partition("//")[2]
        self.transport.write(
            f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._data += data
        if not self._shaken:
            answer, found, rest = self._data.partition(b"\r\n\r\n")
            if not found:
                return
            assert answer.startswith(b"HTTP/1.1 101"), answer
            self._shaken, self._data = True, rest
            greeting = {"Authorization": f"Bearer {self.task.token}"}
            self.say({"type": "connection_init", "payload": greeting})
        while (frame := self._frame()) is not None:
            self._take(orjson.loads(frame))

    def _frame(self) -> bytes | None:
        """The next text frame, if it is complete. Other frames are skipped."""
        data = self._data
        if len(data) < 4:
            return None
        length, begins = data[1], 2
        if length == 126:
            length, begins = int.from_bytes(data[2:4], "big"), 4
        if len(data) < begins + length:
            return None
        self._data = data[begins + length :]
        return data[begins : begins + length] if data[0] == 0x81 else self._frame()

    def _take(self, message: dict) -> None:  # type: ignore[type-arg]
        match message["type"]:
            case "next":
                found = message["payload"]["data"][self.task.field]
                for one in found.get("nodes", [found]):  # of a list, or of one thing
                    self._note(one["version"])
            case "connection_ack":
                payload = {"query": self.task.query, "variables": self.task.variables}
                self.say({"id": "1", "type": "subscribe", "payload": payload})
            case "ping":
                self.say({"type": "pong"})
            case "complete":
                self.completed.set()
            case other:
                raise AssertionError(other)

    def _note(self, version: int) -> None:
        self.heard.events.append((version, time.time()))
        # Versions grow on one websocket. The first version of the next websocket may be the last
        # one again.
        self.heard.backwards += version <= self.version or version < self.at_least
        self.version = version
        self.first.set()

    def say(self, message: dict[str, object]) -> None:
        text = orjson.dumps(message)
        assert len(text) < 65536
        length = bytes([128 | len(text)]) if len(text) < 126 else struct.pack("!BH", 254, len(text))
        self.transport.write(b"\x81" + length + b"\0\0\0\0" + text)  # masked by zeros


class Watcher:
    """A watcher, over one websocket after the other."""

    def __init__(self, task: Task, heard: Heard) -> None:
        self.task, self.heard = task, heard
        self.line: Line | None = None

    async def open(self) -> None:
        """Connect, and wait for the first event."""
        host, _, port = self.task.address.partition("//")[2].partition(":")
        seen = self.line.version if self.line else 0
        line = Line(self.task, self.heard, seen)
        await asyncio.get_running_loop().create_connection(lambda: line, host, int(port))
        self.line, self.heard.lines = line, self.heard.lines + 1
        async with asyncio.timeout(PATIENCE):
            await line.first.wait()

    async def come_and_go(self) -> None:
        """Disconnect and connect again, until cancelled while connected."""
        while True:
            await asyncio.sleep(random.uniform(0.1, 1))
            assert self.line is not None
            self.line.transport.abort()
            await asyncio.shield(self.open())


async def _work(tasks: list[Task], pipe: Connection) -> None:
    heard = Heard()
    every = [Watcher(task, heard) for task in tasks for _ in range(task.sockets)]
    for start in range(0, len(every), AT_ONCE):
        await asyncio.gather(*(one.open() for one in every[start : start + AT_ONCE]))
    unquiet = every[: int(len(every) * tasks[0].churn)]
    cuts = [asyncio.create_task(one.come_and_go()) for one in unquiet]
    pipe.send("watching")
    if await asyncio.to_thread(pipe.recv) == "end":
        await _see_the_end(every)
    for cut in cuts:
        cut.cancel()
    heard.last = [one.line.version for one in every if one.line]
    pipe.send(heard)


async def _see_the_end(every: list[Watcher]) -> None:
    """Wait until every websocket is complete, including those that are connecting."""
    async with asyncio.timeout(PATIENCE):
        for one in every:
            while one.line is None or not one.line.completed.is_set():  # noqa: ASYNC110
                await asyncio.sleep(0.01)


@asynccontextmanager
async def working(tasks: Sequence[list[Task]]) -> AsyncIterator[list[Connection]]:
    """Have these tasks done, those of each list by a process, and give the pipes to them."""
    spawn = multiprocessing.get_context("spawn")
    pipes, processes = [], []
    for of_process in tasks:
        ours, theirs = spawn.Pipe()
        processes.append(spawn.Process(target=work, args=(of_process, theirs)))
        processes[-1].start()
        theirs.close()  # so that the pipe ends when the process ends
        pipes.append(ours)
    try:
        for pipe in pipes:
            assert await asyncio.to_thread(pipe.recv) == "watching"
        yield pipes
    finally:
        for process in processes:
            await asyncio.to_thread(process.join, 20)
            process.kill()


def work(tasks: list[Task], pipe: Connection) -> None:
    """Watch until told to stop, and report what was received."""
    uvloop.run(_work(tasks, pipe))
