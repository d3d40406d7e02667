"""The text of a fact: a short note in plain words, with units, days, and what it is compared with.

Every number in it is one of the fact's numbers, rounded. The same fact gives the same text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from domain.amc.marketplaces import currency_of
from domain.calendar.units import NOUN, Level
from domain.charts.datasets import Measure
from domain.dashboards.sources import WidgetSource
from domain.facts import quality
from domain.facts.facts import Fact, Kind, Number, Refusal
from domain.insights import phrases
from domain.numbers.plans import declared_of

MOST_NAMED = 3  # values that made a difference
PLAIN = Measure("", "", "count", "additive")


@dataclass(frozen=True)
class Told:
    """A fact with what is needed to word it."""

    fact: Fact
    source: WidgetSource
    level: Level
    year: int | None  # of the newest day; other years are told

    @property
    def measure(self) -> Measure:
        """The metric that it is about."""
        return self.of(self.fact.subject.metric)

    def of(self, name: str) -> Measure:
        """Return a metric of the source. One that is gone has its name as the title."""
        metric = declared_of(self.source).get(name)
        if metric is None:
            return Measure(name, name, "count", "additive")
        money = currency_of(self.source.marketplace_id) if metric.unit == "currency" else None
        return Measure(metric.name, metric.title, metric.unit, metric.kind, money)

    @property
    def subject(self) -> str:
        """What it is about, in words."""
        about = self.fact.subject
        return phrases.named(self.measure.title, about.value, about.dimension)

    @property
    def period(self) -> str:
        """Its period in words."""
        return phrases.period(self.fact.period, self.level, self.year)

    @property
    def share(self) -> str:
        """Its effect as percent, without a sign."""
        return phrases.share(self.fact.effect)

    @property
    def each(self) -> str:
        """The words after an amount that every period has: a week. Ratios need none."""
        return f" a {NOUN[self.level]}" if self.measure.kind == "additive" else ""

    def number(self, name: str) -> Decimal:
        """Return one of its numbers. Raises StopIteration for one that it lacks."""
        return next(one.value for one in self.fact.numbers if one.name == name)

    def amount(self, name: str) -> str:
        """Return one of its numbers with the unit of its metric."""
        return phrases.amount(self.number(name), self.measure)

    def up(self, above: str, below: str) -> str:
        """Return the word for its direction."""
        return above if self.fact.effect > 0 else below


def text(fact: Fact, source: WidgetSource, level: Level, year: int | None = None) -> str:
    """Return the note of a fact, found in a board of this source and level.

    `year` is that of the newest day. Days of other years are told with their year.
    """
    return TEMPLATES[fact.kind](Told(fact, source, level, year))


def _trend(told: Told) -> str:
    weeks = phrases.some(told.fact.n, told.level)
    return (
        f"{told.subject} {told.up('rose', 'fell')} {told.share} over {weeks}, from about "
        f"{told.amount('first')}{told.each} to about {told.amount('last')}. Season and single odd "
        f"{NOUN[told.level]}s are left out of this."
    )


def _level_change(told: Told) -> str:
    return (
        f"{told.subject} {told.up('rose', 'fell')} {told.share} in {told.period} and stayed "
        f"there: about {told.amount('after')}{told.each}, after "
        f"{told.amount('before')} before."
    )


def _anomaly(told: Told) -> str:
    known = phrases.listed(told.fact.events) if told.fact.events else ""
    why = f"{known} may explain it." if known else "No known retail event explains it."
    return (
        f"{told.subject} {told.up('rose', 'fell')} to {told.amount('value')} in {told.period}, "
        f"{told.share} {told.up('above', 'below')} the {told.amount('expected')} expected. {why}"
    )


def _event(told: Told) -> str:
    names = phrases.listed(told.fact.events)
    return (
        f"In {told.period}, with {names}, {told.subject} came to {told.amount('value')}: "
        f"{told.share} {told.up('more', 'less')} than the {told.amount('expected')} of a usual "
        f"{NOUN[told.level]}."
    )


def _comparison(told: Told) -> str:
    length = phrases.some(told.fact.reach, told.level)
    is_year = told.fact.method.endswith("year before")
    before = "in the same weeks a year earlier" if is_year else f"in the {length} before"
    days = phrases.span(told.fact.period, told.year)
    return (
        f"{told.subject} {told.up('rose', 'fell')} {told.share} in the newest {length} ({days}), "
        f"to {told.amount('now')} from {told.amount('before')} {before}.{_contributions(told)}"
    )


def _contributions(told: Told) -> str:
    """Say which values made most of the difference: those that moved as the whole did."""
    change = next((one.value for one in told.fact.numbers if one.name == "change"), None)
    if not change:
        return ""
    parts = [
        one for one in told.fact.numbers if one.name == "contribution" and one.value * change > 0
    ][:MOST_NAMED]
    if not parts:
        return ""
    shown = [f"{one.of} ({_signed(one, told)}{_why(one, told)})" for one in parts]
    return f" {phrases.listed(shown)} made most of the difference."


def _signed(number: Number, told: Told) -> str:
    return phrases.amount(number.value, told.measure, signed=True)


def _why(contribution: Number, told: Told) -> str:
    """Say whether a value's own ratio changed, or its share of the whole."""
    own = {one.name: abs(one.value) for one in told.fact.numbers if one.of == contribution.of}
    if "mix" not in own:
        return ""
    return ", by its own value" if own["rate"] >= own["mix"] else ", by its share of the whole"


