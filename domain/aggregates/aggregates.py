"""Computes the aggregates of the periods that new results touch.

1. `claim` leases the collection, and reads its new results and all segments of the periods that
   these touch. It holds the lock of the series and takes the next generation.
2. `compute` rolls these segments up in DuckDB, with no transaction open.
3. `record` writes the aggregates and deletes outdated ones of the same periods, under the lock of
   the series. If a segment was deleted meanwhile, it writes nothing and asks for a new claim.
4. `record` also marks the revisions it has counted. A newer revision is left for the next claim.
5. `fail` is called instead if a step raised. After TRIES the segments are marked as failed.

The generation numbers the claims of a series in the order of what they read. An older generation
never overwrites a newer one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any
from uuid import UUID

import duckdb
import orjson
from sqlalchemy import Date, Integer, Uuid, bindparam, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from domain import db, ids, leases, pool, scratch, storage
from domain.aggregates import rollups
from domain.aggregates.rollups import Rollup, SegmentResult
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar import units
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.collections import steps
from domain.collections.configs import week_start_of
from domain.executions import states
from domain.failures import Failure
from domain.leases import Held, Lease
from domain.models import Collection, Week
from domain.queries import sources
from domain.storage import FileLost
from domain.templates.metrics import ReportConfig

LEASE = Lease(
    Collection, until="aggregate_lease_until", fence="aggregate_fence", tries="aggregate_tries"
)
TAKEN = leases.taking(LEASE, leases.has_key(Collection))
UNDONE = "Its numbers could not be aggregated:"
TRIES = 5  # of new results, before they are given up


LOCK = db.constant("SELECT pg_advisory_xact_lock(hashtextextended(:series, 0))")
DIRTY = (
    select(Week.id, Week.revision, Week.week_start_date, Week.week_end_date)
    .where(Week.collection_id == bindparam("collection", type_=Uuid()), Week.needs_aggregation)
    .execution_options(constant=True)
)
NEXT = db.constant(
    """
    SELECT nextval('aggregate_generations'), a.marketplace_id
    FROM amc_instances i JOIN amc_accounts a ON a.id = i.account_id WHERE i.id = :instance
    """
)
# All results of a series in some days, whichever collection brought them.
RESULTS = (
    select(Week)
    .join(Collection, Collection.id == Week.collection_id)
    .where(
        Collection.series_hash == bindparam("series", type_=Text()),
        Collection.instance_id == bindparam("instance", type_=Uuid()),
        Week.week_start_date < bindparam("end", type_=Date()),
        Week.week_end_date >= bindparam("start", type_=Date()),
    )
    .order_by(Week.week_start_date, Week.id)
    .execution_options(constant=True)
)
THERE = db.constant(
    "SELECT count(*) FROM report_data_weeks WHERE id = ANY(:keys)",
    bindparam("keys", type_=ARRAY(Uuid())),
)
AGGREGATED = db.constant(
    """
    UPDATE report_data_weeks w SET needs_aggregation = false
    FROM unnest(:weeks, :revisions) AS counted (week, revision)
    WHERE w.id = counted.week AND w.revision = counted.revision
    """,
    bindparam("weeks", type_=ARRAY(Uuid())),
    bindparam("revisions", type_=ARRAY(Integer())),
)


@dataclass(frozen=True)
class Task:
    """A claim: what to compute, and from which results."""

    collection_id: UUID
    held: Held
    generation: int
    series: tuple[UUID | None, UUID | None, UUID, str]  # report, workflow, instance, hash
    config: ReportConfig
    zone: str
    dirty: dict[UUID, int]  # the new results: segments and their revisions
    segments: list[SegmentResult]  # their files are not fetched yet
    periods: list[Period]
    marketplace: str | None  # of the instance's account


async def claim(session: AsyncSession, subject: str) -> Task | None:
    """Claim the new results of a collection. Return None if there are none or it is leased."""
    collection_id = ids.decode("col", subject)
    collection = await leases.take_by(session, TAKEN, collection_id)
    if collection is None:
        return None
    series = collection.series_hash
    await _lock_series(session, series)
    dirty = (await session.execute(DIRTY, {"collection": collection_id})).all()
    if not dirty:
        leases.release(LEASE, collection)
        return None
    if collection.aggregate_tries > TRIES:
        await _give_up(session, collection, [row.id for row in dirty], leases.DIED)
        return None
    next_ = await session.execute(NEXT, {"instance": collection.instance_id})
    generation, marketplace = next_.one()
    touched = _touched(collection, [Days.from_last(row[2], row[3]) for row in dirty])
    query = await sources.query_of(session, collection)
    return Task(
        collection_id=collection_id,
        held=leases.held(LEASE, collection),
        generation=generation,
        series=(collection.report_id, collection.workflow_id, collection.instance_id, series),
        config=ReportConfig.model_validate(query.report_config),
        zone=collection.time_zone,
        dirty={row.id: row.revision for row in dirty},
        segments=await _segments(session, collection, touched),
        periods=touched,
        marketplace=marketplace,
    )


def _touched(collection: Collection, ranges: Sequence[Days]) -> list[Period]:
    """Return the periods that any of these ranges touches, each once."""
    week_start = week_start_of(collection)
    found = [one for days in ranges for one in units.touched(days, week_start)]
    return list(dict.fromkeys(found))


async def _segments(
    session: AsyncSession, collection: Collection, touched: Sequence[Period]
) -> list[SegmentResult]:
    """Return all results of the series in these periods, whichever collection brought them."""
    days = Days.spanning(one.days for one in touched)
    given = {
        "series": collection.series_hash,
        "instance": collection.instance_id,
        "start": days.start,
        "end": days.end,
    }
    rows = await session.scalars(RESULTS, given)
    return [SegmentResult.of_week(one) for one in rows]


async def compute(task: Task) -> list[Rollup]:
    """Roll up the claimed periods. Raises what the object store or DuckDB raises."""
    with scratch.folder() as folder:
        keys = {one.location for one in task.segments if one.location is not None}
        paths, above = await storage.fetch_all(keys, folder)
        fetched = [replace(one, path=paths.get(one.location or "")) for one in task.segments]
        return await pool.run(
            partial(rollups.aggregate, amounts=task.config.amounts(task.marketplace)),
            task.config,
            task.zone,
            fetched,
            task.periods,
            above,
        )


COLUMNS = """
    aggregation_type text, aggregation_key text, data_date date, period_end_date date,
    dimensions jsonb, dimension_key text, metrics jsonb, metric_states jsonb, state text,
    coverage jsonb, is_provisional boolean, by_utc_day boolean, as_of timestamptz,
    row_count integer, suppressed_rows integer, undated_rows integer, week_ids uuid[]
