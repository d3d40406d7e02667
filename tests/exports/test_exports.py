"""Exports by the API: asked for, made by workers, downloaded, and seen by their person only."""

import csv
import io
from typing import Any

import duckdb
import pytest
from sqlalchemy import text

from domain import db, storage
from domain.bus.queues import Job
from domain.exports import exports, making
from domain.people import tokens
from domain.settings import settings
from jobs import clock
from tests.dashboards.dashboards import SHARE, UNSHARE
from tests.executions.executions import ROWS, RUN
from tests.executions.stored_results import tidy_up
from tests.exports.exports import (
    CANCEL,
    CREATE,
    LINK,
    LIST,
    READ,
    REPEAT,
    USAGE,
    WATCH,
    column,
    export,
    fetched,
    furnish,
    made,
    set_all,
)
from tests.graph.front_door import execute
from tests.graph.http import sockets
from tests.numbers.numbers import NUMBERS
from tests.views.views import CONFIGURE, VIEWS, later, pending
from tests.workflows import workflows

AGGREGATES = """
query($id: ID!) {
  aggregates(filter: {reportId: $id, level: WEEKLY}) {
    nodes { key state metrics { name value state } }
  }
}
"""


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def as_parquet(content: bytes, folder: Any) -> list[tuple[Any, ...]]:
    (folder / "export.parquet").write_bytes(content)
    return duckdb.sql(f"SELECT * FROM '{folder / 'export.parquet'}'").fetchall()


def number(digits: str | None) -> str:
    return "" if not digits else f"{float(digits):.10f}"


async def test_every_number_of_a_dashboard_is_the_apis(ask, do, board, report, tmp_path):
    await furnish(ask, board, report["id"])
    found = await made(ask, do, export("CSV", dashboardId=board))
    rows = rows_of(found["content"])

    expected = [
        (widget["title"], kind, cell["value"], cell["state"])
        for widget in (await ask(NUMBERS, id=board))["widgets"]
        for kind, listed in (("point", "points"), ("total", "totals"))
        for one in widget["data"][listed]
        for cell in one["cells"]
    ]
    shown = [(row["widget"], row["row"], row["number"], row["state"]) for row in rows]
    assert shown[:-1] == [(title, kind, number(v), s) for title, kind, v, s in expected]
    assert shown[-1] == ("Nobody", "not shown", "", "NO_DATA")
    assert [one.split(":")[0] for one in found["missingParts"]] == ["Nobody"]
    assert {row["value"] for row in rows} == {"", "'=1+1", "日本語 🎉", "(withheld by privacy)"}
    assert {row["reason"] for row in rows if row["state"] == "SUPPRESSED"} == {
        "withheld by privacy"
    }
    assert found["fileName"] == "Board 2026-03-02 to 2026-03-22.csv"

    parquet = await made(ask, do, export("PARQUET", dashboardId=board))
    assert len(as_parquet(parquet["content"], tmp_path)) == len(rows)
    again = await made(ask, do, export("PARQUET", dashboardId=board))
    assert again["id"] != parquet["id"]
    assert again["checksum"] == parquet["checksum"]
    assert len(set(await column("file_url"))) == 2, "equal files are stored once"


async def test_rows_aggregates_and_views(ask, do, report, work_until_done, tmp_path):
    await ask(CONFIGURE, report=report["id"])
    run = (await ask(RUN, id=report["id"]))["id"]
    await work_until_done()
    for _ in range(20):
        if not await pending():
            break
        await later()
        await clock.tick(tidy=False)
        await do()

    rows = await made(ask, do, export("PARQUET", executionId=run))
    stored = (await ask(ROWS, id=run, first=1, offset=0))["rows"]
    assert len(as_parquet(rows["content"], tmp_path)) == stored["totalCount"]
    table = await made(ask, do, export("CSV", executionId=run, options={"raw": True}))
    assert list(rows_of(table["content"])[0]) == [one["name"] for one in stored["columns"]]

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    drawn = await made(ask, do, export("CSV", viewId=view["id"]))
    totals = {one["name"]: one["value"] for one in view["processedData"]["totals"]}
    shown = {
        row["metric"]: row["number"]
        for row in rows_of(drawn["content"])
        if (row["widget"], row["row"]) == ("Totals", "total")
    }
    assert shown == {name: number(value) for name, value in totals.items()}


async def test_rows_of_a_workflow(ask, do, workflow, work_until_done, tmp_path):
    run = (await ask(workflows.RUN, id=workflow))["id"]
    await work_until_done()
    rows = await made(ask, do, export("PARQUET", workflowExecutionId=run))
    found = await ask(workflows.RESULT, id=run)
    assert len(as_parquet(rows["content"], tmp_path)) == found["rowCount"]
    assert (rows["sourceId"], rows["fileName"][:9]) == (run, "Campaigns")


