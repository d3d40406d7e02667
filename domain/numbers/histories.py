"""Chooses which series of a source a widget shows, and where one continues another. Pure.

A series is a template version, parameters, a time zone and a first day of the week. A report has
several once one of these has changed. What is older stays: each period comes from the newest series
that has a result of it. But numbers are put side by side only if every shown metric has the same
definition in both, and added up only if parameters and time zone are the same as well.

If two groups of series cannot be shown together, the one that covers most of the asked days is
shown, and of equal ones the newest.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from domain.calendar import units
from domain.calendar.days import Days
from domain.charts.datasets import SeriesSpan
from domain.dashboards.sources import WidgetSource
from domain.numbers.plans import Plan, addends
from domain.numbers.sums import PeriodAggregate
from domain.templates.metrics import ReportConfig

Signature: TypeAlias = tuple[Any, ...]
UNKNOWN_START = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class KnownSeries:
    """What anybody who sees the numbers of a series may know of it."""

    config: ReportConfig
    version: int | None  # of the template; None for a workflow
    parameters: str  # a digest
    time_zone: str
    week_start: str
    started_at: datetime  # when a collection of it was started last

    @property
    def question(self) -> Signature:
        """What two series must share so that their numbers may be added up."""
        return self.parameters, self.time_zone

    def changes(self, before: "KnownSeries") -> tuple[str, ...]:
        """Return what differs from the series before it on the axis."""
        pairs = {
            "version": (self.version, before.version),
            "parameters": (self.parameters, before.parameters),
            "time_zone": (self.time_zone, before.time_zone),
        }
        return tuple(name for name, (now, then) in pairs.items() if now != then)


@dataclass(frozen=True)
class History:
    """The periods of a source that a widget shows, each from one series."""

    source: WidgetSource  # with the metrics as the shown series defines them
    rows: Sequence[PeriodAggregate]  # oldest first
    known: Mapping[str, KnownSeries]
    apart: frozenset[str] = frozenset()  # keys of the periods that no total adds up

    @property
    def questions(self) -> dict[str, Signature]:
        """What each period answers, by its key. Only equal answers are compared."""
        return {one.period.key: self.known[one.series].question for one in self.rows}

    @property
    def alike(self) -> list[PeriodAggregate]:
        """The periods that answer one question, as totals and statistics need them."""
        return [one for one in self.rows if one.period.key not in self.apart]

    def spans(self, source: int, days: Days) -> tuple[SeriesSpan, ...]:
        """Return the shown series of these days, oldest first, and what changes at each."""
        there = [
            one for one in self.rows if one.state != "MISSING" and one.period.days.overlaps(days)
        ]
        found: list[SeriesSpan] = []
        for series, rows in groupby(there, attrgetter("series")):
            first, *others = rows
            now = self.known[series]
            changes = now.changes(self.known[found[-1].series]) if found else ()
            is_added_up = first.period.key not in self.apart
            days_ = Days(first.period.start, others[-1].period.end) if others else first.period.days
            found.append(SeriesSpan(source, series, days_, now.version, changes, is_added_up))
        return tuple(found)


def choose(
    plan: Plan,
    source: WidgetSource,
    rows: Sequence[PeriodAggregate],
    known: Mapping[str, KnownSeries],
) -> History:
    """Choose the periods of a source that a widget shows, out of all series that were read."""
    by_series = {one.series: one for one in rows}
    every = {key: known.get(key) or _unknown(source, one) for key, one in by_series.items()}
    groups: dict[Signature, list[PeriodAggregate]] = {}
    has_all = {key for key, one in every.items() if _has_all(plan, one.config)}
    able = [one for one in rows if one.series in has_all]
    signatures = {key: _signature(plan, every[key]) for key in has_all or every}
    for one in able or rows:
        groups.setdefault(signatures[one.series], []).append(one)
    if not groups:
        return History(source, (), every)
    asked = _asked_days(plan, rows)
    best = max(groups.values(), key=lambda group: _rank(group, every, asked))
    newest = _newest_of_each_period(best, every)
    lead = max((every[one.series] for one in newest), key=lambda one: one.started_at)
    if able and _definitions(plan, lead.config) != _definitions(plan, source.config):
        source = replace(source, config=lead.config)  # its numbers are meant as it defines them
    return History(source, newest, every, _apart(newest, every, asked))


def single(
    source: WidgetSource,
    names: Collection[str],
    rows: Sequence[PeriodAggregate],
    known: Mapping[str, KnownSeries],
) -> list[PeriodAggregate]:
    """Return the periods of one series: statistics need numbers that all answer one question.

    It is the one that covers most days; of equal ones the newest. Only series that define the
    metrics of these names as the source does are looked at.
    """
    by_series: dict[str, list[PeriodAggregate]] = {}
    meant = _defined(source.config, names)
    for one in rows:
        series = known.get(one.series)
        if series is None or _defined(series.config, names) == meant:
            by_series.setdefault(one.series, []).append(one)

    def rank(found: Sequence[PeriodAggregate]) -> tuple[int, int]:
        covered = sum(one.coverage.get("covered", 0) for one in found)
        return covered, max(one.generation for one in found)

    return max(by_series.values(), key=rank, default=[])


def _defined(config: ReportConfig, names: Collection[str]) -> dict[str, Signature]:
    return {one.name: one.definition for one in config.metrics if one.name in names}


def _unknown(source: WidgetSource, row: PeriodAggregate) -> KnownSeries:
    start = units.week_start_of([row.period.key])
    return KnownSeries(source.config, None, "", source.time_zone, start, UNKNOWN_START)


def _has_all(plan: Plan, config: ReportConfig) -> bool:
    """Whether a series has every metric and dimension that the widget names."""
    names = {one.name for one in config.metrics}
    return names.issuperset(plan.data_source.metrics) and plan.dimensions.issubset(
        config.dimensions
    )


def _signature(plan: Plan, series: KnownSeries) -> Signature:
    """Return what two series must share so that the widget shows both."""
    week_start = series.week_start if plan.level == "weekly" else ""
    day = series.config.date_column if plan.route == "results" else ""
    asked = () if plan.by_period else series.question
    return week_start, day, *asked, *_definitions(plan, series.config)


def _definitions(plan: Plan, config: ReportConfig) -> list[Any]:
    declared = {one.name: one for one in config.metrics}
    shown = [declared[name] for name in plan.data_source.metrics if name in declared]
    parts = [declared[name] for one in shown for name in addends(one, declared)]
    return [(one.name, one.definition) for one in (*shown, *parts)]


def _asked_days(plan: Plan, rows: Sequence[PeriodAggregate]) -> Days:
    """Return the days that the widget asks for: a range, or back from the newest period."""
    days = plan.range.days if plan.range else None
    if days is not None:
        return days
    end = max(one.period.end for one in rows)
    number = (plan.range.periods if plan.range else None) or 0
    if not number:
        return Days(min(one.period.start for one in rows), end)
    longest = max(one.period.days.length for one in rows)
    return Days(end - timedelta(days=longest * number), end)


def _covered(rows: Iterable[PeriodAggregate], asked: Days) -> int:
    shown = (one for one in rows if one.period.days.overlaps(asked))
    covered = {one.period.key: one.coverage.get("covered", 0) for one in shown}
    return sum(covered.values())


def _rank(
    rows: Sequence[PeriodAggregate], known: Mapping[str, KnownSeries], asked: Days
) -> tuple[int, datetime, date]:
    newest = max(known[one.series].started_at for one in rows)
    return _covered(rows, asked), newest, max(one.period.end for one in rows)


def _newest_of_each_period(
    rows: Sequence[PeriodAggregate], known: Mapping[str, KnownSeries]
) -> list[PeriodAggregate]:
    """Return for each period the row of the newest series that has a result of it, oldest first."""
    found: dict[str, PeriodAggregate] = {}
    by_age = sorted(
        rows, key=lambda one: (one.state != "MISSING", known[one.series].started_at, one.generation)
    )
    for row in by_age:
        found[row.period.key] = row
    return sorted(found.values(), key=lambda one: (one.period.start, one.period.key))


def _apart(
    rows: Sequence[PeriodAggregate], known: Mapping[str, KnownSeries], asked: Days
) -> frozenset[str]:
    """Return the periods that answer another question than most of the asked days."""
    groups: dict[Signature, list[PeriodAggregate]] = {}
    for row in rows:
        groups.setdefault(known[row.series].question, []).append(row)
    if len(groups) == 1:
        return frozenset()
    best = max(groups.values(), key=lambda group: _rank(group, known, asked))
    kept = {one.period.key for one in best}
    return frozenset(one.period.key for one in rows if one.period.key not in kept)
