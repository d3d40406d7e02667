"""An execution from the wish to the rows, through the front door."""

import asyncio
from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from domain import db, ids, models
from graph.fields.context import Context
from graph.schema import schema
from tests.executions.executions import CANCEL, READ, ROWS, RUN, WATCH


async def test_a_report_is_run_and_its_rows_are_read(ask, report, work_until_done, amc_server):
    started = await ask(RUN, id=report["id"])
    assert (started["status"], started["phase"]) == ("PENDING", "WAITING")

    await work_until_done()

    ended = await ask(READ, id=started["id"])
    assert (ended["status"], ended["outcome"]) == ("COMPLETED", "DATA")
    assert ended["report"] == {
        "id": report["id"],
        "executionCount": 1,
        "newestStatus": "COMPLETED",
        "state": "ACTIVE",
    }
    page = (await ask(ROWS, id=started["id"], first=2, offset=0))["rows"]
    rest = (await ask(ROWS, id=started["id"], first=100, offset=2))["rows"]
    assert page["totalCount"] == ended["rowCount"] == len(page["rows"]) + len(rest["rows"])
    assert page["hasNextPage"]
    assert not rest["hasNextPage"]
    assert "filtered" in [column["name"] for column in page["columns"]]
    assert amc_server.stats()["executions_created"] == 1


async def test_the_same_window_twice_has_the_same_checksum(ask, report, work_until_done):
    first = await ask(RUN, id=report["id"])
    second = await ask(RUN, id=report["id"])
    await work_until_done()

    one, two = [(await ask(READ, id=run["id"]))["checksum"] for run in (first, second)]
    assert one == two


async def test_a_run_repeated_with_its_key_is_the_first_run(ask, refused, report, amc_server):
    first = await ask(RUN, id=report["id"], key="monday")
    again = await ask(RUN, id=report["id"], key="monday")
    assert again["id"] == first["id"]

    other = await refused(RUN, id=report["id"], key="monday", parameters={"campaign_ids": ["1"]})
    assert (other["code"], other["field"]) == ("CONFLICT", "idempotencyKey")


async def test_two_repeats_at_once_start_one_run(ask, report):
    answers = await asyncio.gather(*(ask(RUN, id=report["id"], key="at once") for _ in range(5)))
    assert len({answer["id"] for answer in answers}) == 1


async def test_watching_a_run_to_its_end(ask, alice, report, work_until_done):
    started = await ask(RUN, id=report["id"])
    updates = await schema.subscribe(WATCH, {"id": started["id"]}, Context(alice))

    first = (await anext(updates)).data["execution"]
    await work_until_done()
    later = [update.data["execution"] async for update in updates]

    assert first["phase"] == "WAITING"
    assert later[-1]["status"] == "COMPLETED"
    versions = [first["version"], *(one["version"] for one in later)]
    assert versions == sorted(set(versions))


async def test_what_waits_for_a_slot_says_so_with_its_place(ask, report, do, amc_server):
    runs = [await ask(RUN, id=report["id"]) for _ in range(12)]
    await do()

    waiting = [await ask(READ, id=run["id"]) for run in runs[10:]]
    assert [one["blockedBy"]["reason"] for one in waiting] == ["CONCURRENCY"] * 2
    assert [one["blockedBy"]["position"] for one in waiting] == [1, 2]
    assert "number 1 in line" in waiting[0]["blockedBy"]["message"]
    going = [await ask(READ, id=run["id"]) for run in runs[:10]]
    assert {one["phase"] for one in going} == {"AT_AMC"}


async def test_never_more_than_ten_are_at_amc(ask, report, work_until_done, amc_server):
    for _ in range(12):
        await ask(RUN, id=report["id"])
    await work_until_done()

    stats = amc_server.stats()
    assert stats["executions_created"] == 12
    assert max(stats["max_running_seen"].values()) <= 10


async def test_what_waits_is_cancelled_at_once(ask, report, amc_server):
    started = await ask(RUN, id=report["id"])
    cancelled = await ask(CANCEL, id=started["id"])
    assert (cancelled["status"], cancelled["cancelState"]) == ("CANCELLED", "CONFIRMED")
    assert (await ask(CANCEL, id=started["id"])) == cancelled
    assert amc_server.stats()["executions_created"] == 0


async def test_cancelling_reaches_amc_and_is_confirmed_there(
    ask, report, do, work_until_done, amc_server
):
    amc_server.settings(min_seconds=60, max_seconds=60)
    started = await ask(RUN, id=report["id"])
    await do()  # a slot
    await do()  # submitted
    assert (await ask(READ, id=started["id"]))["phase"] == "AT_AMC"

    asked = await ask(CANCEL, id=started["id"])
    assert (asked["status"], asked["cancelState"]) == ("RUNNING", "REQUESTED")
    await work_until_done()

    ended = await ask(READ, id=started["id"])
    assert (ended["status"], ended["cancelState"]) == ("CANCELLED", "CONFIRMED")
    assert amc_server.stats()["by_status"] == {"CANCELLED": 1}


async def test_cancelling_what_is_over_is_refused(ask, refused, report, work_until_done):
    started = await ask(RUN, id=report["id"])
    await work_until_done()
    assert (await refused(CANCEL, id=started["id"]))["code"] == "CONFLICT"