def test_exports_never_wait_behind_other_jobs():
    assert [job for job in Job if job.queue == Job.MAKE_EXPORT.queue] == [exports.JOB[0]]


async def test_aggregates_of_a_report(ask, do, board, report):
    await furnish(ask, board, report["id"])
    found = await made(ask, do, export("CSV", reportId=report["id"]))
    shown = [
        (row["period"], row["metric"], row["number"], row["state"])
        for row in rows_of(found["content"])
    ]
    expected = [
        (one["key"], cell["name"], number(cell["value"]), cell["state"])
        for one in (await ask(AGGREGATES, id=report["id"]))["nodes"]
        for cell in one["metrics"]
    ]
    assert shown == expected
    by = {"dimension": "campaign", "raw": True}
    named = await made(ask, do, export("CSV", reportId=report["id"], options=by))
    assert {row["value"] for row in rows_of(named["content"])} == {"=1+1", "日本語 🎉", ""}


async def test_a_link_serves_parts_and_copies(ask, do, board, report):
    await furnish(ask, board, report["id"])
    await made(ask, do, export("CSV", dashboardId=board))
    await set_all("file_name = 'Verkäufe 日本.csv'")
    found = await made(ask, do, export("CSV", dashboardId=board, options={"raw": True}))
    whole = await fetched(found["url"])
    assert whole.headers["etag"] == f'"{found["checksum"]}"'
    part = await fetched(found["url"], Range="bytes=0-5")
    assert (part.status_code, part.content) == (206, found["content"][:6])
    copy = await fetched(found["url"], **{"If-None-Match": whole.headers["etag"]})
    assert (copy.status_code, copy.content) == (304, b"")
    first = (await ask(LIST, filter={"formats": ["CSV"]}))["nodes"][-1]["id"]
    named = await fetched((await ask(LINK, id=first))["download"]["url"])
    assert (
        "filename*=utf-8''Verk%C3%A4ufe%20%E6%97%A5%E6%9C%AC.csv"
        in (named.headers["content-disposition"])
    )


async def test_only_its_person_has_an_export_and_only_while_the_source_is_shown(
    ask, refused, do, shared, alice, bob, charlie, dora
):
    mine = await made(ask, do, export("CSV", dashboardId=shared))
    hers = await made(ask, do, export("CSV", dashboardId=shared), by=dora)
    for who, key in ((bob, mine), (charlie, mine), (dora, mine), (alice, hers)):
        for operation in (READ, LINK, CANCEL, REPEAT):
            assert (await refused(operation, by=who, id=key["id"]))["code"] == "NOT_FOUND"
        node = await execute(who, "query($id: ID!) { node(id: $id) { id } }", id=key["id"])
        assert node.data == {"node": None}
    assert [one["id"] for one in (await ask(LIST, by=dora))["nodes"]] == [hers["id"]]
    refusal = await refused(CREATE, by=bob, export=export("CSV", dashboardId=shared))
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "export.source.dashboardId")

    await ask(UNSHARE, id=shared, email="dora@example.com")
    assert (await fetched(hers["url"])).status_code == 404
    assert (await refused(READ, by=dora, id=hers["id"]))["code"] == "NOT_FOUND"
    await ask(SHARE, id=shared, email="dora@example.com", permission="VIEW")
    assert (await fetched(hers["url"])).status_code == 200
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE users SET is_active = false WHERE name = 'Dora'"))
    assert (await fetched(hers["url"])).status_code == 404
    assert (await fetched(mine["url"])).status_code == 200
    assert (await fetched(mine["url"][:-3] + "abc")).status_code == 404


async def test_a_share_that_ends_before_the_worker_comes_ends_the_export(ask, do, shared, dora):
    hers = (await ask(CREATE, export=export("CSV", dashboardId=shared), by=dora))["id"]
    await ask(UNSHARE, id=shared, email="dora@example.com")
    await do()
    assert await column("error_message") == [making.NOT_SEEN]
    assert hers


async def test_an_export_is_cancelled_and_repeated_and_not_made_twice(
    ask, refused, do, shown, sent, monkeypatch
):
    asked = export("CSV", dashboardId=shown)
    first = await ask(CREATE, export=asked)
    assert (await ask(CREATE, export=asked))["id"] == first["id"], "it is under way already"
    key = {"key": "mine"}
    other = await ask(CREATE, export=export("PARQUET", dashboardId=shown), **key)
    again = await ask(CREATE, export=export("PARQUET", dashboardId=shown), **key)
    assert again["id"] == other["id"]
    monkeypatch.setattr(exports, "settings", settings.model_copy(update={"exports_per_person": 2}))
    raw = export("CSV", dashboardId=shown, options={"raw": True})
    assert (await refused(CREATE, export=raw))["code"] == "RATE_LIMITED"
    assert (await refused(REPEAT, id=first["id"]))["code"] == "CONFLICT"
    assert (await refused(LINK, id=first["id"]))["code"] == "NOT_READY"

    for _ in range(2):
        assert (await ask(CANCEL, id=first["id"]))["state"] == "CANCELLED"
    while sent:
        await do()
    assert (await ask(READ, id=first["id"]))["state"] == "CANCELLED"
    assert (await refused(CANCEL, id=other["id"]))["code"] == "CONFLICT"
    fresh = await ask(REPEAT, id=first["id"])
    while sent:
        await do()
    assert (await ask(READ, id=fresh["id"]))["state"] == "COMPLETED"
    usage = await ask(USAGE)
    assert (usage["count"], usage["open"], usage["sizeBytes"] > 0) == (3, 0, True)


