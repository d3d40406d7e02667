"""Makes series of what was read: consecutive periods, and in each a value or why there is none."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal

from domain.amc.marketplaces import currency_of
from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.charts.datasets import Cell, Coverage, Measure, Unserved
from domain.charts.decimals import quotient
from domain.facts.facts import Reading, Series
from domain.insights.reading import SourceRows, ValueRow, Values
from domain.numbers import datasets
from domain.numbers.plans import addends, declared_of
from domain.numbers.sums import PeriodAggregate
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
    cells: Mapping[tuple[str, str], Cell]  # what filters let through, by period and metric

    @classmethod
    def of(cls, rows: SourceRows) -> "_Maker":
        known = {one.period.key: one for one in rows.periods}
        days = Days.spanning(one.period.days for one in rows.periods)
        every = units.periods(rows.level, days, units.week_start_of(known))
        places = tuple(_place(one, known.get(one.key)) for one in every)
        return cls(rows, places, currency_of(rows.contents.source.marketplace_id), _cells(rows))

    def series(self, metric: Metric, dimension: str | None, value: str | None) -> Series:
        """The series of a metric, as a whole or for one value."""
        source = self.rows.contents.source
        money = self.currency if metric.unit == "currency" else None
        parts = addends(metric, declared_of(source)) if metric.kind == "ratio" else ()
        above, below = (*parts, None, None)[:2]
        readings = None
        if dimension is None:
            whole = self._whole if self.rows.filtered is None else self._let_through
            readings = whole(metric.name)
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

    def _let_through(self, name: str) -> Iterator[Reading]:
        """Yield what the filters let through, as a widget shows it."""
        for place in self.places:
            cell = self.cells.get((place.period.key, name), Cell(None, "MISSING"))
            value = None if cell.value is None else str(cell.value)
            yield _reading(place, value, cell.state, place.whole and place.whole.id)

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


def _cells(rows: SourceRows) -> dict[tuple[str, str], Cell]:
    """The numbers of a widget with these filters. Empty if it shows none, or has no filters."""
    if rows.filtered is None:
        return {}
    found = datasets.build(rows.contents.plan(rows.level), [rows.filtered])
    if isinstance(found, Unserved):
        return {}
    return {
        (point.key or "", name): cell
        for point in found.points
        for name, cell in zip(rows.contents.summed, point.cells, strict=True)
    }


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
    )
