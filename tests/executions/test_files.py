"""Stored results: a file stays while a row names it, and goes when none does."""

from datetime import date, timedelta

from sqlalchemy import text

from domain import db, ids
from domain.executions import files
from domain.settings import settings
from tests.collections.collections import ACT
from tests.collections.collections import READ as COLLECTION
from tests.executions.executions import READ, ROWS, RUN
from tests.executions.stored_results import named, there, tidy_up
from tests.schedules.schedules import CREATE, HOURLY, ago, fire


async def test_deleting_a_collection_removes_its_files(
    ask, refused, collect, work_until_done, do, sent
):
    collection = await collect(2)
    await work_until_done()
    keys = await named()
    runs = [week["execution"]["id"] for week in (await ask(COLLECTION, id=collection))["weeks"]]
    assert len(keys) == 2

    await ask(ACT["delete"], id=collection)
    assert sent.count(files.JOB) == 1
    await do()
    assert await named() == set()
    assert await there(keys) == keys, "somebody may be reading them"
    await tidy_up(do, sent)

    assert await there(keys) == set()
    assert (await ask(READ, id=runs[0]))["status"] == "COMPLETED", "executions stay"
    refusal = await refused(ROWS, id=runs[0], first=1, offset=0)
    assert (refusal["code"], "was removed" in refusal["message"]) == ("NOT_FOUND", True)


async def test_what_another_collection_took_over_stays_until_that_goes(
    ask, collect, work_until_done, do, sent
):
    first = await collect(1)
    await work_until_done()
    (shared,) = await named()
    second = await collect(2)
    await work_until_done()
    keys = await named()

    await ask(ACT["delete"], id=first)
    await tidy_up(do, sent)
    assert await there(keys) == keys == await named()
    week = (await ask(COLLECTION, id=second))["weeks"][0]
    assert (await ask(ROWS, id=week["execution"]["id"], first=1, offset=0))["rows"]["rows"]

    await ask(ACT["delete"], id=second)
    await tidy_up(do, sent)
    assert await there(keys) == set()
    assert shared in keys


async def test_what_was_taken_over_goes_when_the_segment_gets_another_result(
    ask, collect, work_until_done, do, sent
):
    first = await collect(1)
    await work_until_done()
    (shared,) = await named()
    await collect(2)
    await work_until_done()
    await ask(ACT["delete"], id=first)
    await tidy_up(do, sent)
    (other,) = await named() - {shared}

    async with db.worker_transaction() as session:  # as the step of a collection does
        await session.execute(
            text(
                "UPDATE report_data_weeks SET result_location = :other "
                "WHERE result_location = :shared"
            ),
            {"other": other, "shared": shared},
        )
    await tidy_up(do, sent)
    assert await there({shared, other}) == {other} == await named()


async def test_a_run_with_the_same_result_keeps_the_file(
    ask, report, collect, work_until_done, do, sent
):
    collection = await collect(1)
    await work_until_done()
    week = (await ask(COLLECTION, id=collection))["weeks"][0]
    end = (date.fromisoformat(week["endDate"]) + timedelta(days=1)).isoformat()
    run = await ask(RUN, id=report["id"], window={"start": week["startDate"], "end": end})
    await work_until_done()
    (key,) = await named()

    await ask(ACT["delete"], id=collection)
    await tidy_up(do, sent)
    assert await there({key}) == {key}
    assert (await ask(ROWS, id=run["id"], first=1, offset=0))["rows"]["rows"]


async def test_a_scheduled_run_keeps_its_result_when_its_history_is_deleted(
    ask, report, work_until_done, do, sent
):
    made = await ask(CREATE, report=report["id"], schedule=HOURLY | {"keepsHistory": True})
    await ago(made["id"], hours=1)
    await fire(made["id"])
    await work_until_done()
    (key,) = await named()
    async with db.owner_transaction() as session:
        collection = await session.scalar(text("SELECT id FROM report_data_collections"))

    await ask(ACT["delete"], id=ids.encode("col", collection))
    await tidy_up(do, sent)
    assert await named() == await there({key}) == {key}


async def test_what_is_deleted_and_collected_again_is_there(
    ask, collect, work_until_done, do, sent
):
    for _ in range(3):
        collection = await collect(2)
        await work_until_done()
        keys = await named()
        assert len(keys) == 2
        assert await there(keys) == keys
        await ask(ACT["delete"], id=collection)
        await tidy_up(do, sent)
        assert await there(keys) == set()


async def test_instances_and_reports_that_go_take_their_files_along(
    ask, report, collect, work_until_done, do, sent
):
    await collect(1)
    await ask(RUN, id=report["id"])
    await work_until_done()
    keys = await named()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM report_definitions"))
    await tidy_up(do, sent)
    assert await there(keys) == set()


async def test_a_folder_of_results_that_is_away_is_not_taken_for_lost_files(
    ask, refused, report, work_until_done, monkeypatch, tmp_path
):
    run = (await ask(RUN, id=report["id"]))["id"]
    await work_until_done()
    for away in (tmp_path, tmp_path / "not mounted"):
        with monkeypatch.context() as patched:
            moved = settings.model_copy(update={"storage_url": f"file://{away}"})
            patched.setattr("domain.storage.settings", moved)
            refusal = await refused(ROWS, id=run, first=1, offset=0)
        assert refusal["message"].startswith("The folder of results is not there")
    assert (await ask(ROWS, id=run, first=1, offset=0))["rows"]["rows"]