"""
NAMES = ", ".join(one.split()[0] for one in COLUMNS.split(","))
WRITE = db.constant(
    f"""
    INSERT INTO report_data_aggregates AS known (
        report_id, workflow_id, instance_id, series_hash, generation, {NAMES}
    )
    SELECT :report, :workflow, :instance, :series, :generation, {NAMES}
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS made ({COLUMNS})
    ON CONFLICT ON CONSTRAINT report_data_aggregates_series_key DO UPDATE SET
        {", ".join(f"{one.strip()} = excluded.{one.strip()}" for one in NAMES.split(","))},
        generation = excluded.generation
    WHERE known.generation < excluded.generation
    """
)
OUTDATED = db.constant(
    """
    DELETE FROM report_data_aggregates
    WHERE series_hash = :series AND instance_id = :instance AND generation < :generation
        AND (aggregation_type || ' ' || aggregation_key) = ANY(:touched)
    """,
    bindparam("touched", type_=ARRAY(Text())),
)


SHOWN_ON = db.constant(
    """
    WITH shown AS (
        SELECT d.id FROM dashboards d
        WHERE d.id IN (
            SELECT dashboard_id FROM dashboard_sources
            WHERE report_id = :report OR workflow_id = :workflow
        )
        ORDER BY d.id FOR NO KEY UPDATE
    )
    UPDATE dashboards SET data_version = data_version + 1 FROM shown
    WHERE dashboards.id = shown.id RETURNING dashboards.id
    """,
    bindparam("report", type_=Uuid()),
    bindparam("workflow", type_=Uuid()),
)
# Insights are made again of what somebody asked about within a month, or watches.
INSIGHTS_OF = db.constant(
    """
    WITH outdated AS (
        SELECT id FROM insight_runs
        WHERE (asked_at > now() - interval '31 days' OR dashboard_id IN (
            SELECT watched_dashboard_id FROM notice_targets WHERE is_active
        )) AND (
            report_id = :report
            OR dashboard_id IN (
                SELECT dashboard_id FROM dashboard_sources
                WHERE report_id = :report OR workflow_id = :workflow
            )
            OR dashboard_view_id IN (
                SELECT id FROM dashboard_views WHERE collection_id = :collection
            )
        )
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE insight_runs SET due_at = now() FROM outdated WHERE insight_runs.id = outdated.id
    RETURNING insight_runs.id
    """,
    *(bindparam(name, type_=Uuid()) for name in ("report", "workflow", "collection")),
)


async def record(session: AsyncSession, task: Task, found: Sequence[Rollup]) -> None:
    """Write the aggregates, unless the lease was lost meanwhile."""
    collection = await leases.lock(session, task.held)
    if collection is None:
        return
    await _lock_series(session, task.series[3])
    if not await _all_there(session, task):  # the segments that are left are aggregated again
        leases.release(LEASE, collection)
        bus.later(session, Job.AGGREGATE_COLLECTION, ids.encode("col", collection.id))
        return
    report, workflow, instance, series = task.series
    values = {"series": series, "instance": instance, "generation": task.generation}
    rows = orjson.dumps([_row(one) for one in found]).decode()
    await session.execute(WRITE, {**values, "report": report, "workflow": workflow, "rows": rows})
    touched = [f"{one.level} {one.key}" for one in task.periods]
    await session.execute(OUTDATED, {**values, "touched": touched})
    await tell_dashboards(session, report, workflow)
    await _renew_insights(session, task)
    await _mark_aggregated(session, task)
    _release(session, collection)


async def _lock_series(session: AsyncSession, series: str) -> None:
    """Hold the lock of a series until the commit. Nobody else reads, writes or deletes it then."""
    await session.execute(LOCK, {"series": series})


async def _all_there(session: AsyncSession, task: Task) -> bool:
    """Return whether every segment that was read still exists. Collections may be deleted."""
    keys = [one.id for one in task.segments]
    return bool(await session.scalar(THERE, {"keys": keys}) == len(keys))


async def tell_dashboards(
    session: AsyncSession, report: UUID | None, workflow: UUID | None
) -> None:
    """Count up the data version of each dashboard that shows these numbers, and announce it."""
    shown = await session.scalars(SHOWN_ON, {"report": report, "workflow": workflow})
    bus.changed(session, *shown)


async def _renew_insights(session: AsyncSession, task: Task) -> None:
    """Have the insights made again that these numbers may change."""
    report, workflow, _, _ = task.series
    given = {"report": report, "workflow": workflow, "collection": task.collection_id}
    for key in await session.scalars(INSIGHTS_OF, given):
        bus.later(session, Job.MAKE_INSIGHTS, key.hex)


def _row(one: Rollup) -> dict[str, Any]:
    dimensions = {} if one.dimension is None else {one.dimension: one.value}
    packed = orjson.dumps(dimensions).decode() if dimensions else ""
    return {
        "aggregation_type": one.period.level,
        "aggregation_key": one.period.key,
        "data_date": one.period.start,
        "period_end_date": one.period.days.last,
        "dimensions": dimensions,
        "dimension_key": packed,
        "metrics": one.metrics,
        "metric_states": one.states,
        "state": one.state,
        "coverage": one.coverage,
        "is_provisional": one.is_provisional,
        "by_utc_day": one.by_utc_day,
        "as_of": one.as_of,
        "row_count": one.row_count,
        "suppressed_rows": one.suppressed_rows,
        "undated_rows": one.undated_rows,
        "week_ids": [str(key) for key in one.segment_ids],
    }


async def _mark_aggregated(session: AsyncSession, task: Task) -> None:
    """Mark these revisions as aggregated. A newer revision is left for the next claim."""
    given = {"weeks": list(task.dirty), "revisions": list(task.dirty.values())}
    await session.execute(AGGREGATED, given)


def words(error: Exception) -> str | None:
    """Return the reason for a failure in words for people, or None for an unexpected error."""
    if isinstance(error, FileLost):
        return str(error)
    if isinstance(error, duckdb.Error):
        return f"A result file cannot be read: {type(error).__name__}."
    return None


async def fail(
    session: AsyncSession, subject: str, held: Held | None, task: Task | None, failure: Failure
) -> None:
    """Postpone the next try. After the last one, give up and write the reason on the segments."""
    known = Collection.id == ids.decode("col", subject)
    collection = await leases.lock_failed(session, LEASE, held, known)
    if collection is None:
        return
    collection.aggregate_tries = failure.used(collection.aggregate_tries, TRIES)
    if collection.aggregate_tries >= TRIES:
        dirty = list(task.dirty) if task else None
        await _give_up(session, collection, dirty, failure.message)
        return
    leases.postpone(LEASE, collection)
    collection.error_message = f"{UNDONE} {failure.message} It will be retried."
    steps.announce(session, collection)


async def _give_up(
    session: AsyncSession, collection: Collection, dirty: list[UUID] | None, why: str
) -> None:
    """Mark these segments, or all that wait for aggregation, as failed with the reason."""
    message = f"{UNDONE} {why}"
    which = Week.needs_aggregation if dirty is None else Week.id.in_(dirty)
    await session.execute(
        update(Week)
        .where(Week.collection_id == collection.id, which)
        .values(needs_aggregation=False, error_code="AGGREGATION_FAILED", error_message=message)
    )
    _release(session, collection)
    collection.error_message = message


def _release(session: AsyncSession, collection: Collection) -> None:
    leases.release(LEASE, collection)
    if (collection.error_message or "").startswith(UNDONE):
        collection.error_message = None
    steps.announce(session, collection)
    states.nudge_collections(session, collection.id)
