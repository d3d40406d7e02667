"""The local AMC's synthetic events, made once for all processes of a test run."""

from datetime import UTC, date, datetime
from functools import cache

from sandbox.events.warehouse import Warehouse
from tests import servers

EVENTS = 20_000  # enough for every query to have rows


@cache
def warehouse(events: int = EVENTS, today: date | None = None) -> Warehouse:
    """So many events up to the day before `today`; without it, up to yesterday.

    It stays open until the process ends: DuckDB opens a file once in a process.
    """
    folder = servers.SERVERS.shared / "events"
    return Warehouse.open(folder, events=events, today=today or datetime.now(UTC).date())
