"""What tests of collections ask: start one, read it, act on it."""

from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

Ask = Callable[..., Awaitable[Any]]

START = """
mutation($collection: CollectionInput!, $key: String) {
  collectionStart(collection: $collection, idempotencyKey: $key) { id status targetWeeks }
}
"""
READ = """
query($id: ID!) {
  collection(id: $id) {
    id version status isOver targetWeeks weeksCompleted progressPercentage errorMessage
    startDate endDate timeZone segmentType parallelLimit waits { reason count until }
    ratePerHour etaEarliest etaLatest startedAt completedAt cancelRequestedAt series
    counts { pending running completed failed skipped provisional waiting atAmc ingesting }
    weeks {
      id startDate endDate status isOpen attempts outcome rowCount checksum revision isProvisional
      settlesAt nextAttemptAt errorCode errorMessage collectedAt
      execution { id status phase retryOf: id }
    }
  }
}
"""
NUMBERS = """
query($filter: AggregateFilter!) {
  aggregates(filter: $filter, first: 100) {
    nodes {
      level key startDate endDate dimension value state isProvisional byUtcDay asOf rowCount
      undatedRows
      metrics { name value state }
      coverage { days covered empty suppressed gap missing straddling }
      weeks { id startDate }
    }
  }
}
"""
ACT = {
    "pause": "mutation($id: ID!) { collectionPause(id: $id) { id status version } }",
    "resume": "mutation($id: ID!) { collectionResume(id: $id) { id status version } }",
    "cancel": "mutation($id: ID!) { collectionCancel(id: $id) { id status version } }",
    "change": """
        mutation($id: ID!, $limit: Int = 7) {
          collectionChange(id: $id, parallelLimit: $limit) { id status version parallelLimit }
        }
    """,
    "retry": """
        mutation($id: ID!, $which: RetryKind, $week: ID) {
          collectionRetry(id: $id, which: $which, weekId: $week) { id status version }
        }
    """,
    "delete": "mutation($id: ID!) { collectionDelete(id: $id) }",
}


def settled() -> date:
    """The first day of a week that ends well within what is settled."""
    day = datetime.now(UTC).date() - timedelta(days=21)
    return day - timedelta(days=day.weekday())


def custom(start: date, end: date) -> dict[str, str]:
    """A lookback of these days, the last one included."""
    return {"type": "CUSTOM", "startDate": start.isoformat(), "endDate": end.isoformat()}


@pytest.fixture
def collect(ask: Ask, report: dict[str, Any]) -> Callable[..., Awaitable[str]]:
    """Start a collection of so many weeks of Alice's report; its id."""

    async def start(weeks: int = 3, **more: Any) -> str:
        wanted = {"reportId": report["id"], "targetWeeks": weeks, **more}
        return str((await ask(START, collection=wanted))["id"])

    return start
