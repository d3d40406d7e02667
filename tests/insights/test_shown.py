"""Insights are about what the widgets show: behind their filters, and across series of results."""

from decimal import Decimal

import pytest

from domain import db, ids, models
from domain.facts import run
from domain.insights import boards, finding
from tests.dashboards.dashboards import CHANGE
from tests.insights.insights import ODD_START, WEEKS, keep_weeks, split, weeks
from tests.numbers.numbers import chart, put

BY = {"dimension": "campaign", "overTime": True}


def only(*values, exclude=False):
    return {"filters": [{"dimension": "campaign", "values": list(values), "exclude": exclude}]}


@pytest.fixture
def read(alice, board):
    """The boards that the insights of the dashboard are made of, and the insights themselves."""

    async def made():
        async with db.transaction(alice) as session:
            dashboard = await session.get_one(models.Dashboard, ids.decode("dash", board))
            rows = await boards.of_dashboard(session, dashboard)
        return boards.build(rows), finding.find(rows)

    return made


async def test_an_insight_of_a_filtered_widget_is_about_what_the_widget_shows(
    ask, board, report, read
):
    given = [{**one, "Winter": one["Spring"]} for one in weeks()]
    await keep_weeks(report["id"], given)
    both = only("Spring", "Winter")
    await put(
        ask,
        board,
        chart(report["id"], metrics=["sales", "roas"], **both),
        chart(report["id"], metrics=["sales"], **BY, **both),
    )

    (made,), _ = await read()
    wholes = {one.measure.name: one for one in made.board.series if one.dimension is None}
    expected = [one["Spring"]["sales"] + one["Winter"]["sales"] for one in given]
    assert [one.value for one in wholes["sales"].readings] == expected
    cost = [one["Spring"]["cost"] + one["Winter"]["cost"] for one in given]
    for reading, sold, spent in zip(wholes["roas"].readings, expected, cost, strict=True):
        assert abs(reading.value - sold / spent) < Decimal("1e-9")
    assert {one.value for one in made.board.series} == {None, "Spring", "Winter"}
    told = [one for one in run.run(made.board).facts if one.kind == "anomaly"]
    assert told == [], "the odd week is of a campaign that no widget shows"


async def test_each_set_of_filters_says_what_it_is_about(ask, board, report, read):
    await keep_weeks(report["id"], weeks())
    await put(
        ask,
        board,
        chart(report["id"], metrics=["sales"], **only("Autumn")),
        chart(report["id"], metrics=["sales"], **only("Spring", exclude=True)),
        chart(report["id"], metrics=["sales"], **BY),
    )

    _, found = await read()
    odd = {
        (one.value, len(one.filters)): one.text.split(" in the week")[0]
        for one in found
        if one.type == "anomaly" and one.days.start == ODD_START
    }
    assert odd == {
        ("Autumn", 0): "Sales of Autumn fell to 1,536 USD",
        (None, 1): "Sales without Spring fell to 1,536 USD",
        (None, 0): "Sales fell to 2,686 USD",
    }
    assert len({one.key for one in found}) == len(found), "what is alike is told once"


async def test_filters_of_the_dashboard_count_and_what_needs_two_dimensions_is_left_out(
    ask, board, report, read
):
    await keep_weeks(report["id"], weeks())
    await put(ask, board, chart(report["id"], metrics=["sales"]))
    await ask(CHANGE, id=board, version=2, change={"filters": only("Autumn")})
    (made,), _ = await read()
    assert (made.filters[0].values, made.board.series[0].readings[0].value) == (
        ["Autumn"],
        weeks()[0]["Autumn"]["sales"],
    )
    more = only("Autumn")["filters"] + [{"dimension": "ad_product", "values": ["A"]}]
    await ask(CHANGE, id=board, version=3, change={"filters": {"filters": more}})
    assert await read() == ([], [])


async def test_results_of_a_new_version_continue_those_of_the_old_one_and_it_is_told(
    ask, board, report, read
):
    await keep_weeks(report["id"], weeks())
    await split(report["id"], 50)
    await put(ask, board, chart(report["id"], metrics=["sales"], **BY))

    (made,), found = await read()
    assert {len(one.readings) for one in made.board.series} == {WEEKS}
    assert all(one.is_settled for series in made.board.series for one in series.readings)
    (told,) = [one for one in found if one.type == "quality"]
    assert told.text == (
        "Since 17 August, the numbers come from version 2 of the template, before that from "
        "version 1. Both count alike, so they are compared."
    )
    assert (told.confidence, told.days.start.isoformat()) == (Decimal(1), "2026-08-17")
    assert next(one for one in found if one.type == "anomaly").days.start == ODD_START


@pytest.mark.parametrize(
    ("week", "weeks_left", "side", "day"),
    [(50, 50, "before", "17 August"), (20, 40, "since", "19 January")],
)
async def test_results_with_other_parameters_are_not_compared_and_it_is_told(
    ask, board, report, read, week, weeks_left, side, day
):
    await keep_weeks(report["id"], weeks())
    await split(report["id"], week, parameters_digest="two", template_version=1)
    await put(ask, board, chart(report["id"], metrics=["sales"]))

    (made,), found = await read()
    assert {len(one.readings) for one in made.board.series} == {weeks_left}
    (told,) = [one for one in found if one.type == "quality"]
    assert told.text == (
        f"The parameters changed with the results of {day}. What is said here is only about the "
        f"time {side} that."
    )
