"""Migrations while developing: on a server of their own, which is gone afterwards."""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from local import environment, postgres


@contextmanager
def _migrated() -> Iterator[Config]:
    """Alembic on an empty server that was brought up to date."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        server = postgres.start(Path(folder), durable=False)
        # Before the settings are read, which is when anything of the domain is imported.
        os.environ["DATABASE_URL"] = server.url
        for role in ("OWNER", "API", "WORKER"):
            os.environ.pop(f"DATABASE_{role}_URL", None)
        try:
            from migrations.run import migrate

            asyncio.run(migrate())
            yield Config(toml_file=Path(environment.CLI).with_name("pyproject.toml"))
        finally:
            server.stop()


def write(message: str) -> None:
    """Write a migration for what the models have and the migrations have not."""
    with _migrated() as config:
        command.revision(config, message=message, autogenerate=True)


def agree() -> str | None:
    """None when models and migrations agree, else what differs."""
    with _migrated() as config:
        try:
            command.check(config)
        except CommandError as differs:
            return str(differs)
    return None
