"""From a number back to where it came from: segments, their executions, their results."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Aggregate, ReportExecution, Week


async def executions(session: AsyncSession, weeks: list[Week]) -> dict[UUID, list[ReportExecution]]:
    """Every execution of each segment, newest first. One statement.

    A segment that took over an earlier result has the execution that brought it.
    """
    newest = {one.report_execution_id for one in weeks if one.report_execution_id is not None}
    rows = await session.scalars(
        select(ReportExecution)
        .where(
            or_(
                ReportExecution.week_id.in_([one.id for one in weeks]),
                ReportExecution.id.in_(newest),
            )
        )
        .order_by(ReportExecution.created_at.desc(), ReportExecution.id)
    )
    found = list(rows)
    return {
        week.id: [
            one for one in found if one.week_id == week.id or one.id == week.report_execution_id
        ]
        for week in weeks
    }


async def summaries(session: AsyncSession, weeks: list[Week]) -> dict[UUID, Any]:
    """Columns, totals and first rows of each result. One statement."""
    rows = await session.execute(
        select(Week.id, Week.data).where(Week.id.in_([one.id for one in weeks]))
    )
    return {row.id: row.data for row in rows}


async def of_aggregates(session: AsyncSession, aggregates: list[Any]) -> dict[UUID, list[Week]]:
    """The segments whose results each aggregate was made of, oldest first. One statement."""
    wanted = {key for one in aggregates for key in one.week_ids}
    rows = await session.scalars(select(Week).where(Week.id.in_(wanted)))
    known = {one.id: one for one in rows}
    return {one.id: [known[key] for key in one.week_ids if key in known] for one in aggregates}


async def of_numbers(session: AsyncSession, aggregates: list[UUID]) -> dict[UUID, list[Week]]:
    """The same of aggregates by their keys; nothing for whom only their numbers are shown."""
    rows = await session.execute(
        select(Aggregate.id, Week)
        .join(Week, Week.id == any_(Aggregate.week_ids))
        .where(Aggregate.id.in_(aggregates))
        .order_by(Week.week_start_date, Week.id)
    )
    found: dict[UUID, list[Week]] = {key: [] for key in aggregates}
    for key, week in rows:
        found[key].append(week)
    return found
