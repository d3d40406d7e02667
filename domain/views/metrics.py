"""Compares the metrics of a view: changes, funnels and benchmarks. Pure, and without floats.

A cell without a value keeps its reason, and passes it on to every number computed from it.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.aggregates.rollups import Rollup
from domain.charts import comparisons, decimals
from domain.charts.datasets import Cell, Measure
from domain.charts.decimals import WIDE

Cells = Mapping[str, Cell]
ONE = Cell(Decimal(1))


def cells(rollup: Rollup) -> dict[str, Cell]:
    """Return the metrics of a rollup, each with its value or the reason why it has none."""
    return {
        name: Cell(None, rollup.states.get(name, "MISSING"))
        if value is None
        else Cell(Decimal(value))
        for name, value in rollup.metrics.items()
    }


def count(number: int) -> Cell:
    """Return a whole number as a cell."""
    return Cell(Decimal(number))


def shown(cell: Cell) -> dict[str, str | None]:
    """Return the cell as JSON: its digits and its state."""
    return {"value": cell.digits, "state": cell.state}


def difference(one: Cell, other: Cell) -> Cell:
    """Return the first cell minus the second."""
    if one.value is None or other.value is None:
        return _lacking(one, other)
    return Cell(WIDE.subtract(one.value, other.value))


def quotient(one: Cell, other: Cell) -> Cell:
    """Return the first cell divided by the second, rounded half even to ten places."""
    if one.value is None or other.value is None:
        return _lacking(one, other)
    if not other.value:
        return Cell(None, "NO_DENOMINATOR")
    return Cell(decimals.quotient(one.value, other.value))


def _lacking(*given: Cell) -> Cell:
    return next(one for one in given if one.value is None)


def change(now: Cell, before: Cell, why_not: str | None = None) -> dict[str, Any]:
    """Return the change from the earlier window, absolute and as a share of the earlier value.

    `why_not` is the obstacle to comparing the two, if any.
    """
    by = difference(now, before)
    if by.value is not None and why_not is not None:
        by = Cell(None, "NOT_COMPARABLE")
    return {
        "current": shown(now),
        "previous": shown(before),
        "change": shown(by),
        "share": shown(comparisons.change(now, before, why_not)),
    }


def funnel(stages: Sequence[Measure], values: Cells) -> list[dict[str, Any]]:
    """Return the stages of a funnel, each with its share of earlier stages and the drop-off."""
    missing = Cell(None, "MISSING")
    found = [values.get(stage.name, missing) for stage in stages]
    funnel_: list[dict[str, Any]] = []
    for number, (stage, cell) in enumerate(zip(stages, found, strict=True)):
        one: dict[str, Any] = {"name": stage.name, "title": stage.title, **shown(cell)}
        if number:
            before = found[number - 1]
            kept = quotient(cell, before)
            one["ofPrevious"] = shown(kept)
            one["ofFirst"] = shown(quotient(cell, found[0]))
            one["dropOff"] = shown(difference(before, cell))
            one["dropOffShare"] = shown(difference(ONE, kept))
        funnel_.append(one)
    return funnel_


def benchmark(measure: Measure, cell: Cell, target: Decimal, *, lower: bool) -> dict[str, Any]:
    """Return a metric with its target and the gap. Without a value it is neither met nor missed.

    `lower` says whether lower values are better.
    """
    gap = difference(cell, Cell(target))
    is_met = None
    if gap.value is not None:
        is_met = gap.value <= 0 if lower else gap.value >= 0
    return {
        "name": measure.name,
        "title": measure.title,
        **shown(cell),
        "target": Cell(target).digits,
        "isLowerBetter": lower,
        "isMet": is_met,
        "gap": shown(gap),
    }
