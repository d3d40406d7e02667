"""Simulated dashboards: what is planted in their series is known, so what is found can be judged.

Noise is lognormal and correlated, as that of sales. Half of the series have nothing planted.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from math import copysign, exp, inf, pi, sin
from random import Random

from domain.calendar.days import Days
from domain.charts.datasets import Coverage, Measure
from domain.facts import events
from domain.facts.facts import Fact, Reading, Series, Subject
from domain.facts.run import Board

GERMANY = "A1PA6795UKMFR9"
WHOLE = Coverage(7, 7)
WEEK = timedelta(days=7)
WEEKS_OFF = 2  # that a change of level may be off
PARTS = ("Autumn", "Brand", "Competitors", "Display", "Everyday", "Fans")
FUNNEL = ("impressions", "clicks", "purchases")
NO_DIFFERENCE = 0.01  # of logarithms


@dataclass
class Planted:
    """What is true of a series, whatever the noise makes of it."""

    trend: float = 0.0  # of logarithms, from the first week to the last
    level: float = 0.0
    level_at: int = 0
    spikes: dict[int, float] = field(default_factory=dict)
    wave: float = 0.0
    event: float = 0.0
    means: list[float] = field(default_factory=list)  # logarithms, without noise
    next_value: float = 0.0


@dataclass
class Simulated:
    """A dashboard, and what is planted in each of its series."""

    board: Board
    planted: dict[Subject, Planted]
    rates: dict[str, float] = field(default_factory=dict)  # of parts, against the usual ratio
    lost: dict[str, float] = field(default_factory=dict)  # of the steps of the funnel
    is_saturated: bool = False

    def knows(self, fact: Fact) -> bool:
        """Whether it can be judged: of forecasts, only those of series whose next week is known."""
        return fact.kind != "forecast" or self.planted[fact.subject].next_value > 0

    def is_right(self, fact: Fact) -> bool:
        """Whether what a fact says was planted."""
        one = self.planted.get(fact.subject, Planted())
        if fact.kind == "forecast":
            assert fact.interval is not None
            return fact.interval.low <= Decimal(str(one.next_value)) <= fact.interval.high
        if fact.kind in ("saturation", "quality", "concentration"):
            return self.is_saturated or fact.kind != "saturation"
        return self._planted(one, fact) * copysign(1, fact.effect) > 0

    def _planted(self, one: Planted, fact: Fact) -> float:
        """What was planted of this kind where the fact says so; 0 for nothing."""
        at = (fact.period.start - self._start(fact)).days // 7
        match fact.kind:
            case "trend":
                return one.trend
            case "level_change":
                return one.level if abs(at - one.level_at) <= WEEKS_OFF else 0.0
            case "anomaly":
                return one.spikes.get(at, 0.0)
            case "event":
                return one.event + one.spikes.get(at, 0.0)
            case "ranking":
                return self.rates.get(fact.subject.value or "", 0.0)
            case "funnel":
                return self.lost.get(fact.subject.metric, 0.0)
        difference = self._difference(one, fact)
        return difference if abs(difference) > NO_DIFFERENCE else 0.0

    def _start(self, fact: Fact) -> date:
        found = self.board.get(fact.subject.metric, fact.subject)
        assert found is not None
        return found.readings[0].days.start

    def _difference(self, one: Planted, fact: Fact) -> float:
        """Of the newest weeks from those they are compared with, without noise."""
        back = 52 if "year" in fact.method else fact.reach
        now, n = fact.reach, len(one.means)
        return sum(one.means[-now:]) / now - sum(one.means[n - back - now : n - back]) / now


def planted_kinds(simulated: Simulated) -> Iterator[str]:
    """The kind of each fact that there is to be found, once for each series that has it."""
    for subject, one in simulated.planted.items():
        if subject.dimension is None:
            yield from ["trend"] * bool(one.trend)
            yield from ["level_change"] * (bool(one.level) and subject.metric not in FUNNEL)
            yield from ["anomaly"] * bool(one.spikes)
            yield from ["event"] * bool(one.event)
    yield from ["funnel"] * bool(simulated.lost)
    yield from ["saturation"] * simulated.is_saturated
    yield from ["ranking"] * bool(simulated.rates)


@dataclass(frozen=True)
class Noise:
    """Noise like Student's t distribution of so many degrees of freedom; normal if infinite."""

    random: Random
    tails: float = inf

    def __call__(self, n: int, sigma: float, correlation: float) -> Iterator[float]:
        """Values of an autoregressive process with this deviation."""
        value = self._one(sigma)
        for _ in range(n):
            yield value
            value = correlation * value + self._one(sigma * (1 - correlation**2) ** 0.5)

    def _one(self, sigma: float) -> float:
        value = self.random.gauss(0, sigma)
        if self.tails == inf:
            return value
        wide = self.random.gammavariate(self.tails / 2, 2 / (self.tails - 2))
        return float(value / wide**0.5)


