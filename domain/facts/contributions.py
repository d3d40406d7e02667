"""What made the difference: how much each value of a dimension adds to a change. Exact decimals.

Contributions sum to the change to the last digit. What the shown values do not explain is the rest,
which has no name: other values, and rows whose value privacy withheld.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.charts.decimals import PLACES, WIDE, quotient
from domain.facts.totals import Measured, summed

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Contribution:
    """What a value adds to a change. Mix and rate sum to the amount; only ratios have a mix."""

    value: str | None  # None: the rest
    amount: Decimal
    mix: Decimal = ZERO  # because its share of the denominator changed
    rate: Decimal = ZERO  # because its own ratio changed


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the whole, and what it is made of: largest first, then the rest."""

    now: Decimal
    before: Decimal
    parts: tuple[Contribution, ...]

    @property
    def amount(self) -> Decimal:
        """The change of the whole."""
        return WIDE.subtract(self.now, self.before)


def of(
    whole: Measured, parts: Sequence[Measured], now: Sequence[int], before: Sequence[int]
) -> Change | None:
    """The change between two spans of periods; None where the whole cannot be added up."""
    if whole.is_ratio:
        return _of_ratio(whole, parts, now, before)
    after, earlier = summed(whole.series, now), summed(whole.series, before)
    if after is None or earlier is None:
        return None
    known = []
    for part in parts:
        one, other = summed(part.series, now), summed(part.series, before)
        if part.series.is_named and one is not None and other is not None:
            amount = WIDE.subtract(one, other)
            known.append(Contribution(part.series.value, amount, rate=amount))
    return _with_rest(after, earlier, known)


def _of_ratio(
    whole: Measured, parts: Sequence[Measured], now: Sequence[int], before: Sequence[int]
) -> Change | None:
    after, earlier = whole.parts(now), whole.parts(before)
    if after is None or earlier is None or not after[1] or not earlier[1]:
        return None
    split = _Split(after, earlier)
    known = []
    for part in parts:
        one, other = part.parts(now), part.parts(before)
        if part.series.is_named and one is not None and other is not None:
            known.append(split.contribution(part.series.value, one, other))
    return _with_rest(quotient(*after), quotient(*earlier), known)


@dataclass(frozen=True)
class _Split:
    """The sums of the whole, now and before: what a ratio divides, and by what."""

    now: tuple[Decimal, Decimal]
    before: tuple[Decimal, Decimal]

    def contribution(
        self, value: str | None, now: tuple[Decimal, Decimal], before: tuple[Decimal, Decimal]
    ) -> Contribution:
        """The contribution of a part with these sums.

        The rate is the change of its own ratio, at the mean of its shares. The mix is the change
        of its share, at how far its ratio is from that of the whole. A part that has a denominator
        only now or only before has no change of ratio, so all of it is mix.
        """
        (above, below), (above_before, below_before) = now, before
        shares = [
            WIDE.divide(below, self.now[1]),
            WIDE.divide(below_before, self.before[1]),
        ]
        usual = WIDE.divide(WIDE.add(WIDE.divide(*self.now), WIDE.divide(*self.before)), Decimal(2))
        whole = WIDE.subtract(
            WIDE.divide(above, self.now[1]), WIDE.divide(above_before, self.before[1])
        )
        whole = WIDE.subtract(whole, WIDE.multiply(usual, WIDE.subtract(*shares)))
        rate = ZERO
        if below and below_before:
            changed = WIDE.subtract(
                WIDE.divide(above, below), WIDE.divide(above_before, below_before)
            )
            rate = WIDE.multiply(changed, WIDE.divide(WIDE.add(*shares), Decimal(2)))
        amount = whole.quantize(PLACES, context=WIDE)
        rate = rate.quantize(PLACES, context=WIDE)
        return Contribution(value, amount, WIDE.subtract(amount, rate), rate)


def _with_rest(now: Decimal, before: Decimal, known: list[Contribution]) -> Change:
    """The change with its parts. The rest also takes what rounding leaves."""
    known.sort(key=lambda one: (-abs(one.amount), one.value or ""))
    rest = WIDE.subtract(now, before)
    for one in known:
        rest = WIDE.subtract(rest, one.amount)
    if rest:
        known.append(Contribution(None, rest, rate=rest))
    return Change(now, before, tuple(known))
