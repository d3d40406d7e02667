"""The overview: what is going on over all instances of a person."""

from sqlalchemy import text

from domain import db
from tests.graph.copies import COPIES, copies

OVERVIEW = """{ overview {
  running waiting waitingBy { reason count } failedSinceYesterday openCollections
  nextRuns { nextRunAt report { name } } newestResults { id completedAt }
} }"""


async def test_it_counts_what_a_person_sees_in_a_constant_number_of_statements(
    ask, alice, charlie, instance, count_statements
):
    await copies(alice, instance.id)
    nothing = await ask(OVERVIEW, by=charlie)
    assert (nothing["waiting"], nothing["nextRuns"], nothing["openCollections"]) == (0, [], 0)
    with count_statements() as of_many:
        await ask(OVERVIEW)
    over = "phase = 'done', due_at = NULL, completed_at = now()"
    async with db.owner_transaction() as session:
        for number, change in enumerate(
            (
                "phase = 'at_amc', status = 'running'",
                "blocked_by = 'QUOTA'",
                f"status = 'failed', error_code = 'X', {over}",
                f"status = 'failed', error_code = 'X', {over} - interval '2 days'",
                f"status = 'completed', outcome = 'DATA', {over}",
            )
        ):
            # One row each.
            await session.execute(
                text(
                    f"UPDATE report_executions SET {change} WHERE id = (SELECT id FROM "
                    "report_executions WHERE phase = 'waiting' AND blocked_by IS NULL "
                    "ORDER BY id LIMIT 1)"
                )
            )
            assert number < COPIES
    found = await ask(OVERVIEW)
    # Two executions of reports wait for no reason yet, and all of the workflow's.
    waits = {one["reason"]: one["count"] for one in found["waitingBy"]}
    assert waits == {"QUOTA": 1, None: COPIES + 1 - 5 + COPIES + 1}
    assert (found["running"], found["waiting"]) == (1, sum(waits.values()))
    assert (found["failedSinceYesterday"], found["openCollections"]) == (1, COPIES + 1)
    assert len(found["newestResults"]) == 1
    runs = [one["nextRunAt"] for one in found["nextRuns"]]
    assert len(runs) == COPIES - 1
    assert runs == sorted(runs)
    with count_statements() as of_few:
        await ask(OVERVIEW)
    assert len(of_few) == len(of_many)
    assert sum("nextRunAt" not in one and "set_config" not in one for one in of_few) <= 4
