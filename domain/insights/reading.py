"""Reads the aggregates of boards: whole weeks in one statement, values of dimensions in another."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.aggregates.sums import OTHER
from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.charts.datasets import SeriesSpan
from domain.insights.contents import Contents
from domain.numbers import histories, reading
from domain.numbers.histories import KnownSeries
from domain.numbers.plans import Breakdown, PeriodsToRead, ShownPeriods, declared_of
from domain.numbers.sums import PeriodAggregate, SourceNumbers

NEWEST = 104  # periods
MOST_VALUES = 8  # of a dimension, the largest by the first additive metric


@dataclass(frozen=True, slots=True)
class ValueRow:
    """The aggregate of one period for one value of a dimension."""

    id: UUID
    metrics: Mapping[str, str | None]
    states: Mapping[str, str]


@dataclass(frozen=True)
class Values:
    """What was read of a dimension."""

    rows: dict[str, dict[date, ValueRow]] = field(default_factory=dict)  # by value, largest first
    truncated: set[date] = field(default_factory=set)  # periods in which values are left out


@dataclass(frozen=True)
class SourceRows:
    """What was read of a source: its periods, oldest first, and its values by dimension."""

    contents: Contents
    level: Level
    periods: Sequence[PeriodAggregate]
    values: Mapping[str, Values]
    spans: Sequence[SeriesSpan] = ()  # the series that a widget shows, also those left out here
    filtered: SourceNumbers | None = None  # what the filters let through, if there are any


# A value that a period lacks is nothing there, unless the period keeps too few values.
VALUES = text(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS w (
            n int, series text, keys text[], instance uuid, level text, dimensions text[],
            own text, filters jsonb, since date, until date
        )
    ),
    found AS MATERIALIZED (
        SELECT w.n, w.own, named.dimension, a.dimensions ->> named.dimension AS value,
            a.data_date, a.id, a.metrics, a.metric_states
        FROM asked w
        JOIN report_data_aggregates a ON a.series_hash = w.series
            AND a.instance_id = w.instance AND a.aggregation_type = w.level
            AND a.data_date >= w.since AND a.data_date < w.until
            AND a.aggregation_key = ANY (w.keys) AND a.dimension_key <> ''
        JOIN LATERAL unnest(w.dimensions) AS named (dimension) ON a.dimensions ? named.dimension
        WHERE a.dimensions ->> named.dimension = '{OTHER}' OR NOT EXISTS (
            SELECT FROM jsonb_array_elements(w.filters) f
            WHERE CAST(f ->> 'exclude' AS boolean)
                = (f -> 'values' ? (a.dimensions ->> named.dimension))
        )
    ),
    ranked AS MATERIALIZED (
        SELECT n, dimension, value, row_number() OVER (
            PARTITION BY n, dimension
            ORDER BY sum(CAST(metrics ->> own AS numeric)) DESC NULLS LAST, value
        ) AS place
        FROM found WHERE value <> '{OTHER}' GROUP BY n, dimension, value
    )
    SELECT found.n, found.dimension, found.value, found.data_date, found.id, found.metrics,
        found.metric_states
    FROM found JOIN ranked USING (n, dimension, value) WHERE place <= :most
    UNION ALL
    SELECT n, dimension, value, data_date, NULL, NULL, NULL FROM found WHERE value = '{OTHER}'
    ORDER BY n, dimension, value, data_date
    """  # noqa: S608  (the word is a constant)
)


async def read(
    session: AsyncSession, wanted: Sequence[Contents], level: Level, days: Days | None
) -> list[SourceRows]:
    """Read the periods of each of these contents that answer one question, and their values.

    Under the session's rights, in at most four statements.
    """
    to_read = PeriodsToRead(level, NEWEST, days)
    found = await reading.periods(session, [(one.source.ref, to_read) for one in wanted])
    known = await reading.known_series(session, (row for rows in found.values() for row in rows))
    chosen = [_chosen(one, level, found[one.source.ref, to_read], known) for one in wanted]
    values = await _values(session, chosen)
    filtered = await _filtered(session, chosen)
    return [
        replace(one, values=dict(values[number]), filtered=filtered.get(number))
        for number, one in enumerate(chosen)
    ]


def _chosen(
    wanted: Contents,
    level: Level,
    rows: Sequence[PeriodAggregate],
    known: Mapping[str, KnownSeries],
) -> SourceRows:
    """Choose the series as a widget does. Statistics need numbers that answer one question."""
    history = histories.choose(wanted.plan(level), wanted.source, rows, known)
    spans = history.spans(0, Days.spanning(one.period.days for one in rows)) if rows else ()
    return SourceRows(
        replace(wanted, source=history.source), level, history.alike[-NEWEST:], {}, spans
    )


async def _values(
    session: AsyncSession, chosen: Sequence[SourceRows]
) -> dict[int, dict[str, Values]]:
    """Read the largest values of the dimensions, in one statement."""
    values: dict[int, dict[str, Values]] = defaultdict(lambda: defaultdict(Values))
    asked = [
        row
        for number, one in enumerate(chosen)
        if one.periods and one.contents.dimensions
        for row in _asked(number, one)
    ]
    if asked:
        given = {"asked": orjson.dumps(asked).decode(), "most": MOST_VALUES}
        for row in await session.execute(VALUES, given):
            _keep(values[row.n][row.dimension], row)
    return values


def _asked(number: int, one: SourceRows) -> Iterator[dict[str, Any]]:
    """Yield what to read of each series that periods come from."""
    declared = declared_of(one.contents.source)
    additive = [name for name in one.contents.summed if declared[name].kind == "additive"]
    by_series: dict[str, list[PeriodAggregate]] = {}
    for row in one.periods:
        by_series.setdefault(row.series, []).append(row)
    for series, rows in by_series.items():
        yield {
            "n": number,
            "series": series,
            "keys": [row.period.key for row in rows],
            "instance": str(rows[0].instance_id),
            "level": one.level,
            "dimensions": one.contents.dimensions,
            "own": additive[0] if additive else None,
            "filters": [
                {"values": each.values, "exclude": each.exclude} for each in one.contents.filters
            ],
            "since": rows[0].period.start,
            "until": rows[-1].period.end,
        }


async def _filtered(
    session: AsyncSession, chosen: Sequence[SourceRows]
) -> dict[int, SourceNumbers]:
    """Read the sums of what filters let through, in one statement, where there are any."""
    asked = {
        number: _breakdown(one)
        for number, one in enumerate(chosen)
        if one.contents.filters and one.periods
    }
    found = await reading.breakdowns(session, asked)
    return {
        number: SourceNumbers(
            chosen[number].contents.source,
            breakdown.shown,
            {row.period.key: row for row in chosen[number].periods},
            breakdown,
            found[number],
        )
        for number, breakdown in asked.items()
    }


def _breakdown(one: SourceRows) -> Breakdown:
    shown = ShownPeriods(tuple(row.period for row in one.periods))
    series = {row.period.key: row.series for row in one.periods}
    plan = one.contents.plan(one.level)
    return plan.breakdown(one.contents.source, shown, series, one.periods[0].instance_id)


def _keep(values: Values, row: Any) -> None:
    if row.id is None:
        values.truncated.add(row.data_date)
        return
    of_value = values.rows.setdefault(row.value, {})
    of_value[row.data_date] = ValueRow(row.id, row.metrics, row.metric_states)
