"""Reads sums of several dimensions at once from the results themselves: no aggregate has them.

1. `segments` finds the results that the widgets need, in one statement. Whoever may not see the
   results gets none.
2. `from_results` reads the files of one source in DuckDB, within limits. It orders values as the
   statement of `reading.breakdowns` does.
"""

import os
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeAlias
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import models, pool, scratch, storage
from domain.aggregates import pairs, rollups
from domain.aggregates.rollups import Limits, Rollup, SegmentResult
from domain.aggregates.sums import OTHER, RowFilter
from domain.calendar.days import Days
from domain.dashboards.sources import WidgetSource
from domain.numbers.plans import Breakdown
from domain.numbers.sums import (
    ALL,
    COMPARED,
    REST,
    SHOWN,
    WHOLE_RANGE,
    WITHHELD,
    BreakdownSums,
    Sum,
    added,
)
from domain.settings import settings
from domain.templates.metrics import ReportConfig

Series: TypeAlias = tuple[str, UUID]  # its hash, and the instance


class TooLarge(Exception):
    """Raised if a widget would read more results than allowed. The message says how many."""


@dataclass(frozen=True)
class ResultsReading:
    """The results to read for one source of a widget."""

    source: WidgetSource
    segments: Mapping[str, Sequence[SegmentResult]]  # by the hash of their series
    breakdown: Breakdown
    # The shown dimension, or a pair; the filters of the breakdown may be on others.
    dimension: str | None

    def config(self) -> ReportConfig:
        """Return the columns to read.

        The one by which DuckDB keeps the largest values comes first.
        """
        asked = self.breakdown
        # Of some dimensions only, nobody can say whether rows agree on all others.
        metrics = [
            one.model_copy(update={"over": []})
            for one in self.source.config.metrics
            if one.name in asked.metrics
        ]
        metrics.sort(key=lambda one: one.name not in asked.order_addends)
        dimensions = [self.dimension] if self.dimension else []
        return self.source.config.model_copy(update={"metrics": metrics, "dimensions": dimensions})


async def segments(
    session: AsyncSession, asked: Collection[Breakdown]
) -> Mapping[Series, list[SegmentResult]]:
    """Find the results in the days of each breakdown that the viewer may see, in one statement."""
    found: dict[Series, list[SegmentResult]] = defaultdict(list)
    if not asked:
        return found
    week, collection = models.Week, models.Collection
    in_any = or_(
        *(
            and_(
                collection.series_hash == series,
                collection.instance_id == one.instance_id,
                week.week_start_date < days.end,
                week.week_end_date >= days.start,
            )
            for one in asked
            for series, periods_ in one.by_series(one.every_period).items()
            for days in [Days.spanning(period.days for period in periods_)]
        )
    )
    rows = await session.execute(
        select(week, collection.series_hash, collection.instance_id)
        .join(collection, collection.id == week.collection_id)
        .where(in_any)
        .order_by(week.week_start_date, week.id)
    )
    for row, series, instance in rows:
        found[series, instance].append(SegmentResult.of_week(row))
    return found


async def from_results(reading: ResultsReading) -> BreakdownSums:
    """Read the sums of a breakdown from results. Raises TooLarge."""
    every = (one for found in reading.segments.values() for one in found)
    locations = {one.location for one in every if one.location is not None}
    if len(locations) > settings.widget_files:
        raise TooLarge(
            f"It would read {len(locations)} results; a widget reads at most "
            f"{settings.widget_files}."
        )
    try:
        return await pool.run(_fetched_and_read, reading, sorted(locations))
    except TimeoutError as late:
        raise TooLarge(str(late)) from late


def _fetched_and_read(reading: ResultsReading, locations: Sequence[str]) -> BreakdownSums:
    with scratch.folder() as folder:
        return _read(reading, _fetch(locations, folder), folder)


def _fetch(locations: Sequence[str], folder: Path) -> dict[str, Path]:
    """Fetch the files. Raises TooLarge if they have too many bytes."""
    found: dict[str, Path] = {}
    size = 0
    for location in locations:
        path = storage.fetch_now(location, folder)
        size += path.stat().st_size
        if size > settings.widget_bytes:
            raise TooLarge(f"It would read more than {settings.widget_bytes:,} bytes.")
        found[location] = path
    return found


