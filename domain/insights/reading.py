"""Reads the aggregates of boards: whole weeks in one statement, values of dimensions in another."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.aggregates.sums import OTHER
from domain.calendar.days import Days
from domain.calendar.units import Level
from domain.insights.contents import Contents
from domain.numbers import histories, reading
from domain.numbers.datasets import PeriodAggregate
from domain.numbers.plans import PeriodsToRead, declared_of

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


# A value that a period lacks is nothing there, unless the period keeps too few values.
VALUES = text(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:asked AS jsonb)) AS w (
            n int, series text, instance uuid, level text, dimensions text[], own text,
            since date, until date
        )
    ),
    found AS MATERIALIZED (
        SELECT w.n, w.own, named.dimension, a.dimensions ->> named.dimension AS value,
            a.data_date, a.id, a.metrics, a.metric_states
        FROM asked w
        JOIN report_data_aggregates a ON a.series_hash = w.series
            AND a.instance_id = w.instance AND a.aggregation_type = w.level
            AND a.data_date >= w.since AND a.data_date < w.until AND a.dimension_key <> ''
        JOIN LATERAL unnest(w.dimensions) AS named (dimension) ON a.dimensions ? named.dimension
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
    """Read one series of each source under the session's rights, in three statements."""
    to_read = PeriodsToRead(level, NEWEST, days)
    found = await reading.periods(session, [(one.source.ref, to_read) for one in wanted])
    known = await reading.known_series(session, (row for rows in found.values() for row in rows))
    periods = [
        histories.single(one.source, one.summed, found[one.source.ref, to_read], known)
        for one in wanted
    ]
    asked = [
        _asked(number, one, level, rows)
        for number, (one, rows) in enumerate(zip(wanted, periods, strict=True))
        if rows and one.dimensions
    ]
    values: dict[int, dict[str, Values]] = defaultdict(lambda: defaultdict(Values))
    if asked:
        given = {"asked": orjson.dumps(asked).decode(), "most": MOST_VALUES}
        for row in await session.execute(VALUES, given):
            _keep(values[row.n][row.dimension], row)
    return [
        SourceRows(one, level, rows, dict(values[number]))
        for number, (one, rows) in enumerate(zip(wanted, periods, strict=True))
    ]


def _newest(rows: Sequence[PeriodAggregate]) -> list[PeriodAggregate]:
    """Return the periods of the series that was computed last. Series are never mixed."""
    if not rows:
        return []
    series = max(rows, key=lambda one: (one.generation, one.series)).series
    return [one for one in rows if one.series == series]


def _asked(
    number: int, wanted: Contents, level: Level, periods: Sequence[PeriodAggregate]
) -> dict[str, Any]:
    declared = declared_of(wanted.source)
    additive = [name for name in wanted.summed if declared[name].kind == "additive"]
    return {
        "n": number,
        "series": periods[0].series,
        "instance": str(periods[0].instance_id),
        "level": level,
        "dimensions": wanted.dimensions,
        "own": additive[0] if additive else None,
        "since": periods[0].period.start,
        "until": periods[-1].period.end,
    }


def _keep(values: Values, row: Any) -> None:
    if row.id is None:
        values.truncated.add(row.data_date)
        return
    of_value = values.rows.setdefault(row.value, {})
    of_value[row.data_date] = ValueRow(row.id, row.metrics, row.metric_states)
