"""How every report stands, against a plain recomputation from the rows."""

from typing import Any

from sqlalchemy import select, text

from domain import db, models
from tests.scheduling import CREATE as SCHEDULE
from tests.scheduling import HOURLY, PAUSE
from tests.test_executions import RUN

CREATE = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"
ARCHIVE = "mutation($id: ID!) { reportArchive(id: $id) { id } }"
SHOWN = text(
    "SELECT report_uuid, state, latest_status, newest_status, next_run_at, execution_count, "
    "is_viewer_favorite FROM report_runs_overview"
)


async def recomputed(viewer: Any) -> dict[Any, tuple[Any, ...]]:
    """The same, of the rows, in Python."""
    async with db.owner_transaction() as session:
        reports = (await session.scalars(select(models.Report))).all()
        runs = (await session.scalars(select(models.ReportExecution))).all()
        schedules = (await session.scalars(select(models.ReportSchedule))).all()
        favorites = (await session.scalars(select(models.DashboardFavorite))).all()
    found = {}
    for one in reports:
        own = [run for run in runs if run.report_id == one.id]
        begun = [run for run in own if run.started_at is not None]
        active = [s for s in schedules if s.report_id == one.id and s.is_active]
        paused = any(s.is_paused for s in active)
        found[one.id] = (
            "paused" if paused else "active" if one.is_active else "inactive",
            max(begun, key=lambda run: run.started_at).status
            if begun
            else (own[0].status if own else None),
            max(own, key=lambda run: run.created_at).status if own else None,
            active[0].next_run_at if active else None,
            len(own),
            any(
                mark.dashboard_id == one.dashboard_id and mark.user_id == viewer.user_id
                for mark in favorites
            ),
        )
    return found


async def shown(viewer: Any) -> dict[Any, tuple[Any, ...]]:
    """What the viewer is shown."""
    async with db.transaction(viewer) as session:
        return {row[0]: tuple(row[1:]) for row in await session.execute(SHOWN)}


async def test_how_reports_stand_is_exact_at_every_moment(
    ask, report_input, alice, bob, work_until_done, amc_server, sent
):
    async def agree() -> None:
        assert await shown(alice) == await recomputed(alice)
        assert await shown(bob) == await recomputed(bob)

    made = [(await ask(CREATE, report={**report_input, "name": f"R{n}"}))["id"] for n in range(4)]
    await agree()
    await ask(RUN, id=made[0])
    await agree()  # asked for, not begun
    await work_until_done()
    await agree()
    await ask(RUN, id=made[0])
    await agree()  # one is over, one has not begun
    schedules = [
        (await ask(SCHEDULE, report=one, schedule=HOURLY))["id"] for one in (made[1], made[2])
    ]
    await agree()
    await ask(PAUSE, id=schedules[1])
    await agree()
    async with db.owner_transaction() as session:
        board = models.Dashboard(name="Board", user_id=alice.user_id)
        session.add(board)
        await session.flush()
        await session.execute(
            text("UPDATE report_definitions SET dashboard_id = :board"), {"board": board.id}
        )
        session.add(models.DashboardFavorite(dashboard_id=board.id, user_id=bob.user_id))
    await agree()
    for one in made:
        await ask(ARCHIVE, id=one)
        await agree()
    states = {row[0] for row in (await shown(alice)).values()}
    assert states == {"inactive"}
