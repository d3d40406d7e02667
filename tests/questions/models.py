"""A language model that says what it is told to, behind a real HTTP server."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import orjson

Script = Callable[[dict[str, Any]], Any]


def says(text: str) -> bytes:
    """An answer with a text."""
    return orjson.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]})


def calls(name: str, **arguments: Any) -> bytes:
    """An answer that calls a tool."""
    function = {"name": name, "arguments": orjson.dumps(arguments).decode()}
    message = {"content": None, "tool_calls": [{"id": "1", "function": function}]}
    return orjson.dumps({"choices": [{"message": message}]})


@dataclass
class Model:
    """The server, with what it was sent. A script that gives None never answers."""

    script: Script = lambda _: None
    status: int = 200
    heard: list[dict[str, Any]] = field(default_factory=list)
    url: str = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in head.split(b"\r\n")
            if line.lower().startswith(b"content-length:")
        )
        self.heard.append(orjson.loads(await reader.readexactly(length)))
        body = self.script(self.heard[-1])
        if body is None:
            await reader.read()  # until the client goes away
        else:
            writer.write(
                b"HTTP/1.1 %d X\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
                % (self.status, len(body))
            )
            writer.write(body)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def serving() -> AsyncIterator[Model]:
    """Run the model for a block."""
    model = Model()
    server = await asyncio.start_server(model.answer, "127.0.0.1", 0)
    model.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
    try:
        yield model
    finally:
        server.close()
