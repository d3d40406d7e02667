"""A mail server and an HTTP endpoint that receive notices."""

import asyncio
import contextlib
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

import uvicorn
from aiosmtpd.handlers import Message as Parsing
from aiosmtpd.smtp import SMTP, AuthResult
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

PASSWORD = "a mail password"


class Mailbox(Parsing):
    """A mail server that keeps what it receives. It can be down for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.port = 0
        self.taken: list[Message] = []
        self.refusing: str | None = None
        self._server: asyncio.Server | None = None

    def handle_message(self, message: Message) -> None:
        self.taken.append(message)

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, to: str, _: Any) -> str:  # noqa: N802
        if self.refusing is not None:
            return self.refusing
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def start(self, *, tls: ssl.SSLContext | None = None, **options: Any) -> None:
        self._server = await asyncio.get_running_loop().create_server(
            lambda: SMTP(self, **options), "127.0.0.1", self.port, ssl=tls
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def texts(self) -> list[str]:
        return [str(one.get_payload(decode=True), "utf-8") for one in self.taken]


@dataclass
class Heard:
    """A request that the endpoint has received."""

    headers: dict[str, str]
    body: bytes

    @property
    def delivery(self) -> str:
        return self.headers["x-amc-reports-delivery"]

    @property
    def told(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Endpoint:
    """A real HTTP server that answers as it is told to. It can be down for a while."""

    port: int = 0
    status: int = 204
    heard: list[Heard] = field(default_factory=list)
    _server: uvicorn.Server | None = None
    _running: asyncio.Task[None] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?of=us"

    async def _hear(self, request: Request) -> Response:
        self.heard.append(Heard(dict(request.headers), await request.body()))
        return Response(status_code=self.status, headers={"Location": "/hook"})

    async def start(self, **options: Any) -> None:
        app = Starlette(routes=[Route("/hook", self._hear, methods=["GET", "POST"])])
        config = uvicorn.Config(
            app, "127.0.0.1", self.port, log_level="warning", lifespan="off", **options
        )
        self._server = uvicorn.Server(config)
        self._running = asyncio.create_task(self._server.serve())
        async with asyncio.timeout(10):
            while not self._server.started:  # noqa: ASYNC110 (uvicorn has no event to wait for)
                await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        if self._server is not None and self._running is not None:
            self._server.should_exit = True
            await self._running
            self._server = None


@asynccontextmanager
async def dripping(head: bytes, drop: bytes) -> AsyncIterator[int]:
    """The port of a server that sends a given start and then goes on for ever, byte by byte."""

    async def drip(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        with contextlib.suppress(OSError):
            while not reader.at_eof():
                writer.write(drop)
                await writer.drain()
                await asyncio.sleep(0.02)
        writer.close()

    server = await asyncio.start_server(drip, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


def let_in(server: Any, session: Any, envelope: Any, mechanism: str, given: Any) -> AuthResult:
    """Whether the mail server accepts a login."""
    good = (given.login, given.password) == (b"us@example.com", PASSWORD.encode())
    return AuthResult(success=good, handled=False)
