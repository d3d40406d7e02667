"""Submitting what was built: all of it at once, once, or nothing."""

import asyncio
import sys

from sqlalchemy import event, text

from domain import db
from domain.builder import builder
from domain.errors import Unavailable
from tests.builder.builder import READ, SAVE, SUBMIT, WEEKLY, counted
from tests.schedules.schedules import DELETE

ONE_OF_EACH = {
    "report_definitions": 1,
    "report_schedules": 1,
    "report_data_collections": 1,
    "report_data_weeks": 4,
    "dashboards": 1,
    "submits": 1,
}
NOTHING = dict.fromkeys(ONE_OF_EACH, 0)


async def test_a_submit_makes_the_report_and_all_that_goes_with_it(ask, build):
    made = await ask(SUBMIT, session=await build())
    assert made["report"]["name"] == "Campaigns of the week"
    assert made["report"]["frequency"] == "WEEKLY"
    assert made["schedule"]["words"] == "Every Monday at 09:00 UTC"
    assert made["schedule"]["backfillStatus"] == "PENDING"
    assert made["schedule"]["backfillCollection"]["id"] == made["collection"]["id"]
    assert made["collection"]["report"]["id"] == made["report"]["id"]
    assert made["dashboardId"].startswith("dash_")
    assert await counted() == ONE_OF_EACH


async def test_a_repeated_submit_answers_with_what_was_made(ask, build):
    session = await build()
    first = await ask(SUBMIT, session=session, key="one")
    assert await ask(SUBMIT, session=session, key="one") == first
    assert await ask(SUBMIT, session=session, key="another") == first
    assert await ask(SUBMIT, session=session) == first
    assert await counted() == ONE_OF_EACH
    kept = (await ask(READ, id=session))["configuration"]["made"]
    assert kept["reportId"] == first["report"]["id"]


async def test_two_submits_at_once_make_one_report(ask, build):
    session = await build()
    first, second = await asyncio.gather(ask(SUBMIT, session=session), ask(SUBMIT, session=session))
    assert first == second
    assert await counted() == ONE_OF_EACH


async def test_a_report_that_runs_once_has_no_schedule(ask, build):
    made = await ask(SUBMIT, session=await build(schedule=None))
    assert (made["schedule"], made["collection"]["targetWeeks"]) == (None, 4)


async def test_what_was_deleted_since_is_not_answered_with(ask, build):
    session = await build()
    made = await ask(SUBMIT, session=session)
    await ask(DELETE, id=made["schedule"]["id"])
    async with db.owner_transaction() as opened:
        await opened.execute(text("DELETE FROM dashboards"))
    again = await ask(SUBMIT, session=session)
    assert again["report"]["id"] == made["report"]["id"]
    assert (again["schedule"], again["dashboardId"]) == (None, None)
    assert again["collection"] == made["collection"]


async def test_a_submit_costs_as_few_statements_however_long_the_past(ask, build, count_statements):
    counts = []
    for number, weeks in enumerate((2, 40)):
        session = await build(name=f"Report {number}", targetWeeks=weeks)
        with count_statements() as seen:
            await ask(SUBMIT, session=session)
        counts.append(len(seen))
    assert counts[0] == counts[1]


async def test_steps_that_are_missing_are_asked_for(ask, refused, parameters):
    begun = await ask(SAVE, configuration={"parameters": parameters})
    problem = await refused(SUBMIT, session=begun["id"])
    assert (problem["code"], problem["field"]) == ("CONFLICT", "configuration.schedule")
    assert await counted() == NOTHING


async def test_a_submitted_session_is_not_gone_on_with(ask, refused, build):
    session = await build()
    await ask(SUBMIT, session=session)
    problem = await refused(SAVE, session=session, configuration={"schedule": WEEKLY})
    assert problem["code"] == "CONFLICT"


async def test_a_refused_submit_leaves_nothing(ask, refused, build, monkeypatch):
    sessions = [await build(name=f"Report {n}") for n in range(3)]
    for session in sessions[:2]:  # as many collections as one person may have open
        await ask(SUBMIT, session=session)
    before = await counted()
    assert (await refused(SUBMIT, session=sessions[2]))["code"] == "RATE_LIMITED"
    assert await counted() == before


async def test_wherever_a_connection_is_lost_all_of_it_is_there_or_nothing(ask, build, alice):
    session, number, done = await build(), 0, False
    while not done:
        number += 1
        left = iter(range(number - 1, -1, -1))

        def lose(conn, cursor, statement, *rest, left=left):
            if next(left, 1) == 0:
                conn.connection.driver_connection.terminate()

        engine = db.engine("api").sync_engine
        event.listen(engine, "before_cursor_execute", lose)
        try:
            async with db.transaction(alice) as opened:
                await builder.submit(opened, alice, session)
            done = next(left, None) is not None
        except Unavailable:
            pass
        finally:
            event.remove(engine, "before_cursor_execute", lose)
        assert await counted() == (ONE_OF_EACH if done else NOTHING), number
    assert number > 20


async def test_wherever_a_process_is_killed_all_of_it_is_there_or_nothing(ask, build, alice):
    session = await build()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.builder.killed_submit", str(alice.user_id), session),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    found, deaths = NOTHING, 0
    while found == NOTHING:
        assert await process.stdout.readline() == b"killed\n"
        found, deaths = await counted(), deaths + 1
        process.stdin.write(b"again\n" if found == NOTHING else b"")
    process.stdin.close()
    assert await process.wait() == 0

    assert (found, deaths > 20) == (ONE_OF_EACH, True)
    made = await ask(SUBMIT, session=session)
    assert made["schedule"]["backfillCollection"]["id"] == made["collection"]["id"]
    assert await counted() == ONE_OF_EACH
