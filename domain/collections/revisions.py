"""Revisions of a segment: its earlier results, and how each metric differs from the one before."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import any_, bindparam, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Uuid

from domain import db
from domain.models import Week, WeekRevision

WEEKS = bindparam("weeks", type_=ARRAY(Uuid()))
PREVIOUS = db.constant(
    """
    SELECT DISTINCT ON (week_id) week_id, totals FROM report_week_revisions
    WHERE week_id = ANY(:weeks) ORDER BY week_id, revision DESC
    """,
    WEEKS,
)
PRESENT = select(
    Week.id.label("week_id"),
    Week.revision,
    Week.report_execution_id,
    Week.workflow_execution_id,
    Week.data_checksum.label("checksum"),
    Week.outcome,
    Week.row_count,
    Week.result_location,
    Week.is_provisional,
    Week.data["totals"].label("totals"),
).where(Week.id == any_(WEEKS))
PRESENT = PRESENT.execution_options(constant=True)
SETTLE = text(
    """
    UPDATE report_data_aggregates a SET is_provisional = coalesce((
        SELECT bool_or(w.is_provisional) FROM report_data_weeks w WHERE w.id = ANY(a.week_ids)
    ), false)
    WHERE a.series_hash = :series AND a.week_ids && :weeks
    """
).bindparams(WEEKS)


async def add(session: AsyncSession, week_ids: Sequence[UUID]) -> None:
    """Keep the present results of these segments as revisions, with the differences."""
    known = {
        row.week_id: row.totals
        for row in await session.execute(PREVIOUS, {"weeks": list(week_ids)})
    }
    for row in await session.execute(PRESENT, {"weeks": list(week_ids)}):
        totals = row.totals or {}
        before = known.get(row.week_id)
        changed = None if before is None else difference(before, totals)
        values = {**row._mapping, "totals": totals, "difference": changed}
        session.add(WeekRevision(**values))
    await session.flush()


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what changed, by metric, as decimal strings. Unchanged metrics are left out."""
    found: dict[str, Any] = {}
    for name in sorted({*before, *after}):
        was, now = before.get(name), after.get(name)
        if was == now:
            continue
        both = was is not None and now is not None
        change = str(Decimal(str(now)) - Decimal(str(was))) if both else None
        found[name] = {"before": was, "after": now, "change": change}
    return found


async def settle(session: AsyncSession, series: str, week_ids: Sequence[UUID]) -> None:
    """Clear the provisional flag of aggregates whose segments are settled and did not change."""
    await session.execute(SETTLE, {"series": series, "weeks": week_ids})
