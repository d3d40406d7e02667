"""Series of weeks, written down by hand or made of noise."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import exp
from random import Random

from domain.calendar.days import Days
from domain.charts.datasets import Coverage, Measure
from domain.facts.facts import Reading, Series

START = date(2025, 1, 6)  # a Monday; the weeks of Prime Day 2025 and after are known days
MEASURES = {
    "sales": Measure("sales", "Sales", "currency", "additive", "EUR"),
    "cost": Measure("cost", "Cost", "currency", "additive", "EUR"),
    "roas": Measure("roas", "ROAS", "ratio", "ratio"),
    "reach": Measure("reach", "Reach", "users", "distinct"),
    "clicks": Measure("clicks", "Clicks", "count", "additive"),
    "impressions": Measure("impressions", "Impressions", "count", "additive"),
}


def reading(at: int, value: Decimal | None, start: date = START) -> Reading:
    first = start + timedelta(7 * at)
    days = Days(first, first + timedelta(7))
    covered = 7 if value is not None else 0
    state = "VALUE" if value is not None else "MISSING"
    return Reading(
        days, value, Coverage(7, covered, missing=7 - covered), state, source_ids=(f"a{at}",)
    )


def of(
    values: Sequence[float | Decimal | None],
    metric: str = "sales",
    value: str | None = None,
    *,
    is_part: bool = False,
    start: date = START,
) -> Series:
    """Weeks of these values."""
    exact = [None if one is None else Decimal(f"{one:.2f}") for one in values]
    parts = ("sales", "cost") if metric == "roas" else (None, None)
    return Series(
        MEASURES[metric],
        "weekly",
        tuple(reading(at, one, start) for at, one in enumerate(exact)),
        "campaign" if is_part or value is not None else None,
        value,
        *parts,
        "A1PA6795UKMFR9",
    )


def noisy(logs: Sequence[float], seed: int = 1, rough: float = 0.08) -> list[float]:
    """Thousands with lognormal noise around these logarithms."""
    random = Random(seed)
    return [1000 * exp(one + random.gauss(0, rough)) for one in logs]


def without(series: Series, places: Sequence[int], state: str) -> Series:
    """The series without the values of these weeks, for this reason."""
    rows = list(series.readings)
    for at in places:
        rows[at] = replace(rows[at], value=None, state=state)
    return replace(series, readings=tuple(rows))
