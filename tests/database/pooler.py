"""A pooler in front of PostgreSQL that drops the startup parameter `role`, as PgBouncer may."""

import asyncio
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import make_url

from domain.settings import settings

SOCKET = ".s.PGSQL.5432"


@asynccontextmanager
async def pooler() -> AsyncIterator[str]:
    """The URL of this process's database behind such a pooler."""
    behind = make_url(settings.database_url)
    host, port = behind.query.get("host") or behind.host, behind.port or 5432
    assert isinstance(host, str)

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if host.startswith("/"):
            there, to = await asyncio.open_unix_connection(f"{host}/{SOCKET}")
        else:
            there, to = await asyncio.open_connection(host, port)
        to.write(without_role(await _startup(reader)))
        await asyncio.gather(_copy(reader, to), _copy(there, writer))

    with tempfile.TemporaryDirectory(prefix="pool-") as folder:
        server = await asyncio.start_unix_server(relay, Path(folder) / SOCKET)
        async with server:
            ours = behind.set(host=None, port=None, query={"host": folder})
            yield ours.render_as_string(hide_password=False)


async def _startup(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readexactly(4)
    return head + await reader.readexactly(struct.unpack("!I", head)[0] - 4)


def without_role(startup: bytes) -> bytes:
    """The startup message without its parameter `role`."""
    parts = startup[8:].split(b"\0")
    pairs = zip(parts[::2], parts[1::2], strict=False)
    kept = b"".join(b"%s\0%s\0" % pair for pair in pairs if pair[0] not in (b"", b"role"))
    body = startup[4:8] + kept + b"\0"
    return struct.pack("!I", len(body) + 4) + body


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    except ConnectionError:
        pass
    finally:
        writer.close()
