"""Makes series of what was read: consecutive periods, and in each a value or why there is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from domain.amc.marketplaces import currency_of
from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.charts.datasets import Coverage, Measure
from domain.charts.decimals import quotient
from domain.facts.facts import Reading, Series
from domain.insights.reading import SourceRows, ValueRow, Values
from domain.numbers.datasets import PeriodAggregate
from domain.numbers.plans import addends, declared_of
from domain.templates.metrics import Metric

COVERAGE = tuple(one.name for one in fields(Coverage))


def of(rows: SourceRows) -> Iterator[Series]:
    """Yield each metric as a whole, and then for each value of each dimension."""
    maker = _Maker.of(rows)
    declared = declared_of(rows.contents.source)
    for name in rows.contents.summed:
        yield maker.series(declared[name], None, None)
    for dimension in rows.contents.dimensions:
        found = rows.values.get(dimension, Values())
        for value in found.rows:
            for name in rows.contents.summed:
                yield maker.series(declared[name], dimension, value)


@dataclass(frozen=True)
class _Place:
    """A period of the board, what it covers, and what is known of it as a whole."""

    period: Period
    coverage: Coverage
    whole: PeriodAggregate | None
    suppressed: Decimal


@dataclass(frozen=True)
class _Maker:
    """Makes the series of a source."""

    rows: SourceRows
    places: tuple[_Place, ...]
    currency: str | None

    @classmethod
    def of(cls, rows: SourceRows) -> "_Maker":
        known = {one.period.key: one for one in rows.periods}
        days = Days.spanning(one.period.days for one in rows.periods)
        every = units.periods(rows.level, days, units.week_start_of(known))
        places = tuple(_place(one, known.get(one.key)) for one in every)
        return cls(rows, places, currency_of(rows.contents.source.marketplace_id))

    def series(self, metric: Metric, dimension: str | None, value: str | None) -> Series:
        """The series of a metric, as a whole or for one value."""
        source = self.rows.contents.source
        money = self.currency if metric.unit == "currency" else None
        parts = addends(metric, declared_of(source)) if metric.kind == "ratio" else ()
        above, below = (*parts, None, None)[:2]
        readings = self._whole(metric.name) if dimension is None else None
        if dimension is not None and value is not None:
            readings = self._of_value(metric.name, self.rows.values[dimension], value)
        return Series(
            Measure(metric.name, metric.title, metric.unit, metric.kind, money),
            self.rows.level,
            tuple(readings or ()),
            dimension,
            value,
            above,
            below,
            source.marketplace_id,
        )

    def _whole(self, name: str) -> Iterator[Reading]:
        for place in self.places:
            one = place.whole
            if one is None:
                yield _reading(place, None, "MISSING", None)
                continue
            state = one.states.get(name) or ("MISSING" if one.state == "DATA" else one.state)
            yield _reading(place, one.metrics.get(name), state, one.id)

    def _of_value(self, name: str, values: Values, value: str) -> Iterator[Reading]:
        rows: Mapping[date, ValueRow] = values.rows[value]
        for place in self.places:
            one = rows.get(place.period.start)
            if one is not None:
                found = one.metrics.get(name)
                yield _reading(place, found, one.states.get(name, "MISSING"), one.id)
                continue
            state = "MISSING" if place.whole is None else place.whole.state
            if place.period.start in values.truncated:
                state = "NOT_ADDITIVE"  # it may be among the values that are left out
            yield _reading(place, None, "EMPTY" if state == "DATA" else state, None)


def _place(period: Period, whole: PeriodAggregate | None) -> _Place:
    days = period.days.length
    if whole is None:
        return _Place(period, Coverage(days, 0, missing=days), None, Decimal(0))
    coverage = Coverage(**{name: whole.coverage.get(name, 0) for name in COVERAGE})
    rows = whole.row_count
    share = quotient(Decimal(whole.suppressed_rows), Decimal(rows)) if rows else Decimal(0)
    return _Place(period, coverage, whole, share)


def _reading(place: _Place, value: str | None, state: str, key: object) -> Reading:
    whole = place.whole
    return Reading(
        days=place.period.days,
        value=None if value is None else Decimal(value),
        coverage=place.coverage,
        state=state if value is None else "VALUE",
        suppressed=place.suppressed,
        is_provisional=whole.is_provisional if whole else False,
        source_ids=() if key is None else (str(key),),
        series_id=whole.series if whole else "",
    )
