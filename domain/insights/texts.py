"""The text of a fact: a short note in plain words, with units, days, and what it is compared with.

Every number in it is one of the fact's numbers, rounded. The same fact gives the same text.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from domain.amc import dimensions
from domain.amc.marketplaces import currency_of
from domain.calendar.units import NOUN, Level
from domain.charts.datasets import Measure
from domain.dashboards.configs import DimensionFilter
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
    filters: Sequence[DimensionFilter] = ()  # that the numbers are behind

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
        named = phrases.named(self.measure.title, about.value, about.dimension)
        return named if about.value is not None else phrases.behind(named, self.filters)

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

    def about(self, name: str) -> str:
        """Return one of its estimates with the unit of its metric, to three digits."""
        return phrases.about(self.number(name), self.measure)

    def up(self, above: str, below: str) -> str:
        """Return the word for its direction."""
        return above if self.fact.effect > 0 else below


def text(
    fact: Fact,
    source: WidgetSource,
    level: Level,
    year: int | None = None,
    filters: Sequence[DimensionFilter] = (),
) -> str:
    """Return the note of a fact, found in a board of this source and level behind these filters.

    `year` is that of the newest day. Days of other years are told with their year.
    """
    return TEMPLATES[fact.kind](Told(fact, source, level, year, filters))


def _trend(told: Told) -> str:
    weeks = phrases.some(told.fact.n, told.level)
    return (
        f"{told.subject} {told.up('rose', 'fell')} {told.share} over {weeks}, from about "
        f"{told.about('first')}{told.each} to about {told.about('last')}. Season and single odd "
        f"{NOUN[told.level]}s are left out of this."
    )


def _level_change(told: Told) -> str:
    return (
        f"{told.subject} {told.up('rose', 'fell')} {told.share} in {told.period} and stayed "
        f"there: about {told.about('after')}{told.each}, after "
        f"{told.about('before')} before."
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
    names = [phrases.value(one.of, told.fact.by) for one in parts]
    shown = [
        f"{name} ({_signed(one, told)}{_why(one, told)})"
        for name, one in zip(names, parts, strict=True)
    ]
    return f" {phrases.listed(shown)} made most of the difference."


def _signed(number: Number, told: Told) -> str:
    return phrases.amount(number.value, told.measure, signed=True)


def _why(contribution: Number, told: Told) -> str:
    """Say whether a value's own ratio changed, or its share of the whole."""
    own = {one.name: abs(one.value) for one in told.fact.numbers if one.of == contribution.of}
    if "mix" not in own:
        return ""
    is_rate = own["rate"] >= own["mix"]
    return f", as its own {told.measure.title} changed" if is_rate else ", as its share changed"


def _ranking(told: Told) -> str:
    return (
        f"{told.subject} was {told.amount('value')} over the newest "
        f"{phrases.some(told.fact.n, told.level)}: {told.share} {told.up('above', 'below')} the "
        f"{told.amount('whole')} of all together."
    )


def _concentration(told: Told) -> str:
    shares = [one for one in told.fact.numbers if one.name == "share"]
    dimension = told.fact.subject.dimension or ""
    named = [
        f"{phrases.value(one.of, dimension)} {phrases.share(one.value)}"
        for one in shares[:MOST_NAMED]
    ]
    return (
        f"By {dimensions.title(dimension).lower()}, {told.share} of {told.subject} in the newest "
        f"{phrases.some(told.fact.n, told.level)} came from {len(shares)} of "
        f"{told.number('values'):,f}: {phrases.listed(named)}."
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
        f"{told.share} less, or about {phrases.about(told.number('lost'), PLAIN)} fewer."
    )


def _saturation(told: Told) -> str:
    cost = next(one for one in told.fact.numbers if one.name == "cost")
    money = told.of(cost.of or "")
    costs = [phrases.amount(told.number(name), money) for name in ("costBefore", "cost")]
    ratio = Measure("", "", "ratio", "ratio")
    each = [phrases.amount(told.number(name), ratio) for name in ("perCostBefore", "perCost")]
    return (
        f"{money.title} rose to {costs[1]} over the newest "
        f"{phrases.some(told.fact.reach, told.level)}, from {costs[0]} over as many before, and "
        f"{told.subject} did not keep up: {told.amount('sales')}, after "
        f"{told.amount('salesBefore')}. Each {money.currency or 'unit'} of {money.title} brought "
        f"{each[1]}, after {each[0]} before."
    )


def _forecast(told: Told) -> str:
    found = told.fact.interval
    assert found is not None
    low, high = (phrases.about(one, told.measure) for one in (found.low, found.high))
    so_far = [one.value for one in told.fact.numbers if one.name == "soFar"]
    known = f" So far it has {phrases.amount(so_far[0], told.measure)}." if so_far else ""
    events = f" {phrases.listed(told.fact.events)} may change it." if told.fact.events else ""
    return (
        f"In {told.period}, {told.subject} will come to about {told.about('expected')}, and in "
        f"four cases of five to between {low} and {high}.{known}{events}"
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
            return _changed(told)


CHANGED = MappingProxyType(
    {"version": "the template", "parameters": "the parameters", "time_zone": "the time zone"}
)


def _changed(told: Told) -> str:
    """Say where the numbers begin to come from other results, and what is compared."""
    change = told.fact.change
    assert change is not None
    first = phrases.day(change.days.start, told.year)
    names = phrases.listed([CHANGED[one] for one in change.changes] or ["the query"])
    now, before = change.version, change.version_before
    if change.changes == ("version",) and now is not None and before is not None:
        said = f"Since {first}, the numbers come from version {now} of the template, before that "
        said += f"from version {before}."
    else:
        said = f"{names[0].upper()}{names[1:]} changed with the results of {first}."
    if change.kept is None:
        return f"{said} Both count alike, so they are compared."
    return f"{said} What is said here is only about the time {change.kept} that."


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
