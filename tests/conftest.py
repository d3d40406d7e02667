"""What every test run needs: servers, and the fixtures of the people and the front door."""

from hypothesis import HealthCheck, settings

# First: this import sets the environment that the settings are read from.
from tests.database import database

# How fast a shared machine makes up examples says nothing about us.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

pytest_plugins = [
    "tests.people.people",
    "tests.local.machine",
    "tests.graph.front_door",
    "tests.executions.engine",
    "tests.collections.collecting",
    "tests.builder.building",
    "tests.dashboards.boards",
    "tests.numbers.figuring",
    "tests.views.drawing",
    "tests.graph.web",
    "tests.pages.browsing",
    "tests.graph.signing",
    "tests.notices.notices",
    "tests.workflows.workflows",
]


def pytest_unconfigure() -> None:
    database.SERVERS.stop()
