"""Views appear when results do: once each, whatever dies, with the numbers of the results."""

from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import text

from domain import bus, db, ids, views
from jobs import clock
from tests.collecting import ACT, START, settled
from tests.drawing import CONFIGURE, DRAWN, VIEWS, documents, files, pending, summed
from tests.test_executions import RUN

NODE = "query($id: ID!) { node(id: $id) { id ... on View { startDate } } }"
VIEW = "query($id: ID!) { view(id: $id) { id processedData chartsConfig } }"
COLLECTION = "query($id: ID!) { collection(id: $id) { isDrawn drawingError } }"
WEEK = timedelta(days=7)


@pytest.fixture
def draw(sent, do, work_until_done, pass_time):
    """Let the engine go on until all that is to be drawn is drawn."""

    async def until_drawn() -> None:
        await work_until_done()
        for _ in range(40):
            if not await pending():
                return
            await later()
            await clock.tick(tidy=False)
            await do()
        raise AssertionError("something was never drawn")

    return until_drawn


async def later() -> None:
    """Let every pause be over, and every lease."""
    async with db.owner_transaction() as session:
        for table in ("report_executions", "workflow_executions", "report_data_collections"):
            await session.execute(
                text(
                    f"UPDATE {table} SET dashboard_due_at = now() - interval '1 s' "
                    "WHERE dashboard_due_at IS NOT NULL"
                )
            )
        await session.execute(text("UPDATE report_configurations SET lease_until = NULL"))


async def run(ask, report, weeks_ago: int = 0) -> str:
    """Run the report over a settled week; the execution's id."""
    start = settled() - weeks_ago * WEEK
    days = {"start": start.isoformat(), "end": (start + WEEK).isoformat()}
    return str((await ask(RUN, id=report["id"], window=days))["id"])


def bytes_of(rows: list[Any]) -> list[bytes]:
    """The three documents of each view, written down."""
    return [orjson.dumps([row[1], row[2], row[3]]) for row in rows]


async def test_a_run_of_an_enabled_report_becomes_a_view_with_its_totals(ask, report, draw):
    await ask(CONFIGURE, report=report["id"])
    execution = await run(ask, report)

    await draw()

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    start = settled()
    assert view["executionIds"] == [execution]
    assert view["report"] == report
    assert (view["startDate"], view["endDate"]) == (
        start.isoformat(),
        (start + timedelta(days=6)).isoformat(),
    )
    data, stored = view["processedData"], await files([execution])
    for metric in ("impressions", "clicks", "cost", "sales"):
        shown = {"value": summed(stored, metric), "state": "VALUE"}
        assert data["totals"][metric] == shown
    assert data["coverage"]["covered"] == data["coverage"]["days"] == 7
    assert data["state"] == "DATA"
    trend = data["trend"]
    assert (trend["unit"], len(trend["points"])) == ("day", 7)
    second = (start + timedelta(days=1)).isoformat()
    assert trend["points"][1]["values"]["clicks"]["value"] == summed(
        stored, "clicks", f"event_date = '{second}'"
    )
    kinds = {one["dimension"]: one["points"] for one in data["distributions"]}
    assert list(kinds) == ["ad_product_type", "campaign_id_string", "campaign"]
    largest = kinds["ad_product_type"][0]
    assert largest["values"]["impressions"]["value"] == summed(
        stored, "impressions", f"ad_product_type = '{largest['value']}'"
    )
    assert view["chartsConfig"]["charts"][0]["widgetType"] == "chart"
    told = {one["name"]: one["value"] for one in view["metricsSummary"]["metrics"]}
    assert told["sales"] == data["totals"]["sales"]["value"]
    assert await ask(DRAWN, id=execution) == {
        "outcome": "DATA",
        "isDrawn": True,
        "drawingError": None,
    }


async def test_what_is_not_enabled_is_not_drawn_until_it_is_and_then_the_newest(
    ask, report, work_until_done, draw
):
    old, new = await run(ask, report, 1), await run(ask, report)
    await work_until_done()
    await clock.tick(tidy=False)
    assert (await ask(VIEWS, report=report["id"]))["nodes"] == []
    assert not (await ask(DRAWN, id=new))["isDrawn"]

    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_executions SET completed_at = completed_at - interval '1 h' "
                "WHERE execution_id = :old"
            ),
            {"old": old},
        )
    await ask(CONFIGURE, report=report["id"])
    await draw()

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    assert view["executionIds"] == [new]


async def test_the_clock_finds_what_nobody_was_nudged_for(ask, report, work_until_done, sent, do):
    await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    await work_until_done()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM dashboard_views"))
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))
    sent.clear()  # Redis lost it
    await clock.tick(tidy=False)
    assert [job for job, _ in sent] == [bus.Job.MAKE_VIEWS]
    await do()

    assert len(await documents()) == 1


@pytest.fixture
async def claimed(ask, report, work_until_done, sent):
    """What a worker has claimed and drawn, and not recorded: it stands still."""
    made = await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    sent.clear()
    await work_until_done()
    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM dashboard_views"))
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))
    async with db.worker_transaction() as session:
        task = await views.claim(session, ids.decode("conf", made["id"]))
    assert task is not None
    return task, await views.make(task)


