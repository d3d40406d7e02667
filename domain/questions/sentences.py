"""The words of answers: amounts with units, days, what is covered. Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from domain.calendar import units
from domain.calendar.days import Days
from domain.charts.datasets import Cell, Coverage, Measure
from domain.charts.formats import MONTHS as SHORT
from domain.charts.formats import WITHOUT_CENTS, coverage_of, days_of, value_of
from domain.questions.numbers import Amount, Numbers, Span

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
HUNDRED = Decimal(100)


def amount_of(value: Decimal, measure: Measure) -> str:
    """A number with its unit, rounded for reading."""
    return value_of(Cell(value), measure, _decimals(value, measure))


def _decimals(value: Decimal, measure: Measure) -> int:
    if measure.unit == "currency":
        return 0 if measure.currency in WITHOUT_CENTS else 2
    if measure.unit in ("ratio", "percent"):
        return 2
    return 0 if value == value.to_integral_value() else 2


def signed(value: Decimal, measure: Measure) -> str:
    """A difference with its sign."""
    return f"{'+' if value > 0 else ''}{amount_of(value, measure)}"


def percent(share: Decimal) -> str:
    """A share as a percentage of one decimal."""
    return f"{abs(share) * HUNDRED:,.1f} %"


def was(measure: Measure) -> str:
    """The verb of a metric: sales were, cost was."""
    title = measure.title
    is_many = title.endswith("s") and not title.endswith("ss") and not title.isupper()
    return "were" if is_many else "was"


def named(measure: Measure, value: str | None = None) -> str:
    """A metric, of a value where there is one."""
    return measure.title if value is None else f"{measure.title} of {value}"


def when(days: Days) -> str:
    """Days as they stand in a sentence: in March 2026, in the week of 6 Jul 2026."""
    start = days.start
    if days.length == 7:
        return f"in the week of {days_of(Days.from_last(start, start))}"
    if (start.month, start.day) == (1, 1) and days.end == date(start.year + 1, 1, 1):
        return f"in {start.year}"
    if start.day == 1 and units.after(start, "monthly") == days.end:
        return f"in {MONTHS[start.month - 1]} {start.year}"
    if start == units.floor(start, "quarterly") and units.after(start, "quarterly") == days.end:
        return f"in Q{(start.month + 2) // 3} {start.year}"
    last = days.last
    year = f" {start.year}" if start.year != last.year else ""
    return f"from {start.day} {SHORT[start.month - 1]}{year} to {days_of(Days(last, days.end))}"


def covered(coverage: Coverage) -> str:
    """How many of the days have results, and why the others have none."""
    if coverage.known >= coverage.days:
        return f"All {coverage.days} days have results."
    return f"Days with results: {coverage_of(coverage)}."


def caveats(amounts: Iterable[Amount], span: Span | None = None) -> list[str]:
    """What should be known of the amounts that were told."""
    given = list(amounts)
    told: list[str] = []
    if span is not None and not span.is_exact:
        told.append("These are the whole weeks within the days that you named.")
    if given:
        told.append(covered(given[0].coverage))
    if any(one.is_provisional for one in given):
        told.append("Part of the data is not settled yet, so the numbers may still change.")
    return told


def of_source(numbers: Numbers) -> str:
    """The report that an answer is from."""
    return f"Source: {numbers.source.name}, days in {numbers.source.time_zone}."


def listed(parts: Sequence[str]) -> str:
    """Parts as a list in a sentence."""
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def joined(parts: Iterable[str]) -> str:
    """Sentences as a text."""
    return " ".join(one for one in parts if one)
