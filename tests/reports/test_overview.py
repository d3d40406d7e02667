"""How every report stands, against a plain recomputation from the rows."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select, text

from domain import db, ids, models
from tests.executions.executions import RUN
from tests.graph.front_door import CREATE
from tests.schedules.schedules import CREATE as SCHEDULE
from tests.schedules.schedules import DELETE, HOURLY, PAUSE, RESUME

ARCHIVE = "mutation($id: ID!) { reportArchive(id: $id) { id } }"
LIST = """
query($state: ReportState) {
  reports(filter: {state: $state}, first: 100) {
    nodes { id state newestStatus lastRunAt nextRunAt isFavorite }
  }
}
"""
OVERVIEW = text(
    "SELECT report_uuid, state, newest_status, last_run_at, next_run_at, is_viewer_favorite, "
    "latest_status, last_completed_at, execution_count, is_favorite FROM report_runs_overview"
)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


async def recomputed(viewer: Any) -> dict[Any, tuple[Any, ...]]:
    """What the overview has to say of each report, in Python."""
    async with db.owner_transaction() as session:
        reports = (await session.scalars(select(models.Report))).all()
        runs = (await session.scalars(select(models.ReportExecution))).all()
        schedules = (await session.scalars(select(models.ReportSchedule))).all()
        marks = (await session.scalars(select(models.DashboardFavorite))).all()
        own_marks = (await session.scalars(select(models.ReportFavorite))).all()
    found = {}
    for one in reports:
        own = [run for run in runs if run.report_id == one.id]
        newest = max(own, key=lambda run: run.created_at, default=None)
        latest = max(own, key=lambda run: run.started_at or LONG_AGO, default=None)
        active = next((s for s in schedules if s.report_id == one.id and s.is_active), None)
        fans = {mark.user_id for mark in marks if mark.dashboard_id == one.dashboard_id}
        fans |= {mark.user_id for mark in own_marks if mark.report_id == one.id}
        is_paused = active is not None and active.is_paused
        found[one.id] = (
            "paused" if is_paused else "active" if one.is_active else "inactive",
            newest and newest.status,
            latest and latest.started_at,
            active and active.next_run_at,
            viewer.user_id in fans,
            latest and latest.status,
            latest and latest.completed_at,
            len(own),
            one.owner_id in fans,
        )
    return found


@pytest.fixture
def agree(ask, alice, bob):
    """The overview and the graph show what was recomputed; how many reports are in each state."""

    async def compared() -> dict[str, int]:
        states: dict[str, int] = {}
        for viewer in (alice, bob):
            async with db.transaction(viewer) as session:
                shown = {row[0]: tuple(row[1:]) for row in await session.execute(OVERVIEW)}
            expected = await recomputed(viewer)
            assert shown == expected
            for state in ("active", "paused", "inactive"):
                of_state = {key: row[:5] for key, row in expected.items() if row[0] == state}
                assert await listed(ask, viewer, state) == of_state
                states[state] = len(of_state)
        return states

    return compared


async def listed(ask: Any, viewer: Any, state: str) -> dict[Any, tuple[Any, ...]]:
    """The reports of a state, as GraphQL lists them."""

    def moment(given: str | None) -> datetime | None:
        return given and datetime.fromisoformat(given)

    nodes = (await ask(LIST, by=viewer, state=state.upper()))["nodes"]
    return {
        ids.decode("rpt", one["id"]): (
            one["state"].lower(),
            one["newestStatus"] and one["newestStatus"].lower(),
            moment(one["lastRunAt"]),
            moment(one["nextRunAt"]),
            one["isFavorite"],
        )
        for one in nodes
    }


async def on_a_board(report: str, owner: Any, *fans: Any) -> None:
    """Show a report on a dashboard that these people like."""
    async with db.owner_transaction() as session:
        board = models.Dashboard(name="Board", user_id=owner.user_id)
        session.add(board)
        await session.flush()
        row = await session.get_one(models.Report, ids.decode("rpt", report))
        row.dashboard_id = board.id
        for fan in fans:
            session.add(models.DashboardFavorite(dashboard_id=board.id, user_id=fan.user_id))


async def test_how_reports_stand_is_exact_at_every_moment(
    ask, agree, report_input, work_until_done, amc_server
):
    made = [(await ask(CREATE, report={**report_input, "name": f"R{n}"}))["id"] for n in range(4)]
    assert await agree() == {"active": 4, "paused": 0, "inactive": 0}
    schedules = [(await ask(SCHEDULE, report=one, schedule=HOURLY))["id"] for one in made[1:]]
    await agree()
    for one in schedules[1:]:
        await ask(PAUSE, id=one)
    assert await agree() == {"active": 2, "paused": 2, "inactive": 0}
    await ask(RESUME, id=schedules[2])
    assert await agree() == {"active": 3, "paused": 1, "inactive": 0}

    await ask(RUN, id=made[0])
    await agree()  # asked for, not begun
    await work_until_done()
    await agree()
    amc_server.fault(fault="status", route="save", status=400, count=99)
    await ask(RUN, id=made[0])
    await agree()  # one is over, one has not begun
    await work_until_done()
    await agree()  # one has completed, the newest has failed and never began

    await ask(DELETE, id=schedules[0])
    await agree()
    for one in made:
        await ask(ARCHIVE, id=one)
        await agree()
    assert await agree() == {"active": 0, "paused": 0, "inactive": 4}


async def test_a_favourite_is_the_viewers_own(ask, agree, report_input, alice, bob):
    made = [(await ask(CREATE, report={**report_input, "name": f"R{n}"}))["id"] for n in range(4)]
    for report, fans in zip(made, ((), (alice,), (bob,), (alice, bob)), strict=True):
        await on_a_board(report, alice, *fans)
    await agree()
    for viewer in (alice, bob):
        shown = await listed(ask, viewer, "active")
        assert sum(row[4] for row in shown.values()) == 2


FAVORITE = """
mutation($id: ID!, $favorite: Boolean!) {
  reportFavorite(id: $id, favorite: $favorite) { isFavorite dashboard { isFavorite } }
}
"""
FAVORITES = "query($is: Boolean) { reports(filter: {isFavorite: $is}) { nodes { name } } }"


async def test_any_report_can_be_a_favourite(
    ask, refused, agree, report_input, alice, bob, charlie
):
    made = [(await ask(CREATE, report={**report_input, "name": f"R{n}"}))["id"] for n in range(3)]
    await on_a_board(made[2], alice, alice)
    for _ in range(2):  # a repeat changes nothing
        assert (await ask(FAVORITE, by=bob, id=made[0], favorite=True))["isFavorite"]
    assert (await ask(FAVORITE, id=made[1], favorite=True))["isFavorite"]
    await agree()

    async def names(by: Any, wanted: bool) -> set[str]:
        nodes = (await ask(FAVORITES, by=by, **{"is": wanted}))["nodes"]
        return {one["name"] for one in nodes}

    assert (await names(alice, True), await names(alice, False)) == ({"R1", "R2"}, {"R0"})
    assert (await names(bob, True), await names(bob, False)) == ({"R0"}, {"R1", "R2"})

    told = await ask(FAVORITE, id=made[2], favorite=False)  # it was one by its dashboard
    assert told == {"isFavorite": False, "dashboard": {"isFavorite": False}}
    await agree()
    refusal = await refused(FAVORITE, by=charlie, id=made[0], favorite=True)
    assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "id")
