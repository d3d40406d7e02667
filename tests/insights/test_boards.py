"""Boards: which series are made of a dashboard, for whom, and what facts find in them."""

from domain import db, ids, models
from domain.facts import run
from domain.insights import boards
from tests.dashboards.dashboards import publish
from tests.insights.insights import ODD_START, keep_weeks, weeks
from tests.numbers.numbers import chart, put


async def read(viewer, board):
    async with db.transaction(viewer) as session:
        dashboard = await session.get_one(models.Dashboard, ids.decode("dash", board))
        rows = await boards.of_dashboard(session, dashboard)
    return boards.build(rows)


async def test_the_planted_week_is_found_in_the_board_that_each_person_may_see(
    ask, alice, dora, board, report, count_statements
):
    await keep_weeks(report["id"], weeks())
    by = {"dimension": "campaign", "overTime": True}
    await put(ask, board, chart(report["id"]), chart(report["id"], metrics=["sales", "roas"], **by))

    with count_statements() as statements:
        (made,) = await read(alice, board)
    assert len(statements) == 8, statements

    names = {(one.measure.name, one.value) for one in made.board.series}
    assert names == {
        (name, value) for name in ("cost", "sales", "roas") for value in (None, "Autumn", "Spring")
    }
    assert {len(one.readings) for one in made.board.series} == {60}
    found = [one for one in run.run(made.board).facts if one.kind != "forecast"]
    assert {(one.kind, one.period.start) for one in found} == {("anomaly", ODD_START)}

    await publish(ask, board)
    assert len(await read(dora, board)) == 1
