"""Traces a number back to the segments, executions and results that it was computed from."""

from typing import Any
from uuid import UUID

from sqlalchemy import any_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Aggregate, ReportExecution, Week

MOST_SEGMENTS = 92  # of an aggregate: the days of a quarter


async def executions(session: AsyncSession, weeks: list[Week]) -> dict[UUID, list[ReportExecution]]:
    """Return the executions of each segment, newest first, in one statement.

    If a segment reuses an earlier result, the execution that brought it is one of them.
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
    """Return the columns, totals and first rows of each segment's result, in one statement."""
    rows = await session.execute(
        select(Week.id, Week.data).where(Week.id.in_([one.id for one in weeks]))
    )
    return {row.id: row.data for row in rows}


async def of_aggregates(session: AsyncSession, aggregates: list[Any]) -> dict[UUID, list[Week]]:
    """Return the segments that each aggregate was computed from, oldest first, in one statement."""
    wanted = {key for one in aggregates for key in one.week_ids}
    rows = await session.scalars(select(Week).where(Week.id.in_(wanted)))
    known = {one.id: one for one in rows}
    return {one.id: [known[key] for key in one.week_ids if key in known] for one in aggregates}


async def of_numbers(session: AsyncSession, aggregates: list[UUID]) -> dict[UUID, list[Week]]:
    """Return the segments of aggregates, given by primary key, in one statement.

    A viewer who sees only the numbers, through a shared dashboard, gets no segments.
    """
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