async def test_a_worker_killed_before_it_records_leaves_one_view_in_the_end(
    ask, report, claimed, sent, do, draw
):
    task, drawn = claimed
    sent.clear()
    async with db.worker_transaction() as session:
        assert await views.claim(session, task.configuration.id) is None, "the lease holds"

    await draw()
    before = await documents()
    async with db.worker_transaction() as session:
        await views.record(session, task, drawn)  # it was not dead: its fence is old
    after = await documents()

    assert len(before) == 1
    assert before == after


async def test_recorded_twice_it_is_the_same_view(claimed):
    task, drawn = claimed
    for _ in range(2):
        async with db.worker_transaction() as session:
            await views.record(session, task, drawn)

    assert len(await documents()) == 1


async def test_the_same_results_make_the_same_bytes(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], type="COMPARISON", config={"top": 3})
    await run(ask, report, 1)
    await draw()
    await run(ask, report)
    await draw()
    first = await documents()

    async with db.owner_transaction() as session:
        await session.execute(text("DELETE FROM dashboard_views"))
        await session.execute(text("UPDATE report_executions SET dashboard_processed = false"))
    await draw()
    again = await documents()

    assert len(first) == 2
    assert bytes_of(first) == bytes_of(again)
    assert [row[4] for row in first] != [row[4] for row in again]


async def test_a_broken_file_is_told_the_others_go_on_and_trying_again_heals(
    ask, report, work_until_done, sent, do, draw
):
    broken = await run(ask, report, 1)
    await work_until_done()
    (path,) = await files([broken])
    whole = path.read_bytes()
    path.write_bytes(b"PAR1 is not what this is")
    await ask(CONFIGURE, report=report["id"])
    await do()
    fine = await run(ask, report)
    await work_until_done()
    await clock.tick(tidy=False)
    await do()

    told = await ask(DRAWN, id=broken)
    assert not told["isDrawn"]
    assert told["drawingError"].startswith("A file of its results cannot be read")
    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    assert view["executionIds"] == [fine]

    path.write_bytes(whole)
    await draw()

    assert await ask(DRAWN, id=broken) == {"outcome": "DATA", "isDrawn": True, "drawingError": None}
    assert len((await ask(VIEWS, report=report["id"]))["nodes"]) == 2


async def test_what_stays_broken_is_given_up_and_says_so(ask, report, work_until_done, sent, do):
    execution = await run(ask, report)
    await work_until_done()
    (path,) = await files([execution])
    whole = path.read_bytes()
    path.unlink()
    await ask(CONFIGURE, report=report["id"])
    for _ in range(10):
        await later()
        await clock.tick(tidy=False)
        await do()
    sent.clear()
    await later()
    await clock.tick(tidy=False)

    told = await ask(DRAWN, id=execution)
    assert told["drawingError"] == "Given up: A file of its results is not there."
    assert sent == []
    path.write_bytes(whole)


async def test_a_collection_is_one_view_when_it_is_over(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], config={"metrics": ["clicks", "sales"], "top": 2})
    wanted = {"reportId": report["id"], "targetWeeks": 3}
    collection = (await ask(START, collection=wanted))["id"]

    await draw()

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    assert view["collection"] == {"id": collection}
    assert len(view["executionIds"]) == 3
    stored = await files(view["executionIds"])
    data = view["processedData"]
    assert data["totals"] == {
        name: {"value": summed(stored, name), "state": "VALUE"} for name in ("clicks", "sales")
    }
    campaigns = next(one for one in data["distributions"] if one["dimension"] == "campaign")
    assert len([one for one in campaigns["points"] if one["value"] and not one["isOther"]]) == 2
    assert sum(int(one["values"]["clicks"]["value"]) for one in campaigns["points"]) == int(
        data["totals"]["clicks"]["value"]
    )
    assert (await ask(COLLECTION, id=collection))["isDrawn"]
    assert [await ask(DRAWN, id=one) for one in view["executionIds"]] == 3 * [
        {"outcome": "DATA", "isDrawn": True, "drawingError": None}
    ]


