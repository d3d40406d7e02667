"""The local AMC's synthetic events, created once for all processes of a test run."""

from datetime import UTC, date, datetime
from functools import cache

from sandbox.events.warehouse import Warehouse
from tests import servers

EVENTS = 20_000  # enough for every query to have rows


@cache
def warehouse(events: int = EVENTS, today: date | None = None) -> Warehouse:
    """This many events up to the day before `today`, by default up to yesterday.

    The file stays open until the process ends, as DuckDB opens a file only once in a process.
    """
    folder = servers.SERVERS.shared / "events"
    return Warehouse.open(folder, events=events, today=today or datetime.now(UTC).date())
