"""A metric over several periods: sums, or the ratio of two sums. Exact decimals."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.charts.decimals import WIDE, quotient
from domain.facts.facts import Series

NOTHING = ("EMPTY", "NOTHING")  # states of a period that has no rows: its sum is nothing


@dataclass(frozen=True)
class Measured:
    """A metric with the parts of its ratio, which are None where it is none."""

    series: Series
    above: Series | None = None
    below: Series | None = None

    @property
    def is_ratio(self) -> bool:
        """Whether it is a ratio whose parts are known."""
        return self.above is not None and self.below is not None

    def total(self, places: Sequence[int]) -> Decimal | None:
        """The metric over these periods together; None where it cannot be known."""
        if len(places) == 1 and (value := self.series.readings[places[0]].value) is not None:
            return value
        if self.series.measure.kind == "additive":
            return summed(self.series, places)
        parts = self.parts(places)
        return None if parts is None or not parts[1] else quotient(*parts)

    def parts(self, places: Sequence[int]) -> tuple[Decimal, Decimal] | None:
        """What a ratio divides, over these periods together; None where it cannot be known."""
        if self.above is None or self.below is None:
            return None
        above, below = summed(self.above, places), summed(self.below, places)
        return None if above is None or below is None else (above, below)


def summed(series: Series, places: Sequence[int]) -> Decimal | None:
    """The sum of an additive series over these periods; None where one of them is not known."""
    if series.measure.kind != "additive":
        return None
    total = Decimal(0)
    for place in places:
        if not 0 <= place < len(series.readings):
            return None
        reading = series.readings[place]
        if reading.value is None and reading.state not in NOTHING:
            return None
        total = WIDE.add(total, reading.value or Decimal(0))
    return total