def _read(reading: ResultsReading, paths: dict[str, Path], folder: Path) -> BreakdownSums:
    breakdown = reading.breakdown
    # A store on disk gives its own files, which lie in several folders.
    above = Path(os.path.commonpath([one.parent for one in paths.values()] or [folder]))
    found: list[Rollup] = []
    for series, periods_ in breakdown.by_series(breakdown.every_period).items():
        segments_ = reading.segments.get(series, ())
        found += rollups.aggregate(
            reading.config(),
            reading.source.time_zone,
            [replace(one, path=paths.get(one.location or "")) for one in segments_],
            periods_,
            above,
            filters=[
                RowFilter(one.dimension, one.values, one.exclude) for one in breakdown.filters
            ],
            limits=Limits(timeout=settings.widget_timeout.total_seconds()),
            amounts=reading.source.config.amounts(reading.source.marketplace_id),
        )
    return _sums_of(reading, [one for one in found if one.dimension == reading.dimension])


def _sums_of(reading: ResultsReading, found: Sequence[Rollup]) -> BreakdownSums:
    """Return the sums of rollups by slot, place and period, as `breakdowns` does."""
    breakdown = reading.breakdown
    made = BreakdownSums({}, {}, {}, {})
    values = _ranked(breakdown, found) if reading.dimension else []
    made.values.update(enumerate(values, start=1))
    places = {value: number for number, value in made.values.items()}
    shown = breakdown.shown
    for slot, periods_ in ((SHOWN, shown.periods), (COMPARED, shown.compared)):
        keys = {one.key for one in periods_}
        for rollup in (one for one in found if one.period.key in keys):
            place = ALL if reading.dimension is None else _place(rollup, places)
            key = rollup.period.key
            at = (slot, place, key if breakdown.by_period else WHOLE_RANGE)
            sums = _sums(rollup, breakdown.metrics)
            before = made.sums.get(at)
            made.sums[at] = dict(added([before, sums])) if before else sums
            made.keys.setdefault((slot, place), set()).add(key)
            if rollup.dimension is not None and rollup.value == OTHER:
                made.truncated.setdefault(slot, set()).add(key)
    return made


def _place(rollup: Rollup, places: dict[str, int]) -> int:
    return WITHHELD if rollup.value is None else places.get(rollup.value, REST)


def _sums(rollup: Rollup, names: Sequence[str]) -> dict[str, Sum]:
    has_rows = rollup.row_count > 0
    return {
        name: Sum.of(rollup.metrics.get(name), rollup.states.get(name), has_rows=has_rows)
        for name in names
    }


def _ranked(breakdown: Breakdown, found: Sequence[Rollup]) -> list[str]:
    """Return the shown values in order: of pairs, those of the shown first values."""
    shown = {one.key for one in breakdown.shown.periods}
    by_value: dict[str, list[Rollup]] = defaultdict(list)
    by_first: dict[str, list[Rollup]] = defaultdict(list)
    for one in found:
        if one.value not in (None, OTHER) and one.period.key in shown:
            value = str(one.value)
            by_value[value].append(one)
            by_first[pairs.parts(value)[0]].append(one)
    firsts = _ordered(breakdown, by_first)[: breakdown.top or 0]
    places = {value: number for number, value in enumerate(firsts)}
    values = [one for one in _ordered(breakdown, by_value) if pairs.parts(one)[0] in places]
    return sorted(values, key=lambda one: places[pairs.parts(one)[0]])


def _ordered(breakdown: Breakdown, by_value: Mapping[str, Sequence[Rollup]]) -> list[str]:
    sign = 1 if breakdown.ascending else -1

    def order(value: str) -> tuple[bool, Decimal, str]:
        score = _score(breakdown, by_value[value])
        return score is None, sign * (score or Decimal(0)), value

    return sorted(by_value, key=order)


def _score(breakdown: Breakdown, given: Sequence[Rollup]) -> Decimal | None:
    """Return what orders a value, computed as the statement of `breakdowns` does."""
    names = [breakdown.order_by, *breakdown.order_addends]
    sums = added([_sums(one, names) for one in given])
    own, *parts = (sums[name].total for name in names)
    if len(given) == 1:
        return own
    if not parts or parts[0] is None:
        return None
    if len(parts) == 1:
        return parts[0]
    return parts[0] / parts[1] if parts[1] else None
