"""Fixtures of the tests of the database."""

import pytest

from tests.database import rows


@pytest.fixture
async def made(alice, instance) -> rows.Rows:
    """A row in every table."""
    return await rows.populate(alice, instance.id)


@pytest.fixture
async def theirs(charlie, elsewhere) -> rows.Rows:
    """A row in every table, belonging to the stranger."""
    return await rows.populate(charlie, elsewhere.id)
