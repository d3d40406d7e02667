"""Fixtures of the tests of aggregates."""

import pytest

from sandbox.events.warehouse import Warehouse
from tests.aggregates.local_amc_results import events


@pytest.fixture(scope="session")
def warehouse() -> Warehouse:
    """The events that the results of the local AMC come from."""
    return events()
