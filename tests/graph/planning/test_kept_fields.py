"""The numbers of a widget are written once, and again when they change."""

import gc
from decimal import Decimal
from typing import Any

import pytest

from domain.numbers import kept_datasets
from graph.fields.context import Context
from graph.planning import kept_fields, running
from graph.schema import schema
from tests.numbers.numbers import chart, keep, put, week

NAMED = {"campaign": {"A": {"cost": "9"}, "B": {"cost": "1"}}}
READ = """query($id: ID!, $first: Int = 5) { dashboard(id: $id) { widgets { title data {
  level points(first: 10) { value cells { value state } coverage { days covered } }
  few: points(first: $first) { key } altText } } } }"""


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept_datasets.kept.forget()
    kept_fields.kept_fields.forget()


@pytest.fixture
async def read(ask, alice, board, report, monkeypatch) -> Any:
    """Read a chart by campaigns, and count how many values are written for it."""
    await keep(report["id"], week(10), {"cost": "10"}, NAMED)
    await put(ask, board, chart(report["id"], dimension="campaign"))
    written = 0
    measure = running.Run._measured

    def counted(self: Any, leaf: Any, done: Any, times: Any) -> Any:
        nonlocal written
        written += len(done)
        return measure(self, leaf, done, times)

    monkeypatch.setattr(running.Run, "_measured", counted)

    async def once(**more: Any) -> tuple[Any, Any, int]:
        nonlocal written
        written, context = 0, Context(alice)
        found = await schema.execute(
            READ, variable_values={"id": board, **more}, context_value=context
        )
        assert not found.errors
        assert context.plan == "planned"
        return found.data["dashboard"]["widgets"][0]["data"], found.extensions["cost"], written

    return once


async def test_the_numbers_of_a_widget_are_written_once(read):
    first, cost, written = await read()
    again, same, less = await read()
    assert (again, same) == (first, cost)
    assert [one["value"] for one in first["points"]] == ["A", "B"]
    assert less < written / 2
    few, _, _ = await read(first=1)  # what variables decide is not kept
    assert (len(few["few"]), len(few["points"])) == (1, 2)


async def test_new_numbers_are_shown_and_what_is_kept_of_the_old_ones_is_dropped(read, report):
    await read()
    assert len(kept_fields.kept_fields._kept) == 1
    await keep(report["id"], week(11), {"cost": "3"}, {"campaign": {"A": {"cost": "3"}}})
    after, _, _ = await read()
    assert [Decimal(one["cells"][0]["value"]) for one in after["points"]] == [12, 1]
    gc.collect()
    assert len(kept_fields.kept_fields._kept) == 1


def test_only_so_much_is_kept_and_nothing_of_what_is_gone(monkeypatch):
    class Numbers:
        pass

    monkeypatch.setattr(kept_fields, "MOST_POINTS", 3)
    known, selection = kept_fields.KeptFields(), object()
    there = [Numbers() for _ in range(5)]
    for one in there:
        known.keep(selection, one, None, kept_fields.Written({}, 1, 0))  # type: ignore[arg-type]
    found = [known.find(selection, one, None) is not None for one in there]  # type: ignore[arg-type]
    assert found == [False, False, True, True, True]
    there.pop()
    del one
    assert known.points == 2
