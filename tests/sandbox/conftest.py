"""Fixtures of the tests of the local AMC."""

import pytest

from tests.sandbox.amc_sql import Sql


@pytest.fixture(scope="session")
def sql(tmp_path_factory: pytest.TempPathFactory) -> Sql:
    """AMC SQL over synthetic events."""
    return Sql.over_events(tmp_path_factory.mktemp("sql"))
