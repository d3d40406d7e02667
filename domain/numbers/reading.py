"""Reads the aggregates that plans ask for.

1. `periods` reads the whole periods of all widgets in one statement, and thereby says which exist.
2. `breakdowns` adds up the values of dimensions of all widgets in one statement.

`domain/numbers/results.py` reads what no aggregate has. Every series of a source is read under
row-level security; `domain/numbers/histories.py` chooses among them.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

import orjson
from pydantic import ValidationError
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.util import LRUCache

from domain import kinds, models
from domain.aggregates.sums import OTHER
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.dashboards.sources import Ref
from domain.numbers.histories import KnownSeries
from domain.numbers.plans import Breakdown, PeriodsToRead
from domain.numbers.sums import (
    ALL,
    COMPARED,
    REST,
    SHOWN,
    WITHHELD,
    BreakdownSums,
    PeriodAggregate,
    Sum,
)
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
