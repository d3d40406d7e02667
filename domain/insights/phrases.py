"""Words for the numbers and days of an insight: amounts with units, shares, weeks. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from domain.amc import dimensions
from domain.calendar.days import Days
from domain.calendar.units import NOUN, Level
from domain.charts.datasets import Measure
from domain.charts.formats import WITHOUT_CENTS, category
from domain.dashboards.configs import DimensionFilter

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
MOST_NAMED = 3  # values of a filter
EXACT = 3  # digits of an estimate
WHOLE_FROM = 100  # amounts from here on are told without cents
TEN = Decimal(10)


def amount(value: Decimal, measure: Measure, *, signed: bool = False) -> str:
    """Return a value with its unit, as precise as a reader needs: 12,345 USD, 3.4 %, 4.21."""
    number = value.scaleb(2) if measure.unit == "percent" else value
    text = f"{abs(number).quantize(_places(abs(number), measure), ROUND_HALF_EVEN):,f}"
    sign = "−" if number < 0 and text.strip("0.,") else "+" if signed and number > 0 else ""
    unit = {"percent": " %", "seconds": " seconds"}.get(measure.unit, "")
    if measure.unit == "currency":
        unit = f" {measure.currency}" if measure.currency else ""
    return f"{sign}{text}{unit}"


def about(value: Decimal, measure: Measure) -> str:
    """Return an estimate with its unit, to three digits: about 12,300 USD."""
    digits = value.adjusted() + 1
    if digits <= EXACT:
        return amount(value, measure)
    return amount(value.quantize(Decimal(1).scaleb(digits - EXACT), ROUND_HALF_EVEN), measure)


def _places(number: Decimal, measure: Measure) -> Decimal:
    match measure.unit:
        case "currency":
            is_whole = number >= WHOLE_FROM or measure.currency in WITHOUT_CENTS
            return Decimal(1) if is_whole else Decimal("0.01")
        case "count" | "users":
            return Decimal(1) if number >= TEN or number == int(number) else Decimal("0.1")
        case "percent":
            return Decimal("0.1") if number >= TEN else Decimal("0.01")
        case _:
            return Decimal("0.1") if number >= WHOLE_FROM else Decimal("0.01")


def share(value: Decimal) -> str:
    """Return a share as percent without its sign: 23 %, or 4.5 % below ten."""
    number = abs(value).scaleb(2)
    places = Decimal("0.1") if number < TEN else Decimal(1)
    text = f"{number.quantize(places, ROUND_HALF_EVEN):,f}"
    return f"{text.removesuffix('.0')} %"


def day(one: date, year: int | None) -> str:
    """Return a day in words. Its year is told unless it is `year`."""
    text = f"{one.day} {MONTHS[one.month - 1]}"
    return text if one.year == year else f"{text} {one.year}"


def period(days: Days, level: Level, year: int | None) -> str:
    """Return a single period in words: the week of 6 July, July, the third quarter."""
    start = days.start
    told = "" if start.year == year else f" {start.year}"
    match level:
        case "weekly":
            return f"the week of {day(start, year)}"
        case "monthly":
            return f"{MONTHS[start.month - 1]}{told}"
        case _:
            return f"the {('first', 'second', 'third', 'fourth')[start.month // 3]} quarter{told}"


def span(days: Days, year: int | None) -> str:
    """Return the first and the last day in words."""
    first = day(days.start, year if days.start.year == days.last.year else None)
    return f"{first} to {day(days.last, year)}"


def some(number: int, level: Level) -> str:
    """Return so many periods in words: 4 weeks."""
    return f"{number:,} {NOUN[level]}{'' if number == 1 else 's'}"


def listed(words: Sequence[str]) -> str:
    """Join words as in a sentence: A, B and C."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def behind(title: str, filters: Sequence[DimensionFilter]) -> str:
    """Return a metric with what filters let through: Sales of A and B, Sales without 5 brands."""
    said = [("without" if one.exclude else "of") + f" {_values(one)}" for one in filters]
    return " ".join([title, *said])


def _values(one: DimensionFilter) -> str:
    names = sorted({category(value, False, one.dimension) for value in one.values})
    if len(names) > MOST_NAMED:
        return f"{len(names):,} values of {dimensions.title(one.dimension)}"
    return listed(names)


def value(value: str | None, dimension: str | None) -> str:
    """Return what people call the value of a dimension."""
    return category(value, False, dimension)


def named(title: str, value: str | None, dimension: str | None = None) -> str:
    """Return a metric, as a whole or of one value: Sales, Sales of Autumn."""
    return title if value is None else f"{title} of {category(value, False, dimension)}"
