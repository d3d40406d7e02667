"""What every test run needs: servers, and the fixtures of the people and the front door."""

from tests import database  # first: it sets the environment that the settings are read from

pytest_plugins = [
    "tests.people",
    "tests.machine",
    "tests.front_door",
    "tests.engine",
    "tests.web",
    "tests.signing",
]


def pytest_unconfigure() -> None:
    database.SERVERS.stop()
