"""Formats values, periods, days and coverage for people, and explains missing values.

The server's pages format the same values in `graph/http/pages/values.js`.
"""

import re
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from types import MappingProxyType

from domain.amc import dimensions
from domain.calendar.days import Days
from domain.calendar.units import NOUN, Unit
from domain.charts.datasets import OTHER, Cell, Coverage, Dataset, Measure, Point
from domain.charts.decimals import WIDE

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WITHHELD = "withheld by privacy"
REASONS = MappingProxyType(
    {
        "DATA_GAP": "Amazon has no data",
        "EMPTY": "no rows",
        "MISSING": "not collected",
        "NOT_COMPARABLE": "not comparable",
        "NOTHING": "no row has a value",
        "NOT_ADDITIVE": "cannot be added up",
        "NO_DENOMINATOR": "nothing to divide by",
        "OTHER_CURRENCY": "in another currency than the instance",
        "SUPPRESSED": WITHHELD,
    }
)
SYMBOLS = MappingProxyType(
    {
        "AUD": "A$",
        "BRL": "R$",
        "CAD": "CA$",
        "EUR": "€",
        "GBP": "£",
        "INR": "₹",
        "JPY": "¥",
        "MXN": "MX$",
        "SGD": "S$",
        "TRY": "₺",
        "USD": "$",
    }
)
WITHOUT_CENTS = frozenset({"JPY"})  # currencies without a smaller unit
DIGITS = MappingProxyType(  # decimals of each unit
    {"currency": 2, "count": 0, "users": 0, "percent": 2, "ratio": 2, "seconds": 1}
)
TINY = Decimal("0.5")
BY_PERIOD = re.compile(r"\b([Bb]y) (?:day|week|month|quarter)\b")


def value_of(cell: Cell, measure: Measure, decimals: int | None = None) -> str:
    """Return the value with its unit, or the reason why there is none.

    The value has as many decimals as its unit, unless `decimals` gives another number. One that
    would become zero has two digits of its own.
    """
    if cell.value is None:
        return reason(cell)
    number = cell.value.scaleb(2) if measure.unit == "percent" else cell.value
    amount, places = _rounded(abs(number), places_of(measure, decimals))
    sign = "−" if number < 0 and amount else ""
    before, after = affixes(measure)
    return f"{sign}{before}{measure.numerals.write(amount, places)}{after}"


def affixes(measure: Measure) -> tuple[str, str]:
    """Return what stands before and after the digits of a value: its unit."""
    if measure.unit == "percent":
        return measure.numerals.percent
    if measure.unit == "seconds":
        return "", " s"
    money = symbol(measure)
    return measure.numerals.money(money) if money else ("", "")


def places_of(measure: Measure, decimals: int | None = None) -> int:
    """Return the number of decimals of a value: `decimals`, or those of its unit."""
    if decimals is not None:
        return decimals
    if measure.unit == "currency" and measure.currency in WITHOUT_CENTS:
        return 0
    return DIGITS.get(measure.unit, 2)


def _rounded(number: Decimal, decimals: int) -> tuple[Decimal, int]:
    """Return the number as it is shown, and its decimals."""
    if number and number < TINY.scaleb(-decimals):
        decimals = 1 - number.adjusted()
    return number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP, WIDE), decimals


def symbol(measure: Measure) -> str:
    """Return the symbol of an amount of money. It is empty if the currency is unknown."""
    code = measure.currency or ""
    if measure.unit != "currency" or not (code.isascii() and code.isalpha() and len(code) == 3):
        return ""
    return SYMBOLS.get(code, code)


def label_expression(measure: Measure) -> str:
    """Return the Vega expression for axis labels in this unit: 12.4K, $1.2M, 3.5%.

    Everything in it is constant, except for the currency symbol.
    """
    if measure.unit == "percent":
        digits = "format(abs(datum.value) * 100, ',.3~f')"
    else:
        short = "replace(replace(format(abs(datum.value), '.4~s'), 'k', 'K'), 'G', 'B')"
        digits = f"(abs(datum.value) < 1000 ? format(abs(datum.value), ',.4~f') : {short})"
    before, after = affixes(measure)
    suffix = f" + '{after}'" if after else ""
    return f"(datum.value < 0 ? '−' : '') + '{before}' + {digits}{suffix}"


def reason(cell: Cell) -> str:
    """The reason why a cell has no value."""
    return REASONS.get(cell.state, cell.state.lower().replace("_", " "))


def category(value: str | None, is_other: bool, dimension: str | None = None) -> str:
    """Return what people call a dimension's value, or all other values together."""
    if is_other:
        return OTHER
    if value is None:
        return WITHHELD
    return dimensions.name(dimension, value) if value.strip() else "(empty)"


def name_of(point: Point, dataset: Dataset) -> str:
    """Return what people call the value of a point, or the pair of values."""
    name = category(point.value, point.is_other, dataset.dimension)
    if point.split_value is None:
        return name
    return f"{name}, {category(point.split_value, False, dataset.split)}"


def title_of(title: str, level: Unit) -> str:
    """Return a title that names a period with the one that is shown: by week, by month."""
    return BY_PERIOD.sub(lambda found: f"{found[1]} {NOUN[level]}", title)


def period_of(level: Unit, start: date, years: int) -> str:
    """Return the name of a period on an axis.

    A week shows its year if there are several `years`.
    """
    if level == "monthly":
        return f"{MONTHS[start.month - 1]} {start.year}"
    if level == "quarterly":
        return f"Q{(start.month + 2) // 3} {start.year}"
    return f"{start.day} {MONTHS[start.month - 1]}" + (f" {start.year}" if years > 1 else "")


def days_of(days: Days) -> str:
    """Return the days as people write them, with the last day included."""
    start, last = days.start, max(days.start, days.last)
    month, year = f" {MONTHS[start.month - 1]}", f" {start.year}"
    whole = f"{last.day} {MONTHS[last.month - 1]} {last.year}"
    if start == last:
        return whole
    if start.year != last.year:
        return f"{start.day}{month}{year} – {whole}"
    return f"{start.day}{'' if start.month == last.month else month} – {whole}"


def coverage_of(coverage: Coverage) -> str:
    """Return how many of the days have data, and why the others have none."""
    unknown = (
        (coverage.suppressed, WITHHELD),
        (coverage.gap, "without data at Amazon"),
        (coverage.missing, "not collected"),
        (coverage.straddling, "in segments that cross the edge of the period"),
    )
    return ", ".join(
        [
            f"{coverage.known} of {coverage.days}",
            *(f"{days} {why}" for days, why in unknown if days),
        ]
    )
