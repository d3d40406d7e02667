"""Watchers of many things at once, by each transport, who keep what they get."""

import asyncio
import contextlib
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.graph.http import sockets

STREAMS = {"events": "text/event-stream", "parts": "multipart/mixed;subscriptionSpec=1.0"}
LAST_BOUNDARY = "--graphql--"  # of a multipart answer


class Watchers:
    """What each watcher has got, and which of them were told that it is over."""

    def __init__(self) -> None:
        self.got: dict[str, list[Any]] = defaultdict(list)
        self.over: set[str] = set()
        self.cut: set[str] = set()  # those that ended without a word

    def newest(self, name: str) -> Any:
        """The value of the root field in the newest event of a watcher."""
        return next(iter(self.got[name][-1].values()))

    async def by_socket(self, line: ClientConnection) -> None:
        """Read what comes over a socket, until it is closed. Several watchers share it."""
        with contextlib.suppress(ConnectionClosed):
            async for text in line:
                message = json.loads(text)
                name = f"socket {message.get('id')}"
                if message["type"] == "next":
                    assert "errors" not in message["payload"], message
                    self.got[name].append(message["payload"]["data"])
                elif message["type"] != "ping":
                    assert message["type"] == "complete", message
                    self.over.add(name)
        self.cut.add(f"a socket, with {line.close_code}")

    async def by_stream(self, client: httpx2.AsyncClient, name: str, body: Any, kind: str) -> None:
        """Read events or parts, until they end. A stream that is refused for now is asked again."""
        headers = {"Accept": kind}
        while True:
            async with client.stream("POST", "/graphql", json=body, headers=headers) as answer:
                if answer.status_code == 503:
                    await asyncio.sleep(float(answer.headers["retry-after"]))
                    continue
                with contextlib.suppress(httpx2.RemoteProtocolError, httpx2.ReadError):
                    async for line in answer.aiter_lines():
                        self._read(name, line)
            break
        if name not in self.over:
            self.cut.add(name)

    def _read(self, name: str, line: str) -> None:
        text = line.removeprefix("data: ")
        if text.startswith("{") and text != "{}":
            found = json.loads(text)
            found = found.get("payload", found)
            assert "errors" not in found, found
            self.got[name].append(found["data"])
        elif line in ("event: complete", LAST_BOUNDARY):
            self.over.add(name)


@asynccontextmanager
async def lasting_socket(place: str, token: str) -> AsyncIterator[Any]:
    """A socket that stays open for longer than those of other tests."""
    async with connect(
        f"ws://{place}/graphql", subprotocols=[sockets.PROTOCOL], ping_interval=None
    ) as line:
        await sockets.say(line, type="connection_init", payload={"Authorization": token})
        assert (await sockets.hear(line))["type"] == "connection_ack"
        yield line
