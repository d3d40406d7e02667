"""A database and a store for each process of a test run, without rows and files of other tests."""

import shutil
from collections.abc import AsyncIterator
from typing import Any

import pytest

from domain import db
from tests import servers

# What people created. Dependent rows are deleted by ON DELETE CASCADE. Built-in templates stay.
RESET = (
    "DELETE FROM amc_instances",
    "DELETE FROM amc_accounts",
    "DELETE FROM users",
    "DELETE FROM dashboards",
    "DELETE FROM archived_workflows",
    "DELETE FROM archived_workflow_executions",
    "DELETE FROM result_removals",
    "DELETE FROM retention_log",
    "DELETE FROM audit_entries",  # what those before have written, too
    "UPDATE retention_rules SET due_at = now() + interval '1 hour'",
)


@pytest.fixture(scope="session")
async def own_database() -> AsyncIterator[None]:
    """The database of this process, created when the first test needs it."""
    await servers.copy(servers.OWN)
    yield
    await db.dispose()


@pytest.fixture
async def clean_database(own_database: None) -> None:
    """The database with nothing in it but the built-in templates, and the store with no file."""
    shutil.rmtree(servers.STORAGE, ignore_errors=True)
    servers.STORAGE.mkdir()
    async with db.engine("owner").connect() as connection:
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.execute("; ".join(RESET))  # in one message and one transaction
