"""Finds the results to draw, for each enabled configuration.

There is no queue. A finished execution or collection of an enabled report or workflow is pending
until it is processed. It is due at once, or after the pause that follows a failed try.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.models import Collection, ReportConfiguration

TRIES = 6  # tries to draw a result, before it is given up
MODELS: dict[str, Any] = {
    **{kind.execution.prefix: kind.execution.model for kind in kinds.KINDS},
    "col": Collection,
}
OPEN = """
    NOT dashboard_processed AND CASE WHEN dashboard_due_at IS NULL
        THEN dashboard_attempts < :tries ELSE dashboard_due_at <= now() END
"""
# A result with gaps at AMC has no view of its own: it would look complete. Neither has the
# execution of a segment, not even after its collection was deleted.
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
DUE = f"""
    SELECT c.id, min(pending.since) AS since {PENDING} WHERE {FREE} GROUP BY c.id
    UNION ALL
    SELECT c.id, c.redraw_at FROM report_configurations c
    WHERE {FREE} AND c.redraw_at IS NOT NULL
"""  # noqa: S608


async def first(
    session: AsyncSession, configuration: ReportConfiguration
) -> tuple[str, UUID] | None:
    """Return the kind and primary key of the due result that has waited longest."""
    found = await session.execute(NEXT, {"id": configuration.id, "tries": TRIES})
    row = found.one_or_none()
    return None if row is None else (row.kind, row.id)


async def look_back(session: AsyncSession, configuration: ReportConfiguration) -> None:
    """Make the newest execution and the newest collection pending again, after a change.

    Older results from before the configuration was enabled are marked as processed and get no view.
    Existing views stay.
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
