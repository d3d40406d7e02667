"""Numbers of a view beside each other: changes, funnels, benchmarks. Pure, and never a float.

A cell without a value keeps the reason for it: what is made of it has no value for that reason.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from domain.aggregates.rollups import PLACES, WIDE, Figures
from domain.charts.datasets import Cell, Measure

Cells = Mapping[str, Cell]
ONE = Cell(Decimal(1))


def cells(figures: Figures) -> dict[str, Cell]:
    """The figures' metrics, each with its value or the reason why there is none."""
    return {
        name: Cell(None, figures.states.get(name, "MISSING"))
        if value is None
        else Cell(Decimal(value))
        for name, value in figures.metrics.items()
    }


def count(number: int) -> Cell:
    """A number of things."""
    return Cell(Decimal(number))


def shown(cell: Cell) -> dict[str, str | None]:
    """The cell as JSON: all its digits, and its state."""
    return {"value": digits(cell.value), "state": cell.state}


def digits(value: Decimal | None) -> str | None:
    """A number as text, without zeros that say nothing."""
    if value is None:
        return None
    text = f"{value:f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def difference(one: Cell, other: Cell) -> Cell:
    """One less the other."""
    if one.value is None or other.value is None:
        return _lacking(one, other)
    return Cell(WIDE.subtract(one.value, other.value))


def quotient(one: Cell, other: Cell) -> Cell:
    """One divided by the other, rounded half even to ten places."""
    if one.value is None or other.value is None:
        return _lacking(one, other)
    if not other.value:
        return Cell(None, "NO_DENOMINATOR")
    return Cell(WIDE.divide(one.value, other.value).quantize(PLACES, context=WIDE))


def _lacking(*given: Cell) -> Cell:
    return next(one for one in given if one.value is None)


def change(now: Cell, before: Cell) -> dict[str, Any]:
    """From the window before to this one: by how much, and by which share of what it was."""
    by = difference(now, before)
    size = Cell(abs(before.value)) if before.value is not None else before
    return {
        "current": shown(now),
        "previous": shown(before),
        "change": shown(by),
        "share": shown(quotient(by, size)),
    }


def funnel(stages: Sequence[Measure], values: Cells) -> list[dict[str, Any]]:
    """The stages with what is left of the one before, and what dropped off on the way."""
    missing = Cell(None, "MISSING")
    found = [values.get(stage.name, missing) for stage in stages]
    told: list[dict[str, Any]] = []
    for number, (stage, cell) in enumerate(zip(stages, found, strict=True)):
        one: dict[str, Any] = {"name": stage.name, "title": stage.title, **shown(cell)}
        if number:
            before = found[number - 1]
            kept = quotient(cell, before)
            one["ofPrevious"] = shown(kept)
            one["ofFirst"] = shown(quotient(cell, found[0]))
            one["dropOff"] = shown(difference(before, cell))
            one["dropOffShare"] = shown(difference(ONE, kept))
        told.append(one)
    return told


def benchmark(measure: Measure, cell: Cell, target: Decimal, *, lower: bool) -> dict[str, Any]:
    """A metric beside its target: met or missed, and the gap. Without a value it is neither."""
    gap = difference(cell, Cell(target))
    is_met = None
    if gap.value is not None:
        is_met = gap.value <= 0 if lower else gap.value >= 0
    return {
        "name": measure.name,
        "title": measure.title,
        **shown(cell),
        "target": digits(target),
        "isLowerBetter": lower,
        "isMet": is_met,
        "gap": shown(gap),
    }
