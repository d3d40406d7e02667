"""Reads what plans ask for: aggregates from the database, or results if no aggregate has it.

1. `periods` reads the whole periods of all widgets in one statement, and thereby says which exist.
2. `breakdowns` adds up the values of dimensions of all widgets in one statement.
3. `segments` finds the results that widgets with a second dimension need, in one statement.
4. `from_results` reads the files of one source in DuckDB, within limits. It orders values as the
   statement of `breakdowns` does.

Every series of a source is read under row-level security; `domain/numbers/histories.py` chooses
among them. Whoever may not see the results
gets no segments.
"""

import os
import tempfile
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import LRUCache

from domain import kinds, models, pool, storage
from domain.aggregates import rollups
from domain.aggregates.rollups import Rollup, SegmentResult
from domain.aggregates.sums import OTHER, RowFilter
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.dashboards.sources import Ref, WidgetSource
from domain.numbers.datasets import (
    ALL,
    COMPARED,
    REST,
    SHOWN,
    WHOLE_RANGE,
    WITHHELD,
    BreakdownSums,
    PeriodAggregate,
    Sum,
    added,
)
from domain.numbers.histories import KnownSeries
from domain.numbers.plans import Breakdown, PeriodsToRead
from domain.settings import settings
from domain.templates.metrics import ReportConfig

MOST_ROWS = 2_000  # of a source: the periods of its newest series come first
PERIODS = text(
    f"""
    SELECT asked.n, a.*
    FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked (
        n int, report uuid, workflow uuid, level text, newest int, since date, until date
    )
    CROSS JOIN LATERAL (
        SELECT found.*, s.started_at, row_number() OVER (
            PARTITION BY found.series_hash ORDER BY found.data_date DESC
        ) AS place
        FROM (
            SELECT {{columns}} FROM report_data_aggregates
            WHERE report_id = asked.report AND {{asked}}
            UNION ALL
            SELECT {{columns}} FROM report_data_aggregates
            WHERE workflow_id = asked.workflow AND {{asked}}
        ) found
        LEFT JOIN report_series s USING (series_hash, instance_id)
        ORDER BY s.started_at DESC NULLS LAST, found.data_date DESC LIMIT {MOST_ROWS}
    ) a
    WHERE a.place <= coalesce(asked.newest, a.place)
    ORDER BY asked.n, a.data_date
    """.format(  # noqa: S608  (the columns and the conditions are constants)
        columns="""
            id, series_hash, instance_id, aggregation_type, aggregation_key, data_date,
            period_end_date, metrics, metric_states, state, coverage, is_provisional, by_utc_day,
            as_of, row_count, suppressed_rows, generation
        """,
        asked="""
            aggregation_type = asked.level AND dimension_key = ''
            AND data_date >= coalesce(asked.since, '-infinity')
            AND data_date < coalesce(asked.until, 'infinity')
        """,
    )
)
KNOWN = 5_000  # periods that a process knows
_newest: LRUCache[UUID, PeriodAggregate] = LRUCache(KNOWN)
SourcePeriods: TypeAlias = tuple[Ref, PeriodsToRead]
Key = TypeVar("Key")


async def periods(
    session: AsyncSession, asked: Collection[SourcePeriods]
) -> dict[SourcePeriods, list[PeriodAggregate]]:
    """Read the periods of every series of each source, oldest first, in one statement."""
    found: dict[SourcePeriods, list[PeriodAggregate]] = {one: [] for one in asked}
    if not found:
        return found
    unique = list(found)
    rows = [_asked_periods(n, *one) for n, one in enumerate(unique)]
    for row in await session.execute(PERIODS, {"asked": orjson.dumps(rows).decode()}):
        found[unique[row.n]].append(_same(_period_aggregate(row)))
    return found


def _same(read: PeriodAggregate) -> PeriodAggregate:
    """Return the equal object that was read before, if there is one. It saves comparing it again.

    Datasets are kept by the periods that they are built of (kept_datasets.py).
    """
    known = _newest.get(read.id)
    if known == read:
        return known
    _newest[read.id] = read
    return read


def _asked_periods(number: int, ref: Ref, to_read: PeriodsToRead) -> dict[str, Any]:
    return {
        "n": number,
        **{
            kind.noun: str(ref[1]) if kind.source.prefix == ref[0] else None for kind in kinds.KINDS
        },
        "level": to_read.level,
        "newest": to_read.newest,
        "since": to_read.days and to_read.days.start,
        "until": to_read.days and to_read.days.end,
    }


