"""Websockets to the API: opening one, sending and receiving messages."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")


@asynccontextmanager
async def socket(
    place: str, payload: dict[str, Any] | None = None, **headers: str
) -> AsyncIterator[ClientConnection]:
    """A websocket to the API. With a payload, it has sent connection_init and was acknowledged."""
    named = {name.title(): value for name, value in headers.items()}
    async with (
        asyncio.timeout(10),
        connect(
            f"ws://{place}/graphql", subprotocols=[PROTOCOL], additional_headers=named
        ) as opened,
    ):
        if payload is not None:
            await say(opened, type="connection_init", payload=payload)
            assert await hear(opened) == {"type": "connection_ack"}
        yield opened


async def say(line: ClientConnection, **message: Any) -> None:
    """Send a message."""
    await line.send(json.dumps(message))


async def hear(line: ClientConnection) -> dict[str, Any]:
    """Receive the next message."""
    return dict(json.loads(await line.recv()))


async def closing(line: ClientConnection) -> tuple[int, str]:
    """How the server closes the socket, whatever it sends before."""
    with contextlib.suppress(ConnectionClosed):
        async for _ in line:
            pass
    return line.close_code or 0, line.close_reason or ""


async def subscribe(line: ClientConnection, query: str, id: str = "1", **payload: Any) -> None:
    """Start an operation."""
    await say(line, id=id, type="subscribe", payload={"query": query, **payload})
