"""What every test run needs: servers, and the common fixtures."""

import pytest
from hypothesis import HealthCheck, settings

# First: this import sets the environment that the settings are read from.
from tests import servers

# A shared machine may be slow at generating examples. That is no failure.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

pytest_plugins = [
    "tests.graph.small_schema",  # first: others import it
    "tests.database.database",
    "tests.lines",
    "tests.people.people",
    "tests.graph.front_door",
    "tests.graph.server",
    "tests.sandbox.sandbox",
    "tests.executions.workers",
    "tests.collections.collections",
    "tests.dashboards.dashboards",
    "tests.workflows.workflows",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with the tests that take longest, so that no process waits for them at the end."""
    items.sort(key=lambda item: item.get_closest_marker("processes") is None)


def pytest_unconfigure() -> None:
    servers.SERVERS.stop()
