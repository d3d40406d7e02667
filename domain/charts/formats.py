"""Formats values, periods, days and coverage for people, and explains missing values.

The server's pages format the same values in `graph/http/pages/values.js`.
"""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from types import MappingProxyType

from domain.calendar.days import Days
from domain.calendar.units import Unit
from domain.charts.datasets import OTHER, Cell, Coverage, Measure

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


def value_of(cell: Cell, measure: Measure, decimals: int | None = None) -> str:
    """Return the value with its unit, or the reason why there is none.

    The value has all its digits, unless `decimals` gives the number of places to round to.
    """
    if cell.value is None:
        return reason(cell)
    number = cell.value.scaleb(2) if measure.unit == "percent" else cell.value
    digits = _digits(abs(number), measure, decimals)
    sign = "−" if number < 0 and digits.strip("0.,") else ""
    suffix = {"percent": "%", "seconds": " s"}.get(measure.unit, "")
    return f"{sign}{symbol(measure)}{digits}{suffix}"


def _digits(number: Decimal, measure: Measure, decimals: int | None) -> str:
    if decimals is not None:
        return f"{number.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_EVEN):,f}"
    text = f"{number:,f}"
    whole, _, rest = text.partition(".")
    rest = rest.rstrip("0")
    if measure.unit == "currency" and measure.currency not in WITHOUT_CENTS:
        rest = rest.ljust(2, "0")
    return f"{whole}.{rest}" if rest else whole


def symbol(measure: Measure) -> str:
    """Return the symbol before an amount of money. It is empty if the currency is unknown."""
    code = measure.currency or ""
    if measure.unit != "currency" or not (code.isascii() and code.isalpha() and len(code) == 3):
        return ""
    return SYMBOLS.get(code, f"{code} ")


def label_expression(measure: Measure) -> str:
    """Return the Vega expression for axis labels in this unit: 12.4K, $1.2M, 3.5%.

    Everything in it is constant, except for the currency symbol.
    """
    if measure.unit == "percent":
        return "format(datum.value, ',.3~%')"
    short = "replace(replace(format(abs(datum.value), '.4~s'), 'k', 'K'), 'G', 'B')"
    plain = "format(abs(datum.value), ',.4~f')"
    suffix = " + ' s'" if measure.unit == "seconds" else ""
    sign = f"(datum.value < 0 ? '−' : '') + '{symbol(measure)}' + "
    return f"{sign}(abs(datum.value) < 1000 ? {plain} : {short}){suffix}"


def reason(cell: Cell) -> str:
    """The reason why a cell has no value."""
    return REASONS.get(cell.state, cell.state.lower().replace("_", " "))


def category(value: str | None, is_other: bool) -> str:
    """Return the name of a dimension's value, or of all other values together."""
    if is_other:
        return OTHER
    if value is None:
        return WITHHELD
    return value if value.strip() else "(empty)"


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
