"""Reads what questions need: names and days of all sources, then the numbers of one.

Whatever is asked, it takes the same few SQL statements, under row-level security. Only named values
are read; what privacy withheld has no name.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import ARRAY, Text, bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.aggregates.sums import OTHER
from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import LEVELS, Level, WeekStart
from domain.dashboards.sources import Ref, WidgetSource
from domain.facts import events
from domain.facts.run import Board
from domain.insights import boards
from domain.insights import reading as board_reading
from domain.insights.contents import Contents, of_source
from domain.insights.reading import SourceRows, ValueRow, Values
from domain.numbers import histories, reading
from domain.numbers.histories import KnownSeries
from domain.numbers.plans import PeriodsToRead
from domain.numbers.sums import PeriodAggregate
from domain.questions.calendar_words import Known
from domain.questions.frames import Breakdown
from domain.questions.names import Catalog, Entry
from domain.questions.numbers import Numbers

MOST_SOURCES = 24  # of a dashboard
MOST_NAMES = 6_000  # values of all dimensions of all sources together
MOST_METRICS = 12  # that are looked at where a question names none
NEWEST: Mapping[Level, int] = {"weekly": 160, "monthly": 48, "quarterly": 16}  # periods

# The newest series of each source. Its values come from the longest periods, which are fewest.
NEWEST_SERIES = """
    SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS asked (
        n int, report uuid, workflow uuid
    )
    CROSS JOIN LATERAL (
        (
            SELECT series_hash, instance_id FROM report_data_aggregates
            WHERE report_id = asked.report AND dimension_key = ''
            ORDER BY generation DESC LIMIT 1
        )
        UNION ALL
        (
            SELECT series_hash, instance_id FROM report_data_aggregates
            WHERE workflow_id = asked.workflow AND dimension_key = ''
            ORDER BY generation DESC LIMIT 1
        )
    ) newest
