"""Plans what a widget shows to one reader: its level, periods, filters and sources. Pure.

1. `parse` reads the stored configuration.
2. `make` merges it with the filters of the reader and of the dashboard. What the reader asks for
   comes first, then what the widget says, then what the dashboard says. Filters are merged for
   each dimension separately.
3. The plan says which periods to read (`to_read`), and chooses the shown ones among those that
   exist (`shown_periods`).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from pydantic import ValidationError

from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Level, Period, WeekStart
from domain.charts.datasets import Unserved
from domain.charts.formats import days_of
from domain.dashboards.configs import (
    MOST_PERIODS,
    DataSource,
    DimensionFilter,
    Range,
    WidgetFilters,
)
from domain.dashboards.sources import Ref, WidgetSource, ref_of
from domain.errors import NotFound
from domain.sentences import unknown
from domain.templates.metrics import Metric

PERIODS_OF_A_YEAR = {"weekly": 53, "monthly": 12, "quarterly": 4}  # at most
LEVEL_NAMES = {level: f"{units.NOUN[level]}s" for level in units.LEVELS}
LONGEST_PERIOD = timedelta(days=92)
NO_FILTERS = WidgetFilters()

# periods: whole periods. breakdown: one dimension, from aggregates. results: several dimensions at
# once, from the results themselves, because no aggregate has them.
Route: TypeAlias = Literal["periods", "breakdown", "results"]


class Unservable(Exception):
    """Raised for a widget that shows no numbers, with the reason."""

    def __init__(self, code: str, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.unserved = Unserved(code, message, field)


@dataclass(frozen=True)
class PeriodsToRead:
    """The periods of a source to read: the newest ones, or those that start within some days."""

    level: Level
    newest: int | None  # how many; None: all that start in `days`
    days: Days | None = None


@dataclass(frozen=True)
class ShownPeriods:
    """The shown periods of a source, oldest first.

    `previous` has, for each of them, the period it is compared with, or None if there is none. It
    is empty if nothing is compared.
    """

    periods: tuple[Period, ...]
    previous: tuple[Period | None, ...] = ()

    @property
    def days(self) -> Days:
        """The days that are shown."""
        return Days(self.periods[0].start, self.periods[-1].end)

    @property
    def compared(self) -> tuple[Period, ...]:
        """The periods that the shown ones are compared with."""
        return tuple(one for one in self.previous if one is not None)


@dataclass(frozen=True)
class Breakdown:
    """What to read of a series by the values of one dimension.

    Values are ordered by one metric. If a single aggregate has it, its own value counts. Otherwise
    the order is by the sum of one metric or the ratio of two, which are its addends.
    """

    series: Mapping[str, str]  # the hash of the series of each period, by its key
    instance_id: UUID
    dimension: str
    shown: ShownPeriods
    metrics: tuple[str, ...]
    by_period: bool  # otherwise over all shown periods together
    filters: tuple[DimensionFilter, ...]
    top: int | None  # how many values are shown; None: all values together as one
    ascending: bool
    order_by: str
    order_addends: tuple[str, ...]

    @property
    def every_period(self) -> list[Period]:
        """The shown and the compared periods, each once."""
        return list(dict.fromkeys([*self.shown.periods, *self.shown.compared]))

    def by_series(self, given: Iterable[Period]) -> dict[str, list[Period]]:
        """Return those of the periods that have numbers, by the hash of their series."""
        found: dict[str, list[Period]] = {}
        for one in given:
            if (series := self.series.get(one.key)) is not None:
                found.setdefault(series, []).append(one)
        return found


@dataclass(frozen=True)
class Plan:
    """What a widget shows to one reader. Its sources have every metric and dimension it names."""

    data_source: DataSource
    sources: tuple[WidgetSource, ...]
    level: Level
    range: Range | None  # None: all periods, up to the most that a widget shows
    filters: tuple[DimensionFilter, ...]

    @property
    def dimensions(self) -> set[str]:
        """The dimensions that are shown or filtered by."""
        shown = {self.data_source.dimension, self.data_source.split} - {None}
        return {str(one) for one in shown} | {one.dimension for one in self.filters}

    @property
    def route(self) -> Route:
        """Where its numbers are read from."""
        match len(self.dimensions):
            case 0:
                return "periods"
            case 1:
                return "breakdown"
            case _:
                return "results"

    @property
    def without_split(self) -> "Plan":
        """The same without its split: for readers who may not read the results that it needs."""
        plain = self.data_source.model_copy(update={"split": None})
        return replace(self, data_source=plain)

    @property
    def by_period(self) -> bool:
        """Whether there is a point for each period."""
        return self.data_source.over_time or self.data_source.dimension is None

    def summed(self, source: WidgetSource) -> list[str]:
        """Return the metrics to sum: those that are shown, and the parts of their ratios."""
        declared = declared_of(source)
        shown = [declared[name] for name in self.data_source.metrics]
        names = [name for one in shown for name in (one.name, *addends(one, declared))]
        return list(dict.fromkeys(names))

    @property
    def to_read(self) -> PeriodsToRead:
        """The periods to read, before it is known which ones exist."""
        comparison, days = self.data_source.comparison, self.range.days if self.range else None
        if days is None:
            newest = (self.range.periods if self.range else None) or MOST_PERIODS
            earlier = {"previous_period": newest, "previous_year": PERIODS_OF_A_YEAR[self.level]}
            return PeriodsToRead(self.level, newest + earlier.get(comparison or "", 0))
        since = days.start - LONGEST_PERIOD
        if comparison == "previous_year":
            since -= timedelta(days=372)
        elif comparison == "previous_period":
            since -= days.last - days.start + 2 * LONGEST_PERIOD
        return PeriodsToRead(self.level, None, Days(since, days.end))

    def shown_periods(self, there: Sequence[Sequence[Period]]) -> list[ShownPeriods]:
        """Return the shown periods of each source, given the periods that each source has.

        They cover the same days for all sources, even days that a source lacks. Raises Unservable
        if no source has any period, or if too many would be shown.
        """
        every = [one for rows in there for one in rows]
        return [
            self._shown(every, units.week_start_of(one.key for one in rows or every))
            for rows in there
        ]

    def _shown(self, there: Sequence[Period], week_start: WeekStart) -> ShownPeriods:
        shown = self._periods(there, week_start)
        if len(shown) > MOST_PERIODS:
            raise Unservable(
                "TOO_LARGE",
                f"This range has {len(shown)} {LEVEL_NAMES[self.level]}. A widget shows at most "
                f"{MOST_PERIODS}.",
                "range",
            )
        if not shown:
            raise self.nothing_collected(())
        match self.data_source.comparison:
            case "previous_year":
                previous = tuple(units.year_before(one) for one in shown)
                return ShownPeriods(tuple(shown), previous)
            case "previous_period":
                earlier = self._before(shown[0].start, len(shown), week_start)
                return ShownPeriods(tuple(shown), tuple(earlier))
        return ShownPeriods(tuple(shown))

    def _periods(self, there: Sequence[Period], week_start: WeekStart) -> list[Period]:
        days = self.range.days if self.range else None
        if days is not None:
            return units.periods(self.level, days, week_start)
        if not there:
            return []
        newest = units.period(self.level, max(one.start for one in there), week_start)
        if self.range is not None and self.range.periods is not None:
            return self._before(newest.end, self.range.periods, week_start)
        first = min(one.start for one in there)
        every = self._before(newest.end, MOST_PERIODS, week_start)
        return [one for one in every if one.end > first]

    def _before(self, end: date, number: int, week_start: WeekStart) -> list[Period]:
        """Return the last `number` periods before a day on which a period starts."""
        days = Days(units.back(end, self.level, number), end)
        return units.periods(self.level, days, week_start)

    def breakdown(
        self,
        source: WidgetSource,
        shown: ShownPeriods,
        series: Mapping[str, str],
        instance_id: UUID,
    ) -> Breakdown:
        """Return what to read by dimension of a source: each period from its series."""
        order_by, order_addends = self._order(source, shown)
        return Breakdown(
            series=series,
            instance_id=instance_id,
            dimension=self.data_source.dimension or self.filters[0].dimension,
            shown=shown,
            metrics=tuple(self.summed(source)),
            by_period=self.by_period,
            filters=self.filters,
            top=self.data_source.top if self.data_source.dimension else None,
            ascending=self.data_source.ascending,
            order_by=order_by,
            order_addends=order_addends,
        )

    def _order(self, source: WidgetSource, shown: ShownPeriods) -> tuple[str, tuple[str, ...]]:
        """Return the metric that orders values.

        Without sortBy, it is the first that can be summed.
        """
        declared, names = declared_of(source), self.data_source.metrics
        if self.data_source.sort_by is not None:
            names = [self.data_source.sort_by]
        elif len(shown.periods) > 1:
            names = [one for one in names if addends(declared[one], declared)] or names
        return names[0], addends(declared[names[0]], declared)

    def nothing_collected(self, shown: Sequence[Period]) -> Unservable:
        """Return the error for sources that have no numbers in the shown periods."""
        sources = {one.ref: one for one in self.sources}.values()
        names = " and ".join(repr(one.name) for one in sources)
        when = ""
        if shown and self.range is not None:
            when = f" for {days_of(Days.spanning(one.days for one in shown))}"
        return Unservable(
            "NO_DATA",
            f"No data of {names} has been collected{when} yet. Start a collection with "
            f"collectionStart{', or choose other days' if when else ''}.",
            "range" if when else None,
        )

    def unread(self, code: str, why: str) -> Unservable:
        """Return the error for results that are needed and cannot be read."""
        if self.data_source.split is None:
            return Unservable(
                code,
                f"A filter on a second dimension needs the results themselves. {why}",
                "filters",
            )
        says = f"The split by {self.data_source.split!r} needs the results themselves. {why}"
        return Unservable(code, says, "dataSource.split")

    def results_not_shared(self) -> Unservable:
        """Return the error for a reader who may see aggregates, but not the results behind them."""
        names = " and ".join(repr(one) for one in sorted(self.dimensions))
        return Unservable(
            "NOT_SHARED",
            f"Combining {names} needs the results themselves, which only members of the instance "
            "may read. Remove a filter.",
            "filters",
        )


def parse(stored: Any) -> tuple[DataSource, list[Ref]]:
    """Return the configuration of a widget, and the sources it names. Raises Unservable."""
    if not stored:
        raise Unservable("NO_DATA", "A text widget has no numbers.")
    try:
        data_source = DataSource.model_validate(stored)
        return data_source, [ref_of(one, "dataSource.sources") for one in data_source.sources]
    except (ValidationError, NotFound) as invalid:
        raise Unservable(
            "INVALID",
            "The configuration of this widget cannot be read. Set its data source again.",
            "dataSource",
        ) from invalid


def make(
    data_source: DataSource,
    sources: Sequence[WidgetSource | None],
    reader: WidgetFilters,
    dashboard: WidgetFilters,
) -> Plan:
    """Plan a widget with these sources. A source is None if the viewer may not see it.

    Raises Unservable if the widget cannot be served to this viewer.
    """
    visible = tuple(one for one in sources if one is not None)
    if len(visible) < len(sources):
        raise Unservable(
            "NOT_SHARED",
            "A source of this widget has been deleted, or is not shared with you.",
            "dataSource.sources",
        )
    plan = Plan(
        data_source,
        visible,
        reader.level or data_source.level or dashboard.level or "weekly",
        reader.range or data_source.range or dashboard.range,
        merged(reader.filters, data_source.filters, dashboard.filters),
    )
    for source in visible:
        _check(plan, source)
    return plan


def filters_of(stored: Any) -> WidgetFilters:
    """Return the stored filters of a dashboard; none if they cannot be read."""
    try:
        return WidgetFilters.model_validate(stored)
    except ValidationError:
        return NO_FILTERS


def merged(*layers: Sequence[DimensionFilter]) -> tuple[DimensionFilter, ...]:
    """Return, for each dimension, the filters of the first layer that has any."""
    found: list[DimensionFilter] = []
    for layer in layers:
        taken = {one.dimension for one in found}
        found += [one for one in layer if one.dimension not in taken]
    return tuple(found)


def _check(plan: Plan, source: WidgetSource) -> None:
    if not source.is_readable:
        raise Unservable(
            "INVALID",
            f"The metrics of {source.name!r} cannot be read. Change its template, or what its "
            "workflow says of its columns.",
            "dataSource.sources",
        )
    for number, name in enumerate(plan.data_source.metrics):
        if name not in source.metrics:
            raise Unservable(
                "UNKNOWN_METRIC",
                unknown("metric", name, sorted(source.metrics), f"in {source.name!r}"),
                f"dataSource.metrics.{number}",
            )
    shown = {"dimension": plan.data_source.dimension, "split": plan.data_source.split}
    named = [(f"dataSource.{name}", one) for name, one in shown.items() if one]
    for field, dimension in [*named, *(("filters", one.dimension) for one in plan.filters)]:
        if dimension not in source.config.dimensions:
            raise Unservable(
                "UNKNOWN_DIMENSION",
                unknown("dimension", dimension, source.config.dimensions, f"in {source.name!r}"),
                field,
            )


def declared_of(source: WidgetSource) -> dict[str, Metric]:
    """Return the metrics that a source declares, by name."""
    return {one.name: one for one in source.config.metrics}


def addends(metric: Metric, declared: Mapping[str, Metric]) -> tuple[str, ...]:
    """Return the metrics whose sums give a metric over several periods.

    They are the metric itself, or the parts of a ratio. A metric that is not additive has none.
    """
    if metric.kind == "additive":
        return (metric.name,)
    if metric.numerator is None or metric.denominator is None:
        return ()
    parts = (metric.numerator, metric.denominator)
    known = [declared.get(name) for name in parts]
    return parts if all(one is not None and one.kind == "additive" for one in known) else ()
