"""Lines to PostgreSQL and Valkey that a test can cut and freeze: small proxies in front of them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from inspect import isawaitable
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import make_url

from domain import db
from domain.bus import bus, queues
from domain.settings import settings


class Line:
    """A proxy on a free port. While it is cut, it closes every connection; frozen, it is silent."""

    def __init__(self, target: str | tuple[str, int]) -> None:
        self.port = 0
        self._target = target
        self._is_cut = False
        self._flows = asyncio.Event()
        self._flows.set()
        self._open: set[asyncio.StreamWriter] = set()

    def cut(self) -> None:
        """Close all connections, and every new one."""
        self._is_cut = True
        self.break_all()

    def break_all(self) -> None:
        """Close all connections. New ones work."""
        for writer in list(self._open):
            writer.transport.abort()

    def freeze(self) -> None:
        """Let nothing through, as a server that was stopped by SIGSTOP."""
        self._flows.clear()

    def mend(self) -> None:
        """Work again."""
        self._is_cut = False
        self._flows.set()

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1") -> AsyncIterator["Line"]:
        """Listen until the end of the block."""
        server = await asyncio.start_server(self._accept, host, 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            self.mend()
            server.close()
            self.break_all()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._is_cut:
            writer.transport.abort()
            return
        if isinstance(self._target, str):
            far_reader, far_writer = await asyncio.open_unix_connection(self._target)
        else:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        ends = {writer, far_writer}
        self._open |= ends
        try:
            await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        finally:
            self._open -= ends

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self._flows.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


async def until(happened: Callable[[], bool | Awaitable[bool]], patience: float = 60.0) -> None:
    """Wait until something has happened that nobody announces."""
    async with asyncio.timeout(patience):
        while not (found := happened()) or (isawaitable(found) and not await found):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def to_postgres() -> str | tuple[str, int]:
    url = make_url(settings.database_url)
    folder = url.query.get("host")
    if folder:
        return f"{folder}/.s.PGSQL.{url.port or 5432}"
    return url.host or "localhost", url.port or 5432


def to_valkey() -> tuple[str | tuple[str, int], str]:
    parts = urlsplit(settings.redis_url)
    if parts.scheme == "unix":
        return parts.path, parse_qs(parts.query)["db"][0]
    return (parts.hostname or "localhost", parts.port or 6379), parts.path.strip("/") or "0"


@pytest.fixture
async def postgres_line(
    clean_database: None, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Line]:
    """The line to PostgreSQL of everything in this process, which gives up early."""
    for name, seconds in (("CONNECTING", 2.0), ("CHECKING", 0.5), ("PATIENCE", 1.0)):
        monkeypatch.setattr(db, name, seconds)
    async with Line(to_postgres()).serve() as line:
        url = make_url(settings.database_url).set(host="127.0.0.1", port=line.port, query={})
        through = {
            "database_url": url.render_as_string(hide_password=False),
            "database_timeout": timedelta(seconds=2),
            "connections_per_person": 20,
            "database_connections": 20,
        }
        await db.dispose()
        monkeypatch.setattr(db, "settings", settings.model_copy(update=through))
        yield line
        line.mend()
        await db.dispose()


@pytest.fixture
async def valkey_line(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """The line to Valkey of everything in this process, which gives up early."""
    for name in ("CONNECTING", "ANSWERING"):
        monkeypatch.setattr(queues, name, 0.2)
    for name in ("LISTENING", "SENDING", "PAUSE", "RECONNECT"):
        monkeypatch.setattr(bus, name, 0.2)
    monkeypatch.setattr(bus, "AT_HAND", 0.1)
    target, number = to_valkey()
    async with Line(target).serve() as line:
        through = {"redis_url": f"redis://127.0.0.1:{line.port}/{number}"}
        await bus.close()
        for module in (bus, queues):
            monkeypatch.setattr(module, "settings", settings.model_copy(update=through))
        queues.broker.cache_clear()
        yield line
        line.mend()
        await bus.close()
        queues.broker.cache_clear()
