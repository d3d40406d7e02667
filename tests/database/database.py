"""A database for each process of a test run, without rows of other tests."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text

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
    """The database with nothing in it but the built-in templates."""
    async with db.owner_transaction() as session:
        for statement in RESET:
            await session.execute(text(statement))