async def test_a_collection_that_is_collected_again_is_the_same_view_with_new_numbers(
    ask, report, draw, amc_server
):
    await ask(CONFIGURE, report=report["id"])
    wanted = {"reportId": report["id"], "targetWeeks": 2}
    collection = (await ask(START, collection=wanted))["id"]
    await draw()
    (before,) = (await ask(VIEWS, report=report["id"]))["nodes"]

    await ask(ACT["retry"], id=collection, which="ALL")
    await draw()
    (unchanged,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    amc_server.fault(fault="empty_result")
    newest = "query($id: ID!) { collection(id: $id) { weeks { id } } }"
    week = (await ask(newest, id=collection))["weeks"][0]
    await ask(ACT["retry"], id=collection, week=week["id"])
    await draw()
    (changed,) = (await ask(VIEWS, report=report["id"]))["nodes"]

    assert unchanged == before
    assert changed["id"] == before["id"]
    assert changed["executionIds"][0] == before["executionIds"][0]
    assert changed["executionIds"][1] != before["executionIds"][1]
    totals = changed["processedData"]["totals"]
    assert totals["clicks"]["value"] == summed(await files(changed["executionIds"][:1]), "clicks")
    assert changed["processedData"]["coverage"]["empty"] == 7


async def test_a_funnel_tells_what_drops_off(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], type="FUNNEL")
    execution = await run(ask, report)
    await draw()

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    stored = await files([execution])
    stages = view["processedData"]["funnel"]["stages"]
    names = ["impressions", "clicks", "detail_page_views", "purchases"]
    assert [one["name"] for one in stages] == names
    assert [one["value"] for one in stages] == [summed(stored, name) for name in names]
    shown, clicked = int(stages[0]["value"]), int(stages[1]["value"])
    assert stages[1]["dropOff"]["value"] == str(shown - clicked)
    assert float(stages[1]["ofPrevious"]["value"]) == pytest.approx(clicked / shown, abs=1e-9)
    (chart,) = view["chartsConfig"]["charts"]
    assert chart["chartType"] == "funnel"


async def test_a_comparison_is_with_the_week_before_and_with_targets(ask, report, draw):
    targets = {"clicks": 1, "cost": "1", "sales": "999999999"}
    config = {"benchmarks": targets, "lowerIsBetter": ["cost"]}
    before = await run(ask, report, 1)
    await draw()
    await ask(CONFIGURE, report=report["id"], type="COMPARISON", config=config)
    await draw()
    now = await run(ask, report)
    await draw()

    newest = (await ask(VIEWS, report=report["id"]))["nodes"][0]
    compared = newest["processedData"]["comparison"]
    was = int(summed(await files([before]), "clicks"))
    is_now = int(summed(await files([now]), "clicks"))
    assert compared["executionIds"] == [before]
    clicks = compared["metrics"]["clicks"]
    assert clicks["previous"]["value"] == str(was)
    assert clicks["change"]["value"] == str(is_now - was)
    met = {one["name"]: one["isMet"] for one in newest["processedData"]["benchmarks"]}
    assert met == {"clicks": True, "cost": False, "sales": False}


async def test_a_custom_view_has_the_widgets_of_the_template(ask, report, draw):
    await ask(CONFIGURE, report=report["id"], type="CUSTOM")
    await run(ask, report)
    await draw()

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    titles = [one["title"] for one in view["chartsConfig"]["charts"]]
    assert titles == [
        "Cost",
        "Sales",
        "ROAS",
        "Cost and sales by day",
        "Sales by campaign",
        "Campaigns",
    ]


@pytest.mark.parametrize(
    ("fault", "state"), [("empty_result", "EMPTY"), ("suppressed_result", "SUPPRESSED")]
)
async def test_nothing_and_hidden_are_two_things_and_neither_is_zero(
    ask, report, draw, amc_server, fault, state
):
    await ask(CONFIGURE, report=report["id"])
    amc_server.fault(fault=fault)
    await run(ask, report)
    await draw()

    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]
    assert view["processedData"]["state"] == state
    states = {one["state"] for one in view["processedData"]["totals"].values()}
    assert "0" not in {one["value"] for one in view["processedData"]["totals"].values()} or (
        state == "SUPPRESSED"
    )
    assert states == {"EMPTY"} if state == "EMPTY" else "EMPTY" not in states


async def test_a_stranger_finds_no_view_and_a_teammate_does(
    ask, refused, report, draw, bob, charlie
):
    await ask(CONFIGURE, report=report["id"])
    await run(ask, report)
    await draw()
    (view,) = (await ask(VIEWS, report=report["id"]))["nodes"]

    seen = await ask(VIEW, by=bob, id=view["id"])
    assert seen["processedData"] == view["processedData"]
    assert (await ask(NODE, id=view["id"]))["startDate"] == view["startDate"]
    assert (await refused(VIEW, by=charlie, id=view["id"]))["code"] == "NOT_FOUND"
    assert (await refused(VIEWS, by=charlie, report=report["id"]))["code"] == "NOT_FOUND"
    assert await ask(NODE, by=charlie, id=view["id"]) is None


async def test_a_page_of_views_takes_a_constant_number_of_statements(
    ask, report, draw, count_statements
):
    await ask(CONFIGURE, report=report["id"], config={"metrics": ["clicks"], "top": 1})
    await run(ask, report)
    await draw()
    with count_statements() as for_one:
        await ask(VIEWS, report=report["id"])
    for number in range(1, 4):
        await run(ask, report, number)
    await draw()

    with count_statements() as for_four:
        page = await ask(VIEWS, report=report["id"], first=3)

    days = [one["startDate"] for one in page["nodes"]]
    assert days == sorted(days, reverse=True)
    assert page["pageInfo"]["hasNextPage"]
    assert len(for_four) == len(for_one)