"""
DAYS = text(
    f"""
    WITH newest AS MATERIALIZED ({NEWEST_SERIES})
    SELECT n, min(a.data_date) AS first,
        max(a.data_date) AS last, max(a.period_end_date) AS end,
        (array_agg(CAST(a.coverage ->> 'covered' AS int) ORDER BY a.data_date DESC))[1] AS covered,
        min(a.aggregation_key) AS key
    FROM newest JOIN report_data_aggregates a USING (series_hash, instance_id)
    WHERE a.aggregation_type = 'weekly' AND a.dimension_key = ''
        AND CAST(a.coverage ->> 'covered' AS int) > 0
    GROUP BY n
    """  # noqa: S608 (the statement is a constant)
)
NAMES = text(
    f"""
    WITH newest AS MATERIALIZED ({NEWEST_SERIES}),
    levels AS MATERIALIZED (
        SELECT newest.*, (
            SELECT level FROM unnest(ARRAY['quarterly', 'monthly', 'weekly'])
                WITH ORDINALITY AS named (level, place)
            WHERE EXISTS (
                SELECT FROM report_data_aggregates a
                WHERE a.series_hash = newest.series_hash AND a.instance_id = newest.instance_id
                    AND a.aggregation_type = level AND a.dimension_key <> ''
            )
            ORDER BY place LIMIT 1
        ) AS level
        FROM newest
    )
    SELECT n, a.dimensions, sum(a.row_count) AS rows
    FROM levels JOIN report_data_aggregates a
        ON a.series_hash = levels.series_hash AND a.instance_id = levels.instance_id
        AND a.aggregation_type = levels.level AND a.dimension_key <> ''
    GROUP BY n, a.dimensions
    ORDER BY rows DESC, n, a.dimensions LIMIT {MOST_NAMES}
    """  # noqa: S608 (the words and the number are constants)
)
VALUES = text(
    f"""
    SELECT a.dimensions ->> :dimension AS value, a.data_date, a.id, a.metrics, a.metric_states
    FROM report_data_aggregates a
    WHERE a.series_hash = :series AND a.instance_id = :instance AND a.aggregation_type = :level
        AND a.data_date >= :since AND a.data_date < :until AND a.dimension_key <> ''
        AND a.dimensions ->> :dimension IS NOT NULL
        AND (
            CAST(:named AS text[]) = '{{}}' OR a.dimensions ->> :dimension = ANY (:named)
            OR a.dimensions ->> :dimension = '{OTHER}'
        )
    ORDER BY value, a.data_date
    """  # noqa: S608 (the word is a constant)
).bindparams(bindparam("named", type_=ARRAY(Text())))


@dataclass(frozen=True)
class Ground:
    """Everything that questions about a dashboard or report can name, and the days of the data."""

    sources: Mapping[str, WidgetSource]  # by public id
    values: Mapping[str, Mapping[str, Sequence[str]]]  # by source and dimension, usual ones first
    known: Mapping[str, Known]
    dashboard_id: UUID | None = None

    def catalog(self) -> Catalog:
        """The names. It takes time, so it is made in the pool."""
        entries: list[Entry] = []
        for key, one in self.sources.items():
            entries.append(Entry("source", key, one.name, None, one.name))
            entries += [
                Entry("metric", key, metric.name, None, metric.title)
                for metric in one.config.metrics
            ]
            entries += [Entry("dimension", key, name) for name in one.config.dimensions]
            for dimension, values in self.values.get(key, {}).items():
                entries += [Entry("value", key, dimension, value) for value in values]
        return Catalog(tuple(entries))

    def dimensions(self, source: str) -> tuple[str, ...]:
        """The dimensions of which values are known, in the order of the template."""
        there = self.values.get(source, {})
        return tuple(one for one in self.sources[source].config.dimensions if one in there)


async def ground(
    session: AsyncSession, sources: Sequence[WidgetSource], dashboard_id: UUID | None = None
) -> Ground:
    """Read the names and days of these sources, in two statements. Those without data have none."""
    shown = [one for one in sources if one.is_readable][:MOST_SOURCES]
    given = {"asked": orjson.dumps([_asked(n, one.ref) for n, one in enumerate(shown)]).decode()}
    known = {row.n: _known(shown[row.n], row) for row in await session.execute(DAYS, given)}
    values: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for row in await session.execute(NAMES, given):
        source = shown[row.n]
        for dimension, value in row.dimensions.items():
            if value not in (None, OTHER) and dimension in source.config.dimensions:
                values[ids.encode(*source.ref)][dimension].append(value)
    with_data = {n: one for n, one in enumerate(shown) if n in known}
    return Ground(
        {ids.encode(*one.ref): one for one in with_data.values()},
        values,
        {ids.encode(*one.ref): known[n] for n, one in with_data.items()},
        dashboard_id,
    )


def _asked(number: int, ref: Ref) -> dict[str, Any]:
    return {
        "n": number,
        **{
            kind.noun: str(ref[1]) if kind.source.prefix == ref[0] else None for kind in kinds.KINDS
        },
    }


def _known(source: WidgetSource, row: Any) -> Known:
    """The days of the data. They are over where the newest week has its last result."""
    days = Days.from_last(row.first, row.end)
    now: date = min(days.end, row.last + timedelta(days=row.covered))
    country = events.country_of(source.marketplace_id)
    return Known(days, country, units.week_start_of([row.key]), now)


@dataclass(frozen=True)
class Read:
    """The whole periods of a source at each level, as they were read."""

    contents: Contents
    week_start: WeekStart
    rows: Mapping[Level, Sequence[PeriodAggregate]]

    def numbers(self) -> Numbers:
        """Make series of them. It takes time, so it is done in the pool."""
        made: dict[Level, Board] = {
            level: boards.board(SourceRows(self.contents, level, rows, {}))
            for level, rows in self.rows.items()
            if rows
        }
        return Numbers(self.contents.source, made, self.week_start)


async def wholes(
    session: AsyncSession, source: WidgetSource, metrics: Sequence[str], week_start: WeekStart
) -> Read:
    """Read the weeks, months and quarters of one series of a source, in two statements."""
    asked = {level: PeriodsToRead(level, NEWEST[level]) for level in LEVELS}
    found = await reading.periods(session, [(source.ref, one) for one in asked.values()])
    names = metrics or [one.name for one in source.config.metrics][:MOST_METRICS]
    wanted = Contents(source, tuple(names))
    rows = {level: found[source.ref, one] for level, one in asked.items()}
    known = await reading.known_series(session, (row for level in rows.values() for row in level))
    return Read(wanted, week_start, _single(wanted, rows, known))


def _single(
    wanted: Contents,
    rows: Mapping[Level, Sequence[PeriodAggregate]],
    known: Mapping[str, KnownSeries],
) -> dict[Level, list[PeriodAggregate]]:
    """The periods of one series at each level: that which covers most of the weeks."""
    level = next((one for one in LEVELS if rows[one]), LEVELS[0])
    chosen = histories.single(wanted.source, wanted.summed, rows[level], known)
    series = {one.series for one in chosen}
    return {name: [one for one in there if one.series in series] for name, there in rows.items()}


async def insights(session: AsyncSession, found: Ground) -> list[SourceRows]:
    """Read what the insights of the dashboard or report are made of, in a few statements."""
    shown = list(found.sources.values())
    if found.dashboard_id is not None:
        return await boards.of_sources(session, found.dashboard_id, shown)
    wanted = [of_source(one) for one in shown]
    return await board_reading.read(session, wanted, boards.LEVEL, None)


async def broken_down(session: AsyncSession, read: Read, needed: Breakdown) -> SourceRows:
    """Read the values of a breakdown, in one statement."""
    whole = read.rows[needed.level]
    inside = [one for one in whole if needed.days.covers(one.period.days)]
    values = Values({value: {} for value in needed.values})
    if inside:
        given = {
            "dimension": needed.dimension,
            "series": whole[0].series,
            "instance": whole[0].instance_id,
            "level": needed.level,
            "since": needed.days.start,
            "until": needed.days.end,
            "named": list(needed.values),
        }
        for row in await session.execute(VALUES, given):
            if row.value == OTHER:
                values.truncated.add(row.data_date)
                continue
            of_value = values.rows.setdefault(row.value, {})
            of_value[row.data_date] = ValueRow(row.id, row.metrics, row.metric_states)
    wanted = replace(read.contents, dimensions=(needed.dimension,))
    return SourceRows(wanted, needed.level, whole, {needed.dimension: values})


def with_values(numbers: Numbers, rows: SourceRows) -> Numbers:
    """The same numbers with the series of a breakdown. It is made in the pool."""
    return replace(numbers, boards={**numbers.boards, rows.level: boards.board(rows)})
