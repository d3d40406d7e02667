"""The aggregates that widgets show, of any number of widgets in two statements.

The first reads whole periods, which also tells which there are and what they cover; the second
adds up the values of dimensions, so that thousands of values stay in the database. Both read the
newest series of a source under row-level security: the viewer's own, or of dashboards shown.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.aggregates.sums import OTHER
from domain.calendar.periods import Period
from domain.dashboards.sources import Ref
from domain.numbers.slices import ALL, BEFORE, NOW, REST, RESTS, WITHHELD, Cut, Slices, Whole
from domain.numbers.sums import Sum
from domain.numbers.windows import DAY, Need

WHOLES = text(
    """
    SELECT w.n, a.*
    FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w (
        n int, report uuid, workflow uuid, level text, most int, since date, until date
    )
    CROSS JOIN LATERAL (
        (
            SELECT series_hash, instance_id FROM report_data_aggregates
            WHERE report_id = w.report AND dimension_key = ''
            ORDER BY generation DESC LIMIT 1
        )
        UNION ALL
        (
            SELECT series_hash, instance_id FROM report_data_aggregates
            WHERE workflow_id = w.workflow AND dimension_key = ''
            ORDER BY generation DESC LIMIT 1
        )
    ) newest
    CROSS JOIN LATERAL (
        SELECT id, series_hash, instance_id, aggregation_type, aggregation_key, data_date,
            period_end_date, metrics, metric_states, state, coverage, is_provisional, by_utc_day,
            as_of, row_count, suppressed_rows
        FROM report_data_aggregates found
        WHERE found.series_hash = newest.series_hash AND found.instance_id = newest.instance_id
            AND found.aggregation_type = w.level AND found.dimension_key = ''
            AND found.data_date >= coalesce(w.since, '-infinity')
            AND found.data_date < coalesce(w.until, 'infinity')
        ORDER BY found.data_date DESC LIMIT w.most
    ) a
    ORDER BY w.n, a.data_date
    """
)
Wanted: TypeAlias = tuple[Ref, Need]


async def wholes(session: AsyncSession, wanted: Sequence[Wanted]) -> dict[Wanted, list[Whole]]:
    """The newest series' periods of each source, oldest first. One statement."""
    found: dict[Wanted, list[Whole]] = {one: [] for one in wanted}
    asked = list(found)
    rows = [_wanted(n, *one) for n, one in enumerate(asked)]
    for row in await session.execute(WHOLES, {"wanted": orjson.dumps(rows).decode()}):
        found[asked[row.n]].append(_whole(row))
    return found


def _wanted(number: int, ref: Ref, need: Need) -> dict[str, Any]:
    return {
        "n": number,
        **{
            kind.noun: str(ref[1]) if kind.source.prefix == ref[0] else None for kind in kinds.KINDS
        },
        "level": need.level,
        "most": need.most,
        "since": need.since,
        "until": need.until,
    }


def _whole(row: Any) -> Whole:
    end: date = row.period_end_date + DAY
    return Whole(
        row.id,
        row.series_hash,
        row.instance_id,
        Period(row.aggregation_type, row.aggregation_key, row.data_date, end),
        row.metrics,
        row.metric_states,
        row.state,
        row.coverage,
        row.is_provisional,
        row.by_utc_day,
        row.as_of,
        row.row_count,
        row.suppressed_rows,
    )


