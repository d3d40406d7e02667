"""Datasets that are kept: never older than the numbers, and never for other eyes."""

from decimal import Decimal
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain import db
from domain.charts.datasets import Unserved
from domain.numbers import datasets, kept_datasets
from tests.numbers.numbers import NUMBERS, chart, keep, put, values, week

NAMED = {"campaign": {"A": {"cost": "9"}, "B": {"cost": "1"}}}


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept_datasets.kept.forget()


@pytest.fixture
async def shown(ask, board, report):
    """Read what a chart by campaigns shows, of a report with the numbers of a week."""
    await keep(report["id"], week(10), {"cost": "10"}, NAMED)
    await put(ask, board, chart(report["id"], dimension="campaign"))

    async def read():
        (widget,) = (await ask(NUMBERS, id=board))["widgets"]
        points = widget["data"]["points"]
        return [(one["value"], *values(one["cells"])) for one in points]

    return read


async def test_a_dataset_is_built_once_for_the_same_numbers(shown, count_statements, monkeypatch):
    built = []
    build = datasets.build
    monkeypatch.setattr(datasets, "build", lambda *given: built.append(1) or build(*given))
    with count_statements() as first:
        before = await shown()
    with count_statements() as second:
        assert await shown() == before
    assert built == [1]
    assert len(second) == len(first) - 1  # the values of the dimension
    assert [one[0] for one in before] == ["A", "B"]


async def test_new_numbers_are_shown_at_once(shown, report):
    before = await shown()
    await keep(report["id"], week(11), {"cost": "3"}, {"campaign": {"A": {"cost": "3"}}})
    after = await shown()
    assert [Decimal(one[1]) for one in before] == [9, 1]
    assert [Decimal(one[1]) for one in after] == [12, 1]


async def test_a_period_that_is_removed_is_not_shown_again(shown, report):
    await keep(report["id"], week(11), {"cost": "3"}, {"campaign": {"A": {"cost": "3"}}})
    assert [Decimal(one[1]) for one in await shown()] == [12, 1]
    async with db.owner_transaction() as session:
        # As leaving days out of a collection does, which records nothing.
        await session.execute(
            text("DELETE FROM report_data_aggregates WHERE aggregation_key = :key"),
            {"key": week(11).key},
        )
    assert [Decimal(one[1]) for one in await shown()] == [9, 1]


async def test_a_source_that_is_taken_away_is_not_shown_again(shown, alice):
    assert await shown() != []
    async with db.owner_transaction() as session:
        await session.execute(
            text("DELETE FROM instance_members WHERE user_id = :id"), {"id": alice.user_id}
        )
    assert await shown() == []


def test_only_so_much_is_kept_and_only_of_the_newest_version(monkeypatch):
    monkeypatch.setattr(kept_datasets, "MOST_POINTS", 3)
    known, boards = kept_datasets.KeptDatasets(), [uuid4() for _ in range(5)]
    frame = Unserved("NO_DATA", "Nothing.", None)
    for board in boards:
        known.keep(board, (1, 1), "asked", frame)
    found = [known.find(board, (1, 1), "asked") for board in boards]
    assert found == [None, None, frame, frame, frame]

    known.keep(boards[4], (1, 2), "asked", frame)
    known.keep(boards[4], (1, 1), "asked", frame)  # read before the numbers changed
    assert known.find(boards[4], (1, 1), "asked") is None
    assert known.find(boards[4], (1, 2), "asked") is frame
    assert known.find(boards[4], (1, 2), "something else") is None
