"""What every test run needs: servers, and the fixtures of the people and the front door."""

from hypothesis import HealthCheck, settings

from tests import database  # first: it sets the environment that the settings are read from

# How fast a shared machine makes up examples says nothing about us.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

pytest_plugins = [
    "tests.people",
    "tests.machine",
    "tests.front_door",
    "tests.engine",
    "tests.collecting",
    "tests.building",
    "tests.boards",
    "tests.figuring",
    "tests.drawing",
    "tests.web",
    "tests.browsing",
    "tests.signing",
    "tests.notices",
    "tests.workflows",
]


def pytest_unconfigure() -> None:
    database.SERVERS.stop()
