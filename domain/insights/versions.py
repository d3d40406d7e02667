"""Which state of the data insights are made of, and when they are to be made again.

Insights of dashboards and reports are made when somebody asks for them, and again whenever the
data change within a month of that. Those of views are made with each view.
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain.bus import bus
from domain.bus.queues import Job
from domain.insights.finding import VERSION as METHODS
from domain.models import InsightRun

# A dashboard counts the changes of its numbers and of its widgets. A claim of aggregates raises
# the generation of its series.
VERSION = """
    CASE
        WHEN r.dashboard_id IS NOT NULL THEN (
            SELECT d.data_version || '.' || d.version FROM dashboards d WHERE d.id = r.dashboard_id
        )
        WHEN r.report_id IS NOT NULL THEN (
            SELECT coalesce(max(a.generation), 0)::text FROM report_data_aggregates a
            WHERE a.report_id = r.report_id AND a.dimension_key = ''
        )
        ELSE (
            SELECT extract(epoch FROM v.last_updated) || '.' || coalesce((
                SELECT max(a.generation) FROM report_data_aggregates a
                JOIN report_data_collections c ON c.series_hash = a.series_hash
                    AND c.instance_id = a.instance_id
                WHERE c.id = v.collection_id AND a.dimension_key = ''
            ), 0)
            FROM dashboard_views v WHERE v.id = r.dashboard_view_id
        )
    END
"""
# Other methods find other things in the same data.
PRESENT = f"(coalesce({VERSION}, '') || ' {METHODS}')"
VERSIONS = text(
    f"SELECT r.id, {PRESENT} AS version FROM insight_runs r "  # noqa: S608
    "WHERE r.id = ANY(:ids)"
).bindparams(bindparam("ids", type_=ARRAY(Uuid())))
ASKED = """
    WITH outdated AS (
        SELECT r.id, r.data_version IS DISTINCT FROM {version} AS has_changed
        FROM insight_runs r
        WHERE r.{column} = ANY(:ids) AND (
            r.asked_at < now() - interval '1 day'
            OR (r.due_at IS NULL AND r.data_version IS DISTINCT FROM {version})
        )
        ORDER BY r.id FOR NO KEY UPDATE SKIP LOCKED
    )
    UPDATE insight_runs SET asked_at = now(),
        due_at = CASE WHEN has_changed THEN coalesce(due_at, now()) ELSE due_at END
    FROM outdated WHERE insight_runs.id = outdated.id
"""
DUE = """
    SELECT id FROM insight_runs WHERE {column} = ANY(:ids) AND due_at <= now()
        AND (lease_until IS NULL OR lease_until < now())
"""


async def of(session: AsyncSession, runs: Sequence[InsightRun]) -> dict[UUID, str]:
    """Return the present state of the data of each run, in one statement."""
    rows = await session.execute(VERSIONS, {"ids": [one.id for one in runs]})
    return {row.id: row.version for row in rows}


async def asked(session: AsyncSession, column: str, keys: Sequence[UUID]) -> None:
    """Note that somebody asked for the insights of these rows, and have outdated ones made again.

    `column` names what they are: dashboard_view_id, dashboard_id or report_id. Three statements.
    """
    rows = [{column: key} for key in sorted(keys)]
    await session.execute(insert(InsightRun).values(rows).on_conflict_do_nothing())
    for statement in (ASKED, DUE):
        sql = text(statement.format(column=column, version=PRESENT))
        found = await session.execute(
            sql.bindparams(bindparam("ids", type_=ARRAY(Uuid()))), {"ids": sorted(keys)}
        )
    for row in found:
        bus.later(session, Job.MAKE_INSIGHTS, row.id.hex)


async def runs(session: AsyncSession, column: str, keys: Sequence[UUID]) -> dict[UUID, InsightRun]:
    """Return the run of each of these rows that has one, in one statement."""
    mine = getattr(InsightRun, column)
    rows = await session.scalars(select(InsightRun).where(mine.in_(keys)))
    return {getattr(row, column): row for row in rows}