SLICES = text(
    f"""
    WITH wanted AS MATERIALIZED (
        SELECT * FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w (
            n int, series text, instance uuid, level text, dimension text, windows jsonb,
            names text[], by_period boolean, filters jsonb, top int, ascending boolean,
            own text, above text, below text
        )
    ),
    spans AS MATERIALIZED (
        SELECT w.n, w.series, w.instance, w.level, w.dimension, w.filters, win.*
        FROM wanted w CROSS JOIN LATERAL jsonb_to_recordset(w.windows) AS win (
            slot int, keys text[], since date, until date
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
        FROM found JOIN wanted USING (n)
        WHERE slot = {NOW} AND chosen AND value <> '{OTHER}' AND top IS NOT NULL
        GROUP BY n, value, own, above, below, ascending
    ),
    ranked AS MATERIALIZED (  -- once, and not for each row; no more than are shown
        SELECT n, value, place FROM (
            SELECT n, value, row_number() OVER (
                PARTITION BY n ORDER BY score DESC NULLS LAST, value
            ) AS place FROM scored
        ) AS placed_values JOIN wanted USING (n) WHERE place <= top
    ),
    placed AS (
        SELECT n, slot, key, metrics, metric_states, names,
            CASE WHEN by_period THEN key ELSE '' END AS period,
            CASE WHEN top IS NULL THEN {ALL} WHEN value IS NULL THEN {WITHHELD}
                WHEN place <= top THEN place ELSE {REST} END AS place,
            CASE WHEN place <= top THEN value END AS value,
            n IN (SELECT n FROM found WHERE value = '{OTHER}') AS has_rest
        FROM found JOIN wanted USING (n) LEFT JOIN ranked USING (n, value)
        WHERE chosen
    )
    SELECT n, slot, place, period, min(value) AS value, name, count(*) AS count,
        sum(CAST(metrics ->> name AS numeric)) AS total,
        array_agg(DISTINCT coalesce(metric_states ->> name, 'MISSING'))
            FILTER (WHERE metrics ->> name IS NULL) AS reasons,
        array_agg(DISTINCT key) FILTER (WHERE has_rest) AS keys
    FROM placed CROSS JOIN LATERAL unnest(names) AS name
    GROUP BY n, slot, place, period, name
    UNION ALL
    SELECT n, slot, {RESTS}, '', NULL, NULL, 0, NULL, NULL, array_agg(DISTINCT key)
    FROM found WHERE value = '{OTHER}' GROUP BY n, slot
    """  # noqa: S608  (the numbers and the word are ours)
)


async def slices(session: AsyncSession, cuts: Sequence[Cut]) -> list[Slices]:
    """The sums of each cut. One statement."""
    found = [Slices({}, {}, {}, {}) for _ in cuts]
    if not cuts:
        return found
    rows = [_cut(n, one) for n, one in enumerate(cuts)]
    for row in await session.execute(SLICES, {"wanted": orjson.dumps(rows).decode()}):
        _keep(found[row.n], row)
    return found


def _cut(number: int, one: Cut) -> dict[str, Any]:
    above, below = (*one.parts, None, None)[:2]
    windows = [(NOW, one.window.periods), (BEFORE, one.window.before)]
    return {
        "n": number,
        "series": one.series,
        "instance": str(one.instance_id),
        "level": one.window.periods[0].level,
        "dimension": one.dimension,
        "windows": [_window(slot, given) for slot, given in windows if given],
        "names": one.names,
        "by_period": one.by_period,
        "filters": [{"values": f.values, "exclude": f.exclude} for f in one.filters],
        "top": one.top,
        "ascending": one.ascending,
        "own": one.own,
        "above": above,
        "below": below,
    }


def _window(slot: int, given: Sequence[Period]) -> dict[str, Any]:
    return {
        "slot": slot,
        "keys": [one.key for one in given],
        "since": min(one.start for one in given),
        "until": max(one.end for one in given),
    }


def _keep(found: Slices, row: Any) -> None:
    if row.place == RESTS:
        found.rests[row.slot] = set(row.keys)
        return
    if row.value is not None:
        found.values[row.place] = row.value
    if row.keys:
        found.keys.setdefault((row.slot, row.place), set()).update(row.keys)
    total = None if row.total is None else Decimal(row.total)
    sums = found.sums.setdefault((row.slot, row.place, row.period), {})
    sums[row.name] = Sum(total, row.count, frozenset(row.reasons or ()))
