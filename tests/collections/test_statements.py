"""What a segment costs in SQL statements of the engine."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event

from domain import db
from tests.collections.collections import READ

pytestmark = pytest.mark.usefixtures("mended")
FRAME = ("BEGIN", "COMMIT", "ROLLBACK")
# How often a segment takes these, if nothing goes wrong.
OF_A_SEGMENT = {
    "FOR NO KEY UPDATE OF report_executions": 2,  # AMC's answer is recorded, then the result
    "INSERT INTO result_removals": 1,
    "INSERT INTO campaigns": 1,
    "pg_advisory_xact_lock_shared": 1,
}
# These do it for several segments at once, if they come together.
OF_SEVERAL = (
    "UPDATE report_data_weeks w SET report_execution_id",
    "UPDATE report_data_weeks w SET status = 'completed'",
    "UPDATE report_data_weeks w SET needs_aggregation",
    "INSERT INTO report_data_aggregates",
)
MOST = 40  # of all statements; polls are among them, which may find nothing new


@pytest.fixture
def statements(own_database: None) -> Iterator[list[str]]:
    """The statements of workers, without those that begin and end transactions."""
    seen: list[str] = []

    def note(query: Any) -> None:
        if not query.query.startswith(FRAME) and "clock_timestamp" not in query.query:
            seen.append(query.query)

    def begin(connection: Any, record: Any, proxy: Any) -> None:
        record.driver_connection.add_query_logger(note)

    def end(connection: Any, record: Any) -> None:
        if record.driver_connection is not None:
            record.driver_connection.remove_query_logger(note)

    engine = db.engine("worker").sync_engine
    event.listen(engine, "checkout", begin)
    event.listen(engine, "checkin", end)
    yield seen
    event.remove(engine, "checkout", begin)
    event.remove(engine, "checkin", end)


async def test_a_segment_takes_as_many_statements_however_many_there_are(
    ask, collect, amc_server, work_until_done, statements
):
    taken = []
    for weeks in (4, 16):
        statements.clear()
        collection = await collect(weeks, segmentation={"parallelLimit": 4}, recollect=True)
        await work_until_done()
        assert (await ask(READ, id=collection))["weeksCompleted"] == weeks
        taken.append([" ".join(one.split()) for one in statements])
    few, many = taken

    for part, times in OF_A_SEGMENT.items():
        assert [sum(part in one for one in seen) for seen in taken] == [4 * times, 16 * times], part
    for part in OF_SEVERAL:
        assert sum(part in one for one in many) <= 16, part
    assert len(many) - len(few) <= MOST * 12