def _ranking(told: Told) -> str:
    return (
        f"{told.subject} was {told.share} {told.up('above', 'below')} the whole over the newest "
        f"{phrases.some(told.fact.n, told.level)}: {told.amount('value')} against "
        f"{told.amount('whole')}."
    )


def _concentration(told: Told) -> str:
    shares = [one for one in told.fact.numbers if one.name == "share"]
    named = [f"{one.of} {phrases.share(one.value)}" for one in shares[:MOST_NAMED]]
    return (
        f"{len(shares)} of the {told.number('values'):,f} largest values of "
        f"{told.fact.subject.dimension} brought {told.share} of {told.subject} in the newest "
        f"{phrases.some(told.fact.n, told.level)}: {phrases.listed(named)}."
    )


def _funnel(told: Told) -> str:
    upper = next(one for one in told.fact.numbers if one.name == "from")
    rates = [
        phrases.amount(told.number(name), Measure("", "", "percent", "ratio"))
        for name in ("rate", "before")
    ]
    return (
        f"{told.subject} came to {rates[0]} of {told.of(upper.of or '').title} in the newest "
        f"{phrases.some(told.fact.reach, told.level)}, after {rates[1]} before. That is "
        f"{told.share} less, or about {phrases.amount(told.number('lost'), PLAIN)} fewer."
    )


def _saturation(told: Told) -> str:
    cost = next(one for one in told.fact.numbers if one.name == "cost")
    money = told.of(cost.of or "")
    costs = [phrases.amount(told.number(name), money) for name in ("costBefore", "cost")]
    ratio = Measure("", "", "ratio", "ratio")
    each = [phrases.amount(told.number(name), ratio) for name in ("perCostBefore", "perCost")]
    return (
        f"{money.title} rose from {costs[0]} to {costs[1]} between two spans of "
        f"{phrases.some(told.fact.reach, told.level)}, and {told.subject} did not keep up: from "
        f"{told.amount('salesBefore')} to {told.amount('sales')}. Each "
        f"{money.currency or 'unit'} of {money.title} brought {each[1]}, after {each[0]} before."
    )


def _forecast(told: Told) -> str:
    found = told.fact.interval
    assert found is not None
    low, high = (phrases.amount(one, told.measure) for one in (found.low, found.high))
    so_far = [one.value for one in told.fact.numbers if one.name == "soFar"]
    known = f" So far it has {phrases.amount(so_far[0], told.measure)}." if so_far else ""
    events = f" {phrases.listed(told.fact.events)} may change it." if told.fact.events else ""
    return (
        f"{told.subject} of {told.period} will come to about {told.amount('expected')}; in four "
        f"cases of five it is between {low} and {high}.{known}{events}"
    )


def _quality(told: Told) -> str:
    fact, span = told.fact, phrases.span(told.fact.period, told.year)
    about = phrases.some(fact.reach, told.level)
    of = phrases.some(fact.n, told.level)
    match fact.method:
        case quality.COVERAGE:
            days = int(told.number("days"))
            return (
                f"{days:,} days of {of} have no result ({span}): {told.share} of all days. Totals "
                "over them are too low."
            )
        case quality.SUPPRESSED:
            return (
                f"Amazon withheld the dimensions of some rows in {about} ({span}), at most "
                f"{phrases.share(told.number('largest'))} of a {NOUN[told.level]}. Values of "
                "dimensions do not add up to the whole there."
            )
        case quality.PROVISIONAL:
            return f"The numbers of {about} ({span}) may still change: they were collected early."
        case _:
            return f"The query or its parameters changed in {told.period}."


TEMPLATES: Mapping[Kind, Callable[[Told], str]] = MappingProxyType(
    {
        "trend": _trend,
        "level_change": _level_change,
        "anomaly": _anomaly,
        "event": _event,
        "comparison": _comparison,
        "ranking": _ranking,
        "concentration": _concentration,
        "funnel": _funnel,
        "saturation": _saturation,
        "forecast": _forecast,
        "quality": _quality,
    }
)
WHY_NOT: Mapping[str, str] = MappingProxyType(
    {
        "NOT_ENOUGH_PERIODS": "Not enough data",
        "NOT_COVERED": "Too many days have no result",
        "SUPPRESSED": "Privacy withheld too much",
        "NOT_ADDITIVE": "It cannot be added up over several periods",
        "OTHER_CURRENCY": "Amounts are in another currency than the instance",
        "CONSTANT": "All values are equal",
    }
)


def refusal(one: Refusal, titles: list[str], level: Level) -> str:
    """Return why nothing is told of these metrics, with what there is and what it needs."""
    has = ""
    if one.has is not None and one.needs is not None and one.code != "CONSTANT":
        has = f": {phrases.some(one.has, level)} of the {one.needs:,} that are needed"
    return f"{phrases.listed(titles)}: {WHY_NOT[one.code][0].lower()}{WHY_NOT[one.code][1:]}{has}."
