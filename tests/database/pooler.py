"""Poolers in front of PostgreSQL that drop the startup parameter `role`: a small one, PgBouncer."""

import asyncio
import os
import shutil
import struct
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from domain.settings import settings
from local import places

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


PGBOUNCER = """
[databases]
* = host={host} port={port}
[pgbouncer]
unix_socket_dir = {folder}
listen_addr =
listen_port = 5432
auth_type = trust
auth_file = {folder}/users
pool_mode = session
ignore_startup_parameters = role, application_name, extra_float_digits
logfile = {folder}/log
pidfile =
"""


@asynccontextmanager
async def pgbouncer() -> AsyncIterator[str]:
    """The same behind PgBouncer, if it is installed."""
    if (program := shutil.which("pgbouncer")) is None:
        pytest.skip("PgBouncer is not installed.")
    with tempfile.TemporaryDirectory(prefix="pool-") as name:
        options = _prepared(Path(name))
        process = await asyncio.create_subprocess_exec(
            program, *options, stderr=asyncio.subprocess.DEVNULL
        )
        try:
            async with asyncio.timeout(10):
                while not os.path.exists(f"{name}/{SOCKET}"):  # noqa: ASYNC110, ASYNC240
                    await asyncio.sleep(0.02)
            ours = make_url(settings.database_url).set(host=None, port=None, query={"host": name})
            yield ours.render_as_string(hide_password=False)
        finally:
            process.terminate()
            await process.wait()


def _prepared(folder: Path) -> list[str]:
    """Write the settings of PgBouncer, and return its options. It refuses to run as root."""
    behind = make_url(settings.database_url)
    host = behind.query.get("host") or behind.host
    told = {"host": host, "port": behind.port or 5432, "folder": folder}
    (folder / "pgbouncer.ini").write_text(PGBOUNCER.format(**told))
    (folder / "users").write_text(f'"{behind.username}" ""\n')
    user = places.unprivileged()
    if user is None:
        return [str(folder / "pgbouncer.ini")]
    for one in (folder, *folder.iterdir()):
        os.chown(one, user.pw_uid, user.pw_gid)
    return ["-u", user.pw_name, str(folder / "pgbouncer.ini")]


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
