"""The shape of a series: its settled values on an even scale, known days, spikes and best fit.

Trend, change of level, anomalies and the forecast are all read from the same shape.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from math import inf, sqrt
from typing import TypeAlias

from domain.calendar.days import Days
from domain.facts import events, facts, fits, statistics
from domain.facts.facts import Kind, Refusal, Series, Usable
from domain.facts.fits import Fit, Scale

LEAST = 10  # periods
YEAR = {"weekly": 52.1775, "monthly": 12.0, "quarterly": 4.0}  # periods
HALF_WINDOW, SPIKE = 4, 3.5  # of Hampel's identifier


# The probability that the noise has tails like a t distribution of so many degrees of freedom.
Tails: TypeAlias = tuple[tuple[float, float], ...]
NORMAL: Tails = ((inf, 1.0),)


@dataclass(frozen=True)
class Shape:
    """The shape of a series. Indices count its usable readings."""

    usable: Usable
    scale: Scale
    values: tuple[float, ...]  # on the scale
    known: Mapping[int, tuple[str, ...]]  # big events, by the index of their period
    spikes: frozenset[int]
    fit: Fit
    tails: Tails = NORMAL

    @cached_property
    def plain(self) -> list[int]:
        """The periods without a big event."""
        return [at for at in range(self.n) if at not in self.known]

    @cached_property
    def spread(self) -> float:
        """The spread of usual periods: the robust one, or that of all but the spikes if larger."""
        left = self.fit.residuals
        robust = statistics.spread([left[at] for at in self.plain], 0.0)
        kept = [left[at] for at in self.plain if at not in self.spikes]
        parameters = min(4, len(kept) - 1)
        plainly = sqrt(sum(one * one for one in kept) / max(1, len(kept) - parameters))
        return max(robust, plainly)

    @property
    def series(self) -> Series:
        """The series it is the shape of."""
        return self.usable.series

    @property
    def n(self) -> int:
        """The number of readings that count."""
        return len(self.values)

    @property
    def has_year(self) -> bool:
        """Whether it is long enough for a season to be told from a trend."""
        places = self.usable.places
        return places[-1] - places[0] + 1 >= YEAR[self.series.level] - 1

    def days(self, start: int, end: int | None = None) -> Days:
        """The days from one index to another, both included; to the last one by default."""
        readings = self.usable.readings
        return Days(readings[start].days.start, readings[-1 if end is None else end].days.end)

    def change(self, start: float, end: float) -> float:
        """The relative change from one value on the scale to another."""
        if self.scale == "log":
            return fits.DOWN["log"](end - start) - 1
        down = fits.DOWN[self.scale]
        whole = abs(down(start)) or statistics.mean([abs(one) for one in self.usable.values])
        return (down(end) - down(start)) / whole

    def amount(self, value: float) -> Decimal:
        """A value on the scale as an amount of the metric."""
        return facts.rounded(fits.DOWN[self.scale](value))


def of(series: Series, kind: Kind = "trend", needs: int = LEAST) -> Shape | Refusal:
    """The shape of a series, or why it has none for this kind of fact."""
    found = facts.usable(series, kind, needs)
    if isinstance(found, Refusal):
        return found
    scale = fits.scale_of(found.values)
    values = tuple(map(fits.UP[scale], found.values))
    known = _known(found)
    usual = statistics.running_median(values, HALF_WINDOW)
    off = [value - middle for value, middle in zip(values, usual, strict=True)]
    wide = statistics.spread([one for at, one in enumerate(off) if at not in known] or off, 0.0)
    spikes = frozenset(
        at for at, one in enumerate(off) if at not in known and abs(one) > SPIKE * wide
    )
    skipped = spikes | known.keys()
    if len(skipped) > len(values) // 3:
        skipped = frozenset()
    places = tuple(at - found.places[0] for at in found.places)
    fit = fits.fit(values, places, YEAR[series.level], frozenset(skipped))
    return Shape(found, scale, values, known, spikes, fit)


def _known(found: Usable) -> dict[int, tuple[str, ...]]:
    """The big events of each period. Only weeks are short enough to be set apart by them."""
    if found.series.level != "weekly":
        return {}
    country = events.country_of(found.series.marketplace_id)
    return {
        at: names
        for at, reading in enumerate(found.readings)
        if (names := events.big(reading.days, country))
    }