def _period_aggregate(row: Any) -> PeriodAggregate:
    days = Days.from_last(row.data_date, row.period_end_date)
    return PeriodAggregate(
        row.id,
        row.series_hash,
        row.instance_id,
        Period(row.aggregation_type, row.aggregation_key, days),
        row.metrics,
        row.metric_states,
        row.state,
        row.coverage,
        row.is_provisional,
        row.by_utc_day,
        row.as_of,
        row.row_count,
        row.suppressed_rows,
        row.generation,
    )


async def known_series(
    session: AsyncSession, rows: Iterable[PeriodAggregate]
) -> dict[str, KnownSeries]:
    """Return what is known of the series of these periods, by hash, in one statement."""
    hashes = list({one.series for one in rows})
    if not hashes:
        return {}
    table = models.Series
    found = await session.scalars(select(table).where(table.series_hash.in_(hashes)))
    return {one.series_hash: series for one in found if (series := _known_series(one)) is not None}


def _known_series(row: models.Series) -> KnownSeries | None:
    """Return a series, or None if its configuration cannot be read any more."""
    try:
        config = ReportConfig.model_validate(row.report_config)
    except ValidationError:
        return None
    return KnownSeries(
        config,
        row.template_version,
        row.parameters_digest,
        row.time_zone,
        row.week_start,
        row.started_at,
    )


