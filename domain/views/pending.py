"""What is to be drawn: asked of executions and collections by the configurations that are enabled.

Nothing is queued: a result of an enabled source that is over and not processed is to be drawn, at
once or when its pause is over.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, ids, kinds
from domain.models import Collection, ReportConfiguration

TRIES = 6  # until what cannot be drawn is given up, and said so
MODELS: dict[str, Any] = {
    **{kind.execution.prefix: kind.execution.model for kind in kinds.KINDS},
    "col": Collection,
}
OPEN = """
    NOT dashboard_processed AND CASE WHEN dashboard_due_at IS NULL
        THEN dashboard_attempts < :tries ELSE dashboard_due_at <= now() END
"""
# What AMC had gaps for is not drawn by itself: it would look like a result without any.
# What a collection brought is never drawn by itself, not even once that was deleted.
FIT = (
    "outcome IN ('DATA', 'EMPTY', 'SUPPRESSED') AND week_id IS NULL AND triggered_by <> 'backfill'"
)
OVER = "status IN ('completed', 'partial', 'cancelled') AND weeks_completed > 0"
SINCE = "id, coalesce(dashboard_due_at, completed_at) AS since"
RUNS = kinds.union_all(
    f"""
    SELECT '{{kind.execution.prefix}}' AS kind, {SINCE} FROM {{kind.execution.name}}
    WHERE {{kind.source.key}} = c.{{kind.source.key}} AND status = '{{kind.words[completed]}}'
        AND {FIT} AND {OPEN}
    """  # noqa: S608
)
PENDING = f"""
    FROM report_configurations c CROSS JOIN LATERAL (
        {RUNS}
        UNION ALL
        SELECT 'col', {SINCE} FROM report_data_collections
        WHERE (report_id = c.report_id OR workflow_id = c.workflow_id) AND {OVER} AND {OPEN}
    ) pending
"""  # noqa: S608
NEXT = text(
    f"SELECT pending.kind, pending.id {PENDING} WHERE c.id = :id "
    "ORDER BY pending.since, pending.id LIMIT 1"
)
FREE = "c.enabled AND (c.lease_until IS NULL OR c.lease_until < now())"
DUE = text(
    f"""
    SELECT c.id, min(pending.since) AS since {PENDING} WHERE {FREE} GROUP BY c.id
    UNION ALL
    SELECT c.id, c.redraw_at FROM report_configurations c
    WHERE {FREE} AND c.redraw_at IS NOT NULL
    ORDER BY since LIMIT :most
    """  # noqa: S608
)


async def overdue(session: AsyncSession, limit: int) -> dict[tuple[bus.Job, str], datetime]:
    """What the clock nudges: configurations with something to draw that nobody is at."""
    rows = await session.execute(DUE, {"tries": TRIES, "most": limit})
    return {(bus.Job.MAKE_VIEWS, ids.encode("conf", row.id)): row.since for row in rows}


async def first(
    session: AsyncSession, configuration: ReportConfiguration
) -> tuple[str, UUID] | None:
    """The kind and key of what has waited longest, of what is due."""
    found = await session.execute(NEXT, {"id": configuration.id, "tries": TRIES})
    row = found.one_or_none()
    return None if row is None else (row.kind, row.id)


async def look_back(session: AsyncSession, configuration: ReportConfiguration) -> None:
    """Have the newest execution and the last collection drawn anew; what was before stays.

    What came before it was enabled and is not the newest is done with, without a view.
    """
    of = kinds.of(configuration)
    column = of.source.key
    for kind in (of.execution.prefix, "col"):
        model = MODELS[kind]
        over = text(OVER if kind == "col" else FIT)
        source = getattr(model, column) == getattr(configuration, column)
        newest = await session.scalar(
            select(model.id).where(source, over).order_by(model.completed_at.desc()).limit(1)
        )
        if newest is None:
            continue
        await session.execute(
            update(model)
            .where(source, over, model.id != newest, model.completed_at < configuration.enabled_at)
            .where(~model.dashboard_processed, model.dashboard_processing_error.is_(None))
            .values(dashboard_processed=True)
        )
        await session.execute(
            update(model)
            .where(model.id == newest)
            .values(
                dashboard_processed=False,
                dashboard_processing_error=None,
                dashboard_attempts=0,
                dashboard_due_at=None,
            )
        )
    configuration.redraw_at = None