async def test_an_export_is_watched_to_its_end(ask, do, shown, alice, api_place):
    key = (await ask(CREATE, export=export("CSV", dashboardId=shown)))["id"]
    token = tokens.issue(alice.email, alice.email)
    async with sockets.socket(api_place, {"Authorization": f"Bearer {token}"}) as line:
        await sockets.subscribe(line, WATCH, variables={"id": key})
        seen = [(await sockets.hear(line))["payload"]["data"]["export"]]
        await do()
        while (heard := await sockets.hear(line))["type"] == "next":
            seen.append(heard["payload"]["data"]["export"])
    assert heard["type"] == "complete"
    assert (seen[0], seen[-1]) == (
        {"state": "PENDING", "progress": 0},
        {"state": "COMPLETED", "progress": 100},
    )
    progress = [one["progress"] for one in seen]
    assert progress == sorted(progress), "a burst of changes may be one event"


async def test_the_row_says_how_much_is_done(ask, do, shown, monkeypatch):
    told = []

    async def tell(held: Any, percent: int) -> None:
        await told_by(held, percent)
        told.append(((await column("state"))[0], (await column("progress"))[0]))

    told_by = making._tell
    monkeypatch.setattr(making, "_tell", tell)
    await made(ask, do, export("CSV", dashboardId=shown))
    assert told == [("running", making.READ), ("running", making.WRITTEN)]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"options": {"timeZone": "Mars/Base"}}, "export.options.timeZone"),
        ({"options": {"range": {"periods": 500}}}, "export.options.range.periods"),
        ({"source": {"reportId": "rpt_1"}}, "export.source.reportId"),
        (
            {"source": {"reportId": "rpt_1"}, "options": {"range": {"periods": 5}}},
            "export.options.range",
        ),
        ({"format": "SVG"}, "export.format"),
    ],
)
async def test_what_cannot_be_exported_is_refused(refused, shown, asked, field):
    wrong = export("CSV", dashboardId=shown) | asked
    assert (await refused(CREATE, export=wrong))["field"] == field


async def test_a_worker_that_dies_leaves_the_export_to_another(ask, do, shown, sent, monkeypatch):
    key = (await ask(CREATE, export=export("CSV", dashboardId=shown)))["id"]
    async with db.worker_transaction() as session:
        frozen = await making.claim(session, "exports")
    late = await making.make(frozen)
    sent.clear()
    await clock.tick(tidy=False)
    assert Job.MAKE_EXPORT not in {job for job, _ in sent}, "its lease holds"

    await set_all("lease_until = now() - interval '1 s'")
    await clock.tick(tidy=False)
    while sent:
        await do()
    done = await ask(READ, id=key)
    async with db.worker_transaction() as session:
        await making.record(session, frozen, late)
    assert await ask(READ, id=key) == done
    assert (done["state"], await column("fence")) == ("COMPLETED", [2])

    def broken(*given: Any) -> Any:
        raise ValueError("a bug")

    await ask(REPEAT, id=key)
    monkeypatch.setattr(making.production.tables, "of_widgets", broken)
    for _ in range(making.TRIES):
        sent[:] = [exports.JOB]
        while sent:
            await do()
        await set_all("lease_until = NULL")
    assert (await column("state"))[-1] == "failed"
    assert "request id" in (await column("error_message"))[-1]


async def test_a_file_that_was_kept_long_enough_is_removed_and_its_row_stays(
    ask, refused, do, shown, sent
):
    found = await made(ask, do, export("CSV", dashboardId=shown))
    (key,) = await column("file_url")
    await set_all("expires_at = now() - interval '1 s'")
    assert (await fetched(found["url"])).status_code == 404
    await clock.tick(tidy=True)
    await do()
    await tidy_up(do, sent)
    assert not await storage.exists(key)
    assert (await ask(READ, id=found["id"]))["state"] == "EXPIRED"
    assert (await refused(LINK, id=found["id"]))["code"] == "NOT_FOUND"
    again = await made(ask, do, export("CSV", dashboardId=shown))
    assert again["checksum"] == found["checksum"]
    assert (await fetched(again["url"])).status_code == 200
