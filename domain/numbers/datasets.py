"""Builds the dataset of a widget from sums of aggregates: points, totals and coverage. Pure.

Sums follow the rules of `domain/aggregates/rollups.py`: the sum of several weeks equals the sum of
their results, or there is none and its cell says why.

An aggregate keeps at most 500 values of a dimension and adds up all others as "(other)": the
dimension is truncated in this period. A value that may be among the others has an unknown number
in that period. It is never shown as nothing.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Decimal

from domain.aggregates import pairs
from domain.aggregates.sums import OTHER
from domain.amc.currencies import OTHER_CURRENCY
from domain.amc.marketplaces import currency_of
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.charts.datasets import Cell, Coverage, Dataset, Measure, Point, Unserved
from domain.charts.decimals import quotient
from domain.dashboards.configs import DimensionFilter
from domain.numbers.plans import LEVEL_NAMES, Plan, ShownPeriods, addends, declared_of
from domain.numbers.sums import (
    ALL,
    COMPARED,
    NO_SUM,
    NOTHING,
    REST,
    SHOWN,
    UNKNOWN,
    WHOLE_RANGE,
    WITHHELD,
    BreakdownSums,
    PeriodAggregate,
    SourceNumbers,
    Sum,
    Sums,
    added,
)
from domain.templates.metrics import Metric

# Why a sum has no value. If there are several reasons, the first of these is shown.
REASONS = (OTHER_CURRENCY, "NOT_ADDITIVE", "SUPPRESSED", "NO_DENOMINATOR", "NOTHING", "EMPTY")
MOST_POINTS = 1_250  # of a widget: twelve values of a dimension over 104 weeks
MOST_CELLS = 10_000  # of a widget, those that it is compared with included
COVERAGE_FIELDS = tuple(one.name for one in fields(Coverage))


def build(plan: Plan, numbers: Sequence[SourceNumbers]) -> Dataset | Unserved:
    """Build the dataset of a widget from the numbers of its sources, which are in order."""
    parts = [_SourcePart(plan, one) for one in numbers]
    if (large := _too_large(plan, sum(one.size for one in parts))) is not None:
        return large
    totals = [one.totals() for one in parts]
    compared = [period.days for one in numbers for period in one.shown.compared]
    there = [aggregate for one in parts for aggregate in one.there(one.shown.periods)]
    has_comparison = plan.data_source.comparison is not None
    coverage = tuple(one.coverage() for one in parts)
    currencies = tuple(currency_of(one.source.marketplace_id) for one in numbers)
    dataset = Dataset(
        measures=tuple(_measures(plan, currencies)),
        sources=tuple(one.source.name for one in numbers),
        level=plan.level,
        points=tuple(point for number, one in enumerate(parts) for point in one.points(number)),
        days=Days.spanning(one.shown.days for one in numbers),
        dimension=plan.data_source.dimension,
        split=plan.data_source.split,
        over_time=plan.by_period,
        comparison=plan.data_source.comparison,
        previous_days=Days.spanning(compared) if compared else None,
        totals=tuple(shown for shown, _ in totals),
        previous_totals=tuple(before for _, before in totals) if has_comparison else (),
        coverage=Coverage.total(one.coverage(also_apart=True) for one in parts),
        source_coverage=coverage,
        previous_source_coverage=tuple(one.previous_coverage() for one in parts)
        if has_comparison
        else (),
        currencies=currencies,
        is_provisional=any(one.is_provisional for one in there),
        suppressed_share=_suppressed_share(there),
        as_of=max((one.as_of for one in there if one.as_of is not None), default=None),
        series=tuple(span for one in numbers for span in one.spans),
    )
    return _unserved(plan, dataset) or dataset


def _measures(plan: Plan, currencies: Sequence[str | None]) -> Iterator[Measure]:
    currency = currencies[0] if len(set(currencies)) == 1 else None
    declared = declared_of(plan.sources[0])
    for name in plan.data_source.metrics:
        one = declared[name]
        money = currency if one.unit == "currency" else None
        yield Measure(one.name, one.title, one.unit, one.kind, money)


def _suppressed_share(there: Sequence[PeriodAggregate]) -> Decimal | None:
    rows = sum(one.row_count for one in there)
    if not rows:
        return None
    return quotient(Decimal(sum(one.suppressed_rows for one in there)), Decimal(rows))


def _too_large(plan: Plan, points: int) -> Unserved | None:
    """Why this many points are not shown, if they are too many for any reader."""
    measures = len(plan.data_source.metrics) * (2 if plan.data_source.comparison else 1)
    if points <= MOST_POINTS and points * measures <= MOST_CELLS:
        return None
    return Unserved(
        "TOO_LARGE",
        f"This widget has {points:,} points, {points * measures:,} numbers. A widget shows at most "
        f"{MOST_POINTS:,} points and {MOST_CELLS:,} numbers. Choose fewer values, {_fewer(plan)} "
        "or metrics.",
        "dataSource",
    )


def _fewer(plan: Plan) -> str:
    return LEVEL_NAMES[plan.level] if plan.by_period else "sources"


def _unserved(plan: Plan, dataset: Dataset) -> Unserved | None:
    """Return why a dataset shows nothing: it has no points, or its numbers cannot be summed."""
    if not dataset.points:
        dimension = plan.data_source.dimension or plan.filters[0].dimension
        return Unserved(
            "NO_DATA",
            f"No rows of these days have a {dimension!r}, or none of them pass the filters.",
            "dataSource.dimension",
        )
    states = {cell.state for point in dataset.points for cell in point.cells}
    states |= {cell.state for cells in dataset.totals for cell in cells}
    titles = ", ".join(one.title for one in dataset.measures)
    if states == {OTHER_CURRENCY}:
        says = f"Rows of {titles} are in another currency than the instance. They are not added up."
        return Unserved(OTHER_CURRENCY, says, "dataSource.metrics")
    if states != {"NOT_ADDITIVE"}:
        return None
    return Unserved(
        "NOT_ADDITIVE",
        f"{titles} cannot be added up over several {LEVEL_NAMES[plan.level]}. Choose a single "
        "period, or collect segments that are as long as the shown periods.",
        "dataSource.metrics",
    )


@dataclass(frozen=True)
class _Row:
    """The sums of one value of a dimension, of all values that are not shown, or of everything."""

    shown: Mapping[str, Sums]  # by the key of the period
    compared: Mapping[str, Sums]
    value: str | None = None
    is_other: bool = False
    unknown: frozenset[str] = NOTHING  # keys of periods in which its numbers are unknown


class _SourcePart:
    """The part of a dataset that comes from one source."""

    def __init__(self, plan: Plan, numbers: SourceNumbers) -> None:
        declared = declared_of(numbers.source)
        self.shown = numbers.shown
        self._plan, self._aggregates = plan, numbers.aggregates
        self._questions, self._apart = numbers.questions, numbers.apart
        self._metrics = [declared[name] for name in plan.data_source.metrics]
        self._addends = {one.name: addends(one, declared) for one in self._metrics}
        self._names = plan.summed(numbers.source)
        # The points of all values of a dimension are of the same periods.
        self._coverages: dict[tuple[tuple[str, ...], frozenset[str]], Coverage] = {}
        self._whole = self._whole_row()
        self._rows = [self._whole]
        if numbers.sums is not None:
            self._rows = list(_rows(plan, numbers.sums, self._names))

    @property
    def size(self) -> int:
        """How many points it has."""
        return len(self._rows) * (len(self.shown.periods) if self._plan.by_period else 1)

    def points(self, source: int) -> Iterator[Point]:
        """Yield its points in display order: row by row, and within a row oldest first."""
        for row in self._rows:
            if not self._plan.by_period:
                yield self._point(source, row, WHOLE_RANGE, self.shown)
                continue
            previous = self.shown.previous or (None,) * len(self.shown.periods)
            for one, before in zip(self.shown.periods, previous, strict=True):
                comparable = before if self._answers_alike(one, before) else None
                single = ShownPeriods((one,), (comparable,) if self.shown.previous else ())
                yield self._point(source, row, one.key, single)

    def totals(self) -> tuple[tuple[Cell, ...], tuple[Cell, ...]]:
        """Return the cells over the whole range, and over the range it is compared with."""
        rows = self._rows if self._plan.filters else [self._whole]
        shown = [sums for row in rows for sums in self._added_up(row.shown)]
        compared = [sums for row in rows for sums in self._added_up(row.compared)]
        return self._cells(shown, self.shown.periods), self._cells(compared, self.shown.compared)

    def coverage(self, *, also_apart: bool = False) -> Coverage:
        """Return the coverage of what totals add up, or of everything that is shown."""
        rows = self._rows if self._plan.filters else ()
        unknown = NOTHING.union(*(row.unknown for row in rows))
        return self._coverage(
            self.shown.periods, unknown | (NOTHING if also_apart else self._apart)
        )

    def previous_coverage(self) -> Coverage:
        """Return the coverage of the days that the whole range is compared with."""
        return self._compared(self.shown, self._apart)

    def _answers_alike(self, one: Period, other: Period | None) -> bool:
        """Whether two periods may be compared. Either may lack numbers."""
        keys = [period.key for period in (one, other) if period is not None]
        answers = {self._questions.get(key) for key in keys} - {None}
        return len(answers) < 2

    def _added_up(self, sums: Mapping[str, Sums]) -> list[Sums]:
        return [one for key, one in sums.items() if key not in self._apart]

    def there(self, periods: Sequence[Period]) -> list[PeriodAggregate]:
        """Return the aggregates of these periods. Periods without one are left out."""
        return [self._aggregates[one.key] for one in periods if one.key in self._aggregates]

    def _whole_row(self) -> _Row:
        shown, compared = (
            {one.period.key: one.sums(self._names) for one in self.there(periods)}
            for periods in (self.shown.periods, self.shown.compared)
        )
        return _Row(shown, compared)

    def _point(self, source: int, row: _Row, key: str, shown: ShownPeriods) -> Point:
        compared = row.compared
        if self._plan.by_period:
            compared = {one.key: compared[one.key] for one in shown.compared if one.key in compared}
        has_comparison = self._plan.data_source.comparison is not None
        there = self.there(shown.periods)
        value = (*(() if row.value is None else pairs.parts(row.value)), None, None)
        return Point(
            source=source,
            days=shown.days,
            key=key or None,
            cells=self._cells([row.shown[key]] if key in row.shown else [], shown.periods),
            coverage=self._coverage(shown.periods, row.unknown),
            value=value[0],
            split_value=value[1],
            is_other=row.is_other,
            previous=self._cells(list(compared.values()), shown.compared)
            if has_comparison
            else None,
            previous_coverage=self._compared(shown) if has_comparison else None,
            is_provisional=any(one.is_provisional for one in there),
            by_utc_day=any(one.by_utc_day for one in there),
            aggregate_ids=tuple(str(one.id) for one in there),
        )

    def _cells(self, given: Sequence[Sums], periods: Sequence[Period]) -> tuple[Cell, ...]:
        """Return a cell for each metric. Without sums, its state comes from the periods."""
        blank = Sum(None, 0, blanks=frozenset(self._states(periods)))
        sums = added(given or [dict.fromkeys(self._names, blank)])
        return tuple(_cell(one, sums, self._addends[one.name]) for one in self._metrics)

    def _states(self, periods: Sequence[Period]) -> Iterator[str]:
        """Yield why a row has no sums in these periods."""
        for period in periods:
            aggregate = self._aggregates.get(period.key)
            state = "MISSING" if aggregate is None else aggregate.state
            yield "EMPTY" if state == "DATA" else state

    def _coverage(self, periods: Sequence[Period], unknown: frozenset[str]) -> Coverage:
        """Return the coverage of the periods. Periods with an unknown number count as missing."""
        asked = tuple(one.key for one in periods), unknown
        found = self._coverages.get(asked)
        if found is None:
            found = self._coverages[asked] = self._added_coverage(periods, unknown)
        return found

    def _added_coverage(self, periods: Sequence[Period], unknown: frozenset[str]) -> Coverage:
        days = dict.fromkeys(COVERAGE_FIELDS, 0)
        for one in periods:
            aggregate = self._aggregates.get(one.key)
            if aggregate is None or one.key in unknown:
                days["days"] += one.days.length
                days["missing"] += one.days.length
                continue
            for name in COVERAGE_FIELDS:
                days[name] += aggregate.coverage.get(name, 0)
        return Coverage(**days)

    def _compared(self, shown: ShownPeriods, apart: frozenset[str] = NOTHING) -> Coverage:
        """Return the coverage of the compared periods. A period that does not exist is missing."""
        absent = [
            one.days.length
            for one, before in zip(shown.periods, shown.previous or shown.periods, strict=True)
            if before is None
        ]
        known = self._coverage(shown.compared, apart)
        if not absent:
            return known
        return Coverage.total([known, Coverage(sum(absent), 0, missing=sum(absent))])


def _cell(metric: Metric, sums: Sums, parts: tuple[str, ...]) -> Cell:
    """Return the value of a metric, whose addends are `parts`, or the reason why there is none."""
    own = sums.get(metric.name, NO_SUM)
    if own.count <= 1:  # a single aggregate needs no summing, so any metric of it is shown
        return _valued(own)
    if refused := own.reasons & {OTHER_CURRENCY, "NOT_ADDITIVE"}:
        return Cell(None, next(one for one in REASONS if one in refused))
    if own.total is None and own.reasons and metric.kind != "ratio":
        return _valued(own)
    if not parts:
        return Cell(None, "NOT_ADDITIVE")
    if metric.kind == "additive":
        return _valued(own)
    return _ratio(own, *(sums.get(name, NO_SUM) for name in parts))


def _valued(one: Sum) -> Cell:
    if one.total is not None:
        return Cell(one.total)
    known = one.reasons or one.blanks
    return Cell(None, next((reason for reason in REASONS if reason in known), "MISSING"))


def _ratio(own: Sum, above: Sum, below: Sum) -> Cell:
    # If some results lack a part, the ratio would divide numbers of different weeks.
    if "MISSING" in own.reasons:
        return Cell(None, "MISSING")
    for part in (above, below):
        if part.total is None:
            return _valued(part)
    assert above.total is not None
    assert below.total is not None
    if not below.total:
        return Cell(None, "NO_DENOMINATOR")
    return Cell(quotient(above.total, below.total))


def _rows(plan: Plan, found: BreakdownSums, names: Sequence[str]) -> Iterator[_Row]:
    """Yield the shown values in order, then withheld rows, then all other values."""
    # Results are filtered row by row, so their sums contain no other values.
    filters = () if plan.route == "results" else plan.filters
    places = {place for _, place, _ in found.sums}
    shown = sorted(place for place in places if place > 0)
    for place in (*shown, *(one for one in (WITHHELD, REST, ALL) if one in places)):
        yield _row(found, place, filters, names, by_period=plan.by_period)


def _row(
    found: BreakdownSums,
    place: int,
    filters: Sequence[DimensionFilter],
    names: Sequence[str],
    *,
    by_period: bool,
) -> _Row:
    unknown = {slot: _unknown(found, slot, place, filters) for slot in (SHOWN, COMPARED)}
    no_sums = dict.fromkeys(names, UNKNOWN)
    by_slot: dict[int, dict[str, Sums]] = {SHOWN: {}, COMPARED: {}}
    for (slot, other, key), sums in found.sums.items():
        if other == place:
            is_wrong = _is_wrong(found, slot, place, key, filters, unknown[slot])
            by_slot[slot][key] = no_sums if is_wrong else sums
    for key in unknown[COMPARED]:
        by_slot[COMPARED].setdefault(key if by_period else WHOLE_RANGE, no_sums)
    value = found.values.get(place)
    return _Row(by_slot[SHOWN], by_slot[COMPARED], value, place == REST, frozenset(unknown[SHOWN]))


def _unknown(
    found: BreakdownSums, slot: int, place: int, filters: Sequence[DimensionFilter]
) -> Collection[str]:
    """Return the truncated periods in which part of a place may be among the others."""
    truncated = found.truncated.get(slot, set())
    if place > 0:
        return truncated - found.keys.get((slot, place), set())
    if place == REST and any(not one.exclude for one in filters):
        return truncated
    if place == ALL:
        return {key for key in truncated if _lacks_a_value(found, slot, key, filters)}
    return ()


def _lacks_a_value(
    found: BreakdownSums, slot: int, key: str, filters: Sequence[DimensionFilter]
) -> bool:
    """Return whether a period lacks one of the values that the filters ask for."""
    asked = [set(one.values) - {None, OTHER} for one in filters if not one.exclude]
    if not asked:
        return False
    sums = found.sums.get((slot, ALL, key)) or {}
    count = max((one.count for one in sums.values()), default=0)
    return count < len(set.intersection(*asked))


def _is_wrong(
    found: BreakdownSums,
    slot: int,
    place: int,
    key: str,
    filters: Sequence[DimensionFilter],
    unknown: Collection[str],
) -> bool:
    """Return whether a sum contains excluded values, or is compared although part is unknown."""
    truncated = found.truncated.get(slot, set())
    if place in (REST, ALL) and any(one.exclude for one in filters):
        return bool(truncated) if key == WHOLE_RANGE else key in truncated
    if slot == COMPARED:
        return bool(unknown) if key == WHOLE_RANGE else key in unknown
    return False
