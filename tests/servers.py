"""Servers for a test run, and a database for each of its processes.

Import this module before any module of ours, as it sets the environment that the settings are read
from. The first process starts the servers and migrates one database, and every process that needs a
database copies that one. TEST_DATABASE_URL and TEST_REDIS_URL name servers to use instead.
"""

import asyncio
import base64
import os
import shutil
import tempfile
from pathlib import Path

import asyncpg
from sqlalchemy import make_url

from local import postgres, valkey

RUN = os.environ.setdefault("AMC_REPORTS_TEST_RUN", str(os.getpid()))
PROCESS = os.environ.get("PYTEST_XDIST_WORKER", "main")
TEMPLATE = f"amc_test_{RUN}"
OWN = f"{TEMPLATE}_{PROCESS}"
FOLDER = "AMC_REPORTS_TEST_FOLDER"  # set once servers have been started
# PostgreSQL copies a database only while nobody is connected to it, so copies are made in turn.
COPYING = 7_310_002


def named(url: str, database: str) -> str:
    """The URL of another database on the same server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


class Servers:
    """The servers of this run: started by the first process, known to the others."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="amc-reports-test-"))
        self.began = FOLDER not in os.environ
        self._postgres: postgres.Postgres | None = None
        self._valkey: valkey.Valkey | None = None
        if self.began:
            os.environ[FOLDER] = str(self.folder)
            self._start()
        self.shared = Path(os.environ[FOLDER])  # shared by all processes of the run

    def _start(self) -> None:
        if "TEST_DATABASE_URL" not in os.environ:
            self._postgres = postgres.start(self.folder / "postgres", durable=False)
            os.environ["TEST_DATABASE_URL"] = self._postgres.url
        if "TEST_REDIS_URL" not in os.environ:
            self._valkey = valkey.start(self.folder / "valkey")
            os.environ["TEST_REDIS_URL"] = self._valkey.url

    def stop(self) -> None:
        """Stop the servers, and drop our databases on a server that is not ours."""
        if self.began and self._postgres is None:
            asyncio.run(_drop_all())
        for server in (self._valkey, self._postgres):
            if server is not None:
                server.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


SERVERS = Servers()
SERVER_URL = os.environ["TEST_DATABASE_URL"]
STORAGE = SERVERS.folder / "storage"


def _redis_url() -> str:
    number = 1 + int(PROCESS.removeprefix("gw")) if PROCESS.startswith("gw") else 0
    url = os.environ["TEST_REDIS_URL"]
    return f"{url}?db={number}" if url.startswith("unix:") else f"{url.rstrip('/')}/{number}"


def _set_environment() -> None:
    for name in ("DATABASE_OWNER_URL", "DATABASE_API_URL", "DATABASE_WORKER_URL"):
        os.environ.pop(name, None)
    os.environ.update(
        DATABASE_URL=named(SERVER_URL, OWN),
        REDIS_URL=_redis_url(),
        STORAGE_URL=f"file://{STORAGE}",
        ENCRYPTION_KEYS=f"test:{base64.b64encode(b'a key for tests, and for nothing').decode()}",
        SIGNING_SECRET="signs links in tests, nothing else",
        TOKEN_SECRET="signs people in, in tests and nowhere else",
        # Shorter intervals of the engine, so that no test waits for a minute.
        AMC_POLL_MIN="0.02",
        AMC_REQUEST_TIMEOUT="5",
        AMC_ADOPT_AFTER="0.3",
        RETRY_MIN="0.02",
        RETRY_MAX="1",
        # Tests make and start more than a person does; those of the limits set their own.
        EXECUTIONS_PER_MINUTE="0",
        REPORTS_PER_HOUR="0",
        QUESTIONS_PER_MINUTE="0",
        BUDGET_MAXIMUM="0",
        SEGMENT_RETRY_MIN="0.02",
        SEGMENT_RETRY_MAX="0.1",
    )


_set_environment()


async def _migrate_template() -> None:
    from migrations.run import migrate

    await execute(SERVER_URL, f'CREATE DATABASE "{TEMPLATE}"')
    await migrate(named(SERVER_URL, TEMPLATE))


async def _drop_all() -> None:
    connection = await asyncpg.connect(SERVER_URL)
    left = await connection.fetch(
        "SELECT datname FROM pg_database WHERE starts_with(datname, $1)", TEMPLATE
    )
    for (name,) in left:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
    await connection.close()


async def execute(url: str, *statements: str) -> None:
    """Run statements, each in a transaction of its own, with the login of the URL."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def copy(name: str) -> str:
    """The URL of a new copy of the migrated database."""
    await execute(
        SERVER_URL,
        f"SELECT pg_advisory_lock({COPYING})",
        f'CREATE DATABASE "{name}" TEMPLATE "{TEMPLATE}"',
    )
    return named(SERVER_URL, name)


if SERVERS.began:
    asyncio.run(_migrate_template())
