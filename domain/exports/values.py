"""Formats values for people as the server's pages do (`graph/http/pages/values.js`)."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from domain.amc import dimensions
from domain.calendar.zones import zone_of
from domain.charts import comparisons
from domain.charts.datasets import Cell, Coverage, Dataset, Point
from domain.charts.formats import MONTHS, category, days_of, name_of, reason
from domain.charts.numerals import Numerals


def named(point: Point, dataset: Dataset) -> str:
    """Return the name of a row: its days, or the value of its dimension, or both."""
    if dataset.dimension is None:
        return days_of(point.days)
    name = value_of(point, dataset.dimension)
    if point.split_value is not None:
        name = name_of(point, dataset)
    return f"{name}, {days_of(point.days)}" if point.key else name


def heading(dataset: Dataset) -> str:
    """Return the heading of the names of rows: what people call the dimension, or the pair."""
    name = dimensions.title(dataset.dimension or "days")
    return name if dataset.split is None else f"{name}, {dimensions.title(dataset.split)}"


def value_of(point: Point, dimension: str | None = None) -> str:
    """Return a dimension's value, in brackets if it is no value.

    With `dimension` it is what people call the value.
    """
    name = category(point.value, point.is_other, dimension)
    return f"({name})" if point.value is None and not point.is_other else name


def changed(now: Cell, before: Cell, dataset: Dataset, obstacle: str | None) -> str:
    """Describe the change from the earlier value, as the page does."""
    than = comparisons.THAN.get(dataset.comparison or "", "the period before")
    lacking = next((one for one in (now, before) if one.value is None), None)
    why = reason(lacking) if lacking is not None else obstacle
    if why:
        return f"not comparable with {than}: {why}"
    assert now.value is not None
    assert before.value is not None
    if now.value == before.value:
        return f"= the same as {than}"
    arrow, more = ("▲", "more") if now.value > before.value else ("▼", "less")
    if not before.value:
        return f"{arrow} {more} than {than}, which was 0"
    share = abs((now.value - before.value) / before.value)
    return f"{arrow} {percent(share, dataset.numerals)} {more} than {than}"


def percent(share: Decimal, numerals: Numerals) -> str:
    """Return a share in percent, with one decimal at most."""
    rounded = share.scaleb(2).quantize(Decimal("0.1"), ROUND_HALF_UP)
    return numerals.percentage(rounded, 0 if rounded == int(rounded) else 1)


def notes(dataset: Dataset) -> str:
    """Return the line below a widget: what is incomplete, provisional or withheld."""
    before = dataset.previous_coverage
    than = comparisons.THAN.get(dataset.comparison or "", "the period before")
    said = [_unknown(dataset.coverage)]
    if before is not None and _unknown(before):
        said.append(f"of {than}, {_unknown(before)}")
    if dataset.is_provisional:
        said.append("provisional: it may still change")
    if dataset.suppressed_share:
        share = percent(dataset.suppressed_share, dataset.numerals)
        said.append(f"privacy hides details of {share} of rows")
    return " · ".join(one for one in said if one)


def _unknown(coverage: Coverage) -> str:
    if coverage.known >= coverage.days:
        return ""
    return f"{coverage.known} of {coverage.days} day{'s' * (coverage.days != 1)} known"


def moment(at: datetime, zone: str) -> str:
    """Return a moment in a time zone, such as `1 Nov 2026, 06:30 UTC`."""
    local = at.astimezone(zone_of(zone))
    day = f"{local.day} {MONTHS[local.month - 1]} {local.year}"
    return f"{day}, {local:%H:%M} {zone}"