TRUNCATED = -3  # the place of a row that only lists truncated periods
BREAKDOWNS = text(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS w (
            n int, instance uuid, level text, dimension text, slots jsonb,
            names text[], by_period boolean, filters jsonb, top int, ascending boolean,
            own text, above text, below text
        )
    ),
    spans AS MATERIALIZED (
        SELECT w.n, w.instance, w.level, w.dimension, w.filters, slots.*
        FROM asked w CROSS JOIN LATERAL jsonb_to_recordset(w.slots) AS slots (
            slot int, series text, keys text[], since date, until date
        )
    ),
    found AS MATERIALIZED (
        SELECT w.n, w.slot, a.aggregation_key AS key, a.metrics, a.metric_states,
            a.dimensions ->> w.dimension AS value,
            NOT EXISTS (
                SELECT FROM jsonb_array_elements(w.filters) f
                WHERE CAST(f ->> 'exclude' AS boolean) = CASE
                    WHEN a.dimensions ->> w.dimension IS NULL THEN f -> 'values' @> '[null]'
                    ELSE f -> 'values' ? (a.dimensions ->> w.dimension) END
            ) AS chosen
        FROM spans w
        JOIN report_data_aggregates a ON a.series_hash = w.series
            AND a.instance_id = w.instance AND a.aggregation_type = w.level
            AND a.data_date >= w.since AND a.data_date < w.until
            AND a.aggregation_key = ANY (w.keys)
        WHERE a.dimensions ? w.dimension
    ),
    scored AS (
        SELECT n, value, CASE
            WHEN count(*) = 1 THEN min(CAST(metrics ->> own AS numeric))
            WHEN above IS NULL THEN NULL
            WHEN below IS NULL THEN sum(CAST(metrics ->> above AS numeric))
            ELSE sum(CAST(metrics ->> above AS numeric))
                / nullif(sum(CAST(metrics ->> below AS numeric)), 0)
            END * CASE WHEN ascending THEN -1 ELSE 1 END AS score
        FROM found JOIN asked USING (n)
        WHERE slot = {SHOWN} AND chosen AND value <> '{OTHER}' AND top IS NOT NULL
        GROUP BY n, value, own, above, below, ascending
    ),
    ranked AS MATERIALIZED (  -- once, not for each row, and no more values than are shown
        SELECT n, value, place FROM (
            SELECT n, value, row_number() OVER (
                PARTITION BY n ORDER BY score DESC NULLS LAST, value
            ) AS place FROM scored
        ) AS placed_values JOIN asked USING (n) WHERE place <= top
    ),
    placed AS (
        SELECT n, slot, key, metrics, metric_states, names,
            CASE WHEN by_period THEN key ELSE '' END AS period,
            CASE WHEN top IS NULL THEN {ALL} WHEN value IS NULL THEN {WITHHELD}
                WHEN place <= top THEN place ELSE {REST} END AS place,
            CASE WHEN place <= top THEN value END AS value,
            n IN (SELECT n FROM found WHERE value = '{OTHER}') AS is_truncated
        FROM found JOIN asked USING (n) LEFT JOIN ranked USING (n, value)
        WHERE chosen
    ),
    cells AS MATERIALIZED (  -- the documents are not carried through the sort
        SELECT n, slot, place, period, value, name, metrics ->> name AS digits,
            metric_states ->> name AS state, CASE WHEN is_truncated THEN key END AS key
        FROM placed CROSS JOIN LATERAL unnest(names) AS name
    )
    SELECT n, slot, place, period, min(value) AS value, name, count(*) AS count,
        sum(CAST(digits AS numeric)) AS total,
        array_agg(DISTINCT coalesce(state, 'MISSING')) FILTER (WHERE digits IS NULL) AS reasons,
        array_agg(DISTINCT key) FILTER (WHERE key IS NOT NULL) AS keys
    FROM cells GROUP BY n, slot, place, period, name
    UNION ALL
    SELECT n, slot, {TRUNCATED}, '', NULL, NULL, 0, NULL, NULL, array_agg(DISTINCT key)
    FROM found WHERE value = '{OTHER}' GROUP BY n, slot
    """  # noqa: S608  (the numbers and the word are constants)
)


async def breakdowns(
    session: AsyncSession, asked: Mapping[Key, Breakdown]
) -> dict[Key, BreakdownSums]:
    """Read the sums of each breakdown, in one statement."""
    found = {key: BreakdownSums({}, {}, {}, {}) for key in asked}
    if not asked:
        return found
    keys = list(asked)
    rows = [_asked_breakdown(n, one) for n, one in enumerate(asked.values())]
    for row in await session.execute(BREAKDOWNS, {"asked": orjson.dumps(rows).decode()}):
        _keep(found[keys[row.n]], row)
    return found


def _asked_breakdown(number: int, one: Breakdown) -> dict[str, Any]:
    above, below = (*one.order_addends, None, None)[:2]
    slots = [(SHOWN, one.shown.periods), (COMPARED, one.shown.compared)]
    return {
        "n": number,
        "instance": str(one.instance_id),
        "level": one.shown.periods[0].level,
        "dimension": one.dimension,
        "slots": [part for slot, given in slots for part in _slots(one, slot, given)],
        "names": one.metrics,
        "by_period": one.by_period,
        "filters": [{"values": f.values, "exclude": f.exclude} for f in one.filters],
        "top": one.top,
        "ascending": one.ascending,
        "own": one.order_by,
        "above": above,
        "below": below,
    }


def _slots(one: Breakdown, slot: int, given: Sequence[Period]) -> Iterator[dict[str, Any]]:
    """Yield the periods of a slot, for each series that they come from."""
    for series, periods_ in one.by_series(given).items():
        days = Days.spanning(period.days for period in periods_)
        keys = [period.key for period in periods_]
        yield {
            "slot": slot,
            "series": series,
            "keys": keys,
            "since": days.start,
            "until": days.end,
        }


def _keep(found: BreakdownSums, row: Any) -> None:
    if row.place == TRUNCATED:
        found.truncated[row.slot] = set(row.keys)
        return
    if row.value is not None:
        found.values[row.place] = row.value
    if row.keys:
        found.keys.setdefault((row.slot, row.place), set()).update(row.keys)
    total = None if row.total is None else Decimal(row.total)
    sums = found.sums.setdefault((row.slot, row.place, row.period), {})
    sums[row.name] = Sum(total, row.count, frozenset(row.reasons or ()))


Series: TypeAlias = tuple[str, UUID]  # its hash, and the instance


class TooLarge(Exception):
    """Raised if a widget would read more results than allowed. The message says how many."""


@dataclass(frozen=True)
class ResultsReading:
    """The results to read for one source of a widget."""

    source: WidgetSource
    segments: Mapping[str, Sequence[SegmentResult]]  # by the hash of their series
    breakdown: Breakdown
    dimension: str | None  # the shown dimension; the filters of the breakdown may be on others

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
    with tempfile.TemporaryDirectory(prefix="amc-reports-") as name:
        folder = Path(name)
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
            timeout=settings.widget_timeout.total_seconds(),
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
    """Return the shown values in order."""
    shown = {one.key for one in breakdown.shown.periods}
    by_value: dict[str, list[Rollup]] = defaultdict(list)
    for one in found:
        if one.value not in (None, OTHER) and one.period.key in shown:
            by_value[str(one.value)].append(one)
    sign = 1 if breakdown.ascending else -1

    def order(value: str) -> tuple[bool, Decimal, str]:
        score = _score(breakdown, by_value[value])
        return score is None, sign * (score or Decimal(0)), value

    return sorted(by_value, key=order)[: breakdown.top or 0]


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
