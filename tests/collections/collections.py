"""Helpers of the tests of collections: operations, and broken executions."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids

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
LINEAGE = """
query($id: ID!) {
  node(id: $id) {
    ... on Week {
      startDate revision checksum
      summary { columns { name type } totals { name value } suppressedRows firstRows }
      executions {
        id status sqlHash parameters windowStart windowEnd checksum errorCode attempts
        templateVersion { version } week { id } collection { id }
      }
      revisions {
        revision checksum totals { name value } difference { name before after change }
        execution { id }
      }
      collection { id series templateVersion { version } report { id } }
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
    """The first day of a week that is settled with days to spare."""
    day = datetime.now(UTC).date() - timedelta(days=21)
    return day - timedelta(days=day.weekday())


def custom(start: date, end: date) -> dict[str, str]:
    """A lookback of these days, the last one included."""
    return {"type": "CUSTOM", "startDate": start.isoformat(), "endDate": end.isoformat()}


@pytest.fixture
def collect(ask: Ask, report: dict[str, Any]) -> Callable[..., Awaitable[str]]:
    """Start a collection of this many weeks of Alice's report, and return its id."""

    async def start(weeks: int | None = 3, **more: Any) -> str:
        wanted = {"reportId": report["id"], "targetWeeks": weeks, **more}
        return str((await ask(START, collection=wanted))["id"])

    return start


async def fail_week(collection: str, place: int, code: str) -> None:
    """Make every execution of one segment fail as soon as it is created."""
    async with db.owner_transaction() as session:
        week = await session.scalar(
            text(
                "SELECT id FROM report_data_weeks WHERE collection_id = :id "
                "ORDER BY week_start_date DESC OFFSET :place LIMIT 1"
            ),
            {"id": ids.decode("col", collection), "place": place},
        )
        for statement in (
            f"""
            CREATE FUNCTION fail_on_purpose() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN
                IF NEW.week_id = '{week}' THEN
                    NEW.status := 'failed'; NEW.phase := 'done'; NEW.due_at := NULL;
                    NEW.completed_at := now(); NEW.error_code := '{code}';
                    NEW.error_message := 'It failed on purpose.';
                END IF;
                RETURN NEW;
            END $$
            """,
            """
            CREATE TRIGGER fail_on_purpose BEFORE INSERT ON report_executions
            FOR EACH ROW EXECUTE FUNCTION fail_on_purpose()
            """,
        ):
            await session.execute(text(statement.replace(":=", r"\:=")))


async def mend() -> None:
    """Let executions run again."""
    async with db.owner_transaction() as session:
        await session.execute(text("DROP FUNCTION fail_on_purpose() CASCADE"))


@pytest.fixture
async def mended(own_database: None) -> AsyncIterator[None]:
    """Restores what a test has broken on purpose. A function left behind would forbid a backup."""
    yield
    async with db.owner_transaction() as session:
        await session.execute(text("DROP FUNCTION IF EXISTS fail_on_purpose() CASCADE"))


async def numbers(collection: str) -> list[Any]:
    """All aggregates of a collection's series, with the generation that computed each."""
    async with db.owner_transaction() as session:
        rows = await session.execute(
            text(
                "SELECT a.* FROM report_data_aggregates a JOIN report_data_collections c "
                "USING (series_hash) WHERE c.id = :id ORDER BY a.id"
            ),
            {"id": ids.decode("col", collection)},
        )
        return [tuple(row) for row in rows]
