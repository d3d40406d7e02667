"""Commands for developers: write and check migrations on a temporary database server."""

import asyncio
import tempfile
from collections.abc import Callable
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection

from local import environment, postgres
from migrations.run import migrate, owner_engine


def write(message: str) -> None:
    """Write a migration with the differences between the models and the migrations."""
    _on_own_server(lambda config: command.revision(config, message=message, autogenerate=True))


def agree() -> str | None:
    """Compare models and migrations. Returns None if they agree, else the differences."""
    try:
        _on_own_server(command.check)
    except CommandError as differs:
        return str(differs)
    return None


def _on_own_server(work: Callable[[Config], object]) -> None:
    """Run an Alembic command on an empty server that is migrated first."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder), durable=False)
        try:
            asyncio.run(_migrated(server.url, work))
        finally:
            server.stop()


async def _migrated(url: str, work: Callable[[Config], object]) -> None:
    await migrate(url)
    config = Config(toml_file=Path(environment.CLI).with_name("pyproject.toml"))

    def do(connection: Connection) -> None:
        config.attributes["connection"] = connection
        work(config)

    engine = owner_engine(url)
    async with engine.connect() as connection:
        await connection.run_sync(do)
    await engine.dispose()