def series(
    name: str, logs: Sequence[float], start: date, unit: str = "currency", kind: str = "additive"
) -> Series:
    """A weekly series of these logarithms of thousands."""
    values = [Decimal(f"{1000 * exp(one):.2f}") for one in logs]
    return Series(
        Measure(name, name.title(), unit, kind, "EUR" if unit == "currency" else None),
        "weekly",
        tuple(weeks(values, start)),
        marketplace_id=GERMANY,
    )


def weeks(values: Sequence[Decimal], start: date) -> Iterator[Reading]:
    """A settled week for each value."""
    for number, value in enumerate(values):
        first = start + number * WEEK
        yield Reading(Days(first, first + WEEK), value, WHOLE, source_ids=(f"week-{number}",))


def plant(random: Random, n: int, start: date, what: str) -> Planted:
    """What is planted in a series of n weeks and the one after: `what` names it."""
    sign = random.choice((-1, 1))
    one = Planted()
    match what:
        case "trend":
            one.trend = sign * random.uniform(0.15, 0.9)
        case "level":
            one.level = sign * random.uniform(0.15, 0.8)
            one.level_at = random.randint(n // 8 + 1, n - n // 8 - 1)
        case "spike":
            one.spikes = {random.randint(2, n - 3): sign * random.uniform(0.4, 1.2)}
        case "wave":
            one.wave = random.uniform(0.05, 0.25)
        case "event" if any(is_event(start + at * WEEK) for at in range(n)):
            one.event = random.uniform(0.25, 0.8)
    if what in ("trend", "level", "spike") and random.random() < 0.3:
        one.wave = random.uniform(0.05, 0.2)
    phase = random.random() * 2 * pi
    for at in range(n + 1):
        mean = one.trend * at / (n - 1) + one.level * (at >= one.level_at)
        mean += one.spikes.get(at, 0.0) + one.wave * sin(phase + 2 * pi * at / 52.18)
        if one.event and is_event(start + at * WEEK):
            mean += one.event
        one.means.append(mean)
    return one


def stepped(n: int, at: int, height: float) -> Planted:
    """A series that changes its level there, and does nothing else."""
    means = [height if week >= at else 0.0 for week in range(n)]
    return Planted(level=height, level_at=at, means=means)


def is_event(start: date) -> bool:
    """Whether the week that starts then has a retail event."""
    found = events.within(Days(start, start + WEEK), "DE")
    return any(one.is_big and one.name != "New Year" for one in found)


def dashboard(
    seed: int, wholes: int = 8, *, is_noise: bool = False, tails: float = inf
) -> Simulated:
    """A dashboard of so many metrics, a ratio by the values of a dimension, and a funnel."""
    random = Random(seed)
    noise = Noise(random, tails)
    n = random.choice((26, 39, 52, 65, 78, 104))
    start = date(2024, 1, 1) + random.randrange(52) * WEEK
    planted: dict[Subject, Planted] = {}
    every: list[Series] = []
    for number in range(wholes):
        kinds = ("trend", "level", "spike", "wave", "event", *["none"] * 5)
        one = plant(random, n, start, "none" if is_noise else random.choice(kinds))
        name = f"metric{number}"
        rough, correlation = random.uniform(0.05, 0.25), random.choice((0.0, 0.3, 0.5))
        off = noise(n + 1, rough, correlation)
        logs = [mean + more for mean, more in zip(one.means, off, strict=True)]
        one.next_value = 1000 * exp(logs[-1])
        one.means.pop()
        planted[Subject(name)] = one
        every.append(series(name, logs[:-1], start))
    found = Simulated(Board(()), planted)
    every += _ratio(noise, n, start, found, is_noise=is_noise)
    every += _funnel(noise, n, start, found, is_noise=is_noise)
    found.board = Board(tuple(every), (FUNNEL,), (("spend", "revenue"),))
    return found


def _ratio(
    noise: Noise, n: int, start: date, found: Simulated, *, is_noise: bool
) -> Iterator[Series]:
    """Revenue over spend by campaign. Spend may go up in the middle, and revenue not with it."""
    random = noise.random
    spend = Measure("spend", "Spend", "currency", "additive", "EUR")
    revenue = Measure("revenue", "Revenue", "currency", "additive", "EUR")
    found.is_saturated = not is_noise and random.random() < 0.5
    odd = None if is_noise or random.random() < 0.5 else random.choice(PARTS)
    if odd:
        rate = random.choice((-1, 1)) * random.uniform(0.15, 0.6)
        found.rates = {one: rate if one == odd else -rate / len(PARTS) for one in PARTS}
    rise = random.uniform(0.2, 0.6) if found.is_saturated else 0.0
    for value in (None, *PARTS):
        for metric, height in (("spend", rise), ("revenue", 0.0), ("roas", -rise)):
            of = Subject(metric, value and "campaign", value)
            found.planted[of] = stepped(n, n // 2, height)
    gain = {} if odd is None else {odd: found.rates[odd]}
    sums = _sums(noise, n, rise, gain)
    for value in (None, *PARTS):
        rows = list(sums.values()) if value is None else [sums[value]]
        totals = [
            [sum(week) for week in zip(*column, strict=True)] for column in zip(*rows, strict=True)
        ]
        ratios = [above / below for below, above in zip(*totals, strict=True)]
        dimension = value and "campaign"
        for measure, values in ((spend, totals[0]), (revenue, totals[1])):
            readings = tuple(weeks(values, start))
            yield Series(measure, "weekly", readings, dimension, value, marketplace_id=GERMANY)
        yield Series(
            Measure("roas", "ROAS", "ratio", "ratio"),
            "weekly",
            tuple(weeks(ratios, start)),
            dimension,
            value,
            "revenue",
            "spend",
            GERMANY,
        )


def _sums(
    noise: Noise, n: int, rise: float, gain: dict[str, float]
) -> dict[str, list[list[Decimal]]]:
    """Spend and revenue of each campaign, by week. One of them may gain more for its spend."""
    sums = {}
    for place, value in enumerate(PARTS):
        usual, rough = 5 + 0.3 * place, noise.random.uniform(0.05, 0.2)
        costs = [
            usual + more + (rise if at >= n // 2 else 0.0)
            for at, more in enumerate(noise(n, rough, 0.3))
        ]
        rates = [1.2 + gain.get(value, 0.0) + one for one in noise(n, rough, 0.3)]
        sold = [
            cost + rate - (rise if at >= n // 2 else 0.0)
            for at, (cost, rate) in enumerate(zip(costs, rates, strict=True))
        ]
        sums[value] = [[Decimal(f"{exp(one):.2f}") for one in logs] for logs in (costs, sold)]
    return sums


def _funnel(
    noise: Noise, n: int, start: date, found: Simulated, *, is_noise: bool
) -> Iterator[Series]:
    """Impressions, clicks and purchases. One step may have lost in the newest four weeks."""
    random = noise.random
    if not is_noise and random.random() < 0.5:
        found.lost = {random.choice(FUNNEL[1:]): -random.uniform(0.15, 0.6)}
    logs = [8 + one for one in noise(n, 0.1, 0.3)]
    lost = 0.0
    for name in FUNNEL:
        lost += found.lost.get(name, 0.0)
        found.planted[Subject(name)] = stepped(n, n - 4, lost)
        if name != FUNNEL[0]:
            off = noise(n, 0.08, 0.2)
            logs = [
                one - 1 + more + (found.lost.get(name, 0.0) if at >= n - 4 else 0.0)
                for at, (one, more) in enumerate(zip(logs, off, strict=True))
            ]
        yield series(name, logs, start, "count")