async def test_a_result_is_downloaded_by_a_link(ask, report, work_until_done):
    started = await ask(RUN, id=report["id"])
    await work_until_done()
    link = await ask(
        "query($id: ID!) { execution(id: $id) { rowCount download { url expiresAt } } }",
        id=started["id"],
    )

    from graph.app import app

    path = link["download"]["url"].split("/files/")[1]
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        answer = await client.get(f"/files/{path}")
        forged = await client.get(f"/files/{path[:-4]}AAAA")
        left = []
        for statement in (
            "UPDATE users SET is_active = false",
            "UPDATE users SET is_active = true",
            "DELETE FROM instance_members",
        ):
            async with db.owner_transaction() as session:
                await session.execute(text(statement))
            left.append((await client.get(f"/files/{path}")).status_code)
    assert left == [404, 200, 404], "a link ends with the rights of the person who asked for it"
    assert answer.status_code == 200
    assert answer.text.count("\n") == link["rowCount"] + 1
    assert forged.status_code == 404


async def test_rows_are_not_ready_before_the_end(ask, refused, report):
    started = await ask(RUN, id=report["id"])
    refusal = await refused(ROWS, id=started["id"], first=1, offset=0)
    assert refusal["code"] == "NOT_READY"


async def test_a_stranger_finds_no_execution(ask, refused, charlie, bob, report):
    started = await ask(RUN, id=report["id"])
    assert (await refused(READ, by=charlie, id=started["id"]))["code"] == "NOT_FOUND"
    assert (await refused(CANCEL, by=charlie, id=started["id"]))["code"] == "NOT_FOUND"
    assert (await ask(READ, by=bob, id=started["id"]))["id"] == started["id"]
    assert (await refused(CANCEL, by=bob, id=started["id"]))["code"] == "FORBIDDEN"


async def test_executions_are_listed_newest_first_with_filters(ask, report, instance):
    runs = [(await ask(RUN, id=report["id"]))["id"] for _ in range(3)]
    await ask(CANCEL, id=runs[1])
    find = """
    query($filter: ExecutionFilter, $first: Int, $after: String) {
      executions(filter: $filter, first: $first, after: $after) {
        nodes { id } pageInfo { hasNextPage endCursor }
      }
    }
    """
    first = await ask(find, filter={"reportId": report["id"]}, first=2)
    rest = await ask(
        find, filter={"reportId": report["id"]}, first=2, after=first["pageInfo"]["endCursor"]
    )
    found = [node["id"] for page in (first, rest) for node in page["nodes"]]
    assert found == runs[::-1]
    assert (first["pageInfo"]["hasNextPage"], rest["pageInfo"]["hasNextPage"]) == (True, False)
    pending = await ask(find, filter={"status": "PENDING"})
    assert [node["id"] for node in pending["nodes"]] == [runs[2], runs[0]]
    elsewhere = await ask(find, filter={"triggeredBy": "SCHEDULE"})
    assert elsewhere["nodes"] == []


async def test_a_template_is_run_without_a_report(ask, report_input, work_until_done):
    run = """
    mutation($template: ID!, $instance: ID!) {
      templateRun(templateId: $template, instanceId: $instance) {
        id triggeredBy report { id } template { slug }
      }
    }
    """
    started = await ask(
        run, template=report_input["templateId"], instance=report_input["instanceId"]
    )
    assert started["report"] is None
    assert started["template"]["slug"] == "campaign-performance"
    await work_until_done()
    assert (await ask(READ, id=started["id"]))["outcome"] == "DATA"


@pytest.mark.parametrize(
    ("window", "field"),
    [
        ({"start": "2026-03-10", "end": "2026-03-01"}, "window.end"),
        ({"start": "2024-01-01", "end": "2025-06-01"}, "window"),
        ({"start": "2026-03-01", "end": "2099-01-01"}, "window"),
    ],
)
async def test_an_impossible_window_is_refused_and_nothing_is_left(
    refused, report, window: dict[str, Any], field: str
):
    refusal = await refused(RUN, id=report["id"], window=window)
    assert refusal["code"] == "BAD_USER_INPUT"
    assert refusal["field"].startswith(field.partition(".")[0])
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, ids.decode("rpt", report["id"]))
        assert row.execution_count == 0


async def test_a_page_of_executions_takes_a_constant_number_of_statements(
    ask, report, count_statements
):
    find = """
    { executions { nodes { id report { name state } instance { name } blockedBy { reason } } } }
    """
    await ask(RUN, id=report["id"])
    with count_statements() as few:
        await ask(find)
    for _ in range(5):
        await ask(RUN, id=report["id"])
    with count_statements() as many:
        await ask(find)
    assert len(many) == len(few)


async def test_starting_a_run_takes_few_statements_however_many_there_are(
    ask, report, count_statements
):
    with count_statements() as first:
        await ask(RUN, id=report["id"])
    for _ in range(5):
        await ask(RUN, id=report["id"])
    with count_statements() as later:
        await ask(RUN, id=report["id"])
    assert len(later) == len(first) <= 12
