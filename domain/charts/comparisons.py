"""Compares numbers with those of earlier days, if both cover the same share of their days."""

from decimal import Decimal

from domain.charts.datasets import Cell, Coverage, Dataset
from domain.charts.decimals import WIDE, quotient
from domain.charts.formats import reason
from domain.charts.numerals import Numerals

THAN = {"previous_period": "the period before", "previous_year": "the year before"}
HUNDRED = Decimal(100)


def obstacle(now: Coverage, before: Coverage | None) -> str | None:
    """Return why numbers of these days and of earlier days cannot be compared. None if they can.

    The same share of both must be known. Otherwise a change would show what was collected.
    """
    if before is None or now.known * before.days == before.known * now.days:
        return None
    return (
        f"{before.known} of {before.days} days before are known, and {now.known} of {now.days} now"
    )


def change(now: Cell, before: Cell, why_not: str | None) -> Cell:
    """Return the change as a share of the earlier value, or the reason why there is none.

    `why_not` is the obstacle to comparing the two, if any.
    """
    for one in (now, before):
        if one.value is None:
            return one
    if why_not is not None:
        return Cell(None, "NOT_COMPARABLE")
    assert now.value is not None
    assert before.value is not None
    if not before.value:
        return Cell(None, "NO_DENOMINATOR")
    return Cell(quotient(WIDE.subtract(now.value, before.value), abs(before.value)))


def in_words(dataset: Dataset) -> str | None:
    """Describe how the first metric of the first source has changed. None without a comparison."""
    if not dataset.previous_totals or not dataset.totals or not dataset.measures:
        return None
    now, before = dataset.totals[0][0], dataset.previous_totals[0][0]
    why_not = obstacle_of_source(dataset, 0)
    than = THAN.get(dataset.comparison or "", "before")
    whose = f" of {dataset.sources[0]}" if len(dataset.sources) > 1 else ""
    words = _words(now, before, why_not, than, dataset.numerals)
    return f"{dataset.measures[0].title}{whose}: {words}."


def obstacle_of_source(dataset: Dataset, source: int) -> str | None:
    """Return why the totals of a source cannot be compared with its earlier totals."""
    if source >= len(dataset.previous_source_coverage):
        return None
    return obstacle(dataset.source_coverage[source], dataset.previous_source_coverage[source])


def _words(now: Cell, before: Cell, why_not: str | None, than: str, numerals: Numerals) -> str:
    found = change(now, before, why_not)
    if found.state == "NO_DENOMINATOR" and now.value is not None and before.value is not None:
        more = "more" if now.value > 0 else "less"
        return f"{more} than {than}, which was 0" if now.value else f"the same as {than}"
    if found.value is None:
        why = why_not if found.state == "NOT_COMPARABLE" else reason(found)
        return f"not comparable with {than}, because {why}"
    if not found.value:
        return f"the same as {than}"
    share = numerals.percentage(abs(found.value) * HUNDRED, 1)
    return f"{share} {'more' if found.value > 0 else 'less'} than {than}"
