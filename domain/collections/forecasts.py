"""Forecasts how long a collection takes, from how long executions took on its instance."""

import math
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, moments
from domain.calendar.days import DAY
from domain.models import Instance

# Used without a history. AMC takes seconds for small queries, and often a quarter of an hour.
UNKNOWN = (30.0, 900.0)  # seconds
ENOUGH = 5  # executions that make a history
LOOKED_AT = 50  # newest executions
OF_INSTANCE = db.constant(
    """
    SELECT count(*) AS number,
        percentile_cont(0.25) WITHIN GROUP (ORDER BY seconds) AS low,
        percentile_cont(0.75) WITHIN GROUP (ORDER BY seconds) AS high
    FROM (
        SELECT extract(epoch FROM completed_at - started_at) AS seconds
        FROM report_executions
        WHERE instance_id = :instance AND status = 'completed'
        ORDER BY created_at DESC, id DESC LIMIT :newest
    ) AS newest
    """
)
OF_TODAY = text(
    """
    SELECT (SELECT count(*) FROM report_executions
            WHERE instance_id = :instance AND started_at >= :midnight)
         + (SELECT count(*) FROM workflow_executions
            WHERE instance_id = :instance AND started_at >= :midnight)
    """
)


@dataclass(frozen=True)
class Pace:
    """How many seconds an execution takes: the lower and the upper quartile.

    `known` says whether they were measured.
    """

    low: float
    high: float
    known: bool


@dataclass(frozen=True)
class DayShare:
    """How many executions run on a day within the daily quota."""

    day: date
    executions: int


async def pace(session: AsyncSession, instance_id: UUID) -> Pace:
    """Measure how long the newest executions of the instance took."""
    row = (await session.execute(OF_INSTANCE, {"instance": instance_id, "newest": LOOKED_AT})).one()
    if row.number < ENOUGH:
        return Pace(*UNKNOWN, known=False)
    return Pace(float(row.low), float(row.high), known=True)


def slots(instance: Instance, parallel_limit: int) -> int:
    """Return how many executions of a collection run at once if nothing else runs."""
    return max(1, min(parallel_limit, instance.max_concurrent - instance.schedule_reserve))


def shares(executions: int, quota: int | None, left_today: int, today: date) -> list[DayShare]:
    """Split the executions into days within the daily quota."""
    if executions == 0:
        return []
    if quota is None:
        return [DayShare(today, executions)]
    found = [DayShare(today, min(executions, left_today))] if left_today > 0 else []
    rest = executions - sum(one.executions for one in found)
    day = today
    while rest > 0:
        day += DAY
        found.append(DayShare(day, min(rest, quota)))
        rest -= quota
    return found


def between(
    now: datetime, executions: int, at_once: int, known: Pace, days: list[DayShare]
) -> tuple[datetime, datetime]:
    """Return the earliest and the latest moment at which the last execution is likely to end."""
    if executions == 0:
        return now, now
    last = days[-1] if days else DayShare(now.date(), executions)
    begins = now
    if last.day > now.date():
        midnight = datetime(last.day.year, last.day.month, last.day.day, tzinfo=now.tzinfo)
        begins = midnight
    rounds = math.ceil(last.executions / at_once)
    low, high = (timedelta(seconds=rounds * seconds) for seconds in (known.low, known.high))
    return begins + low, begins + high


async def left_today(session: AsyncSession, instance: Instance) -> int:
    """Return how many executions the quota allows for the rest of today. No quota: a million."""
    if instance.daily_quota is None:
        return 1_000_000
    midnight = moments.now().replace(hour=0, minute=0, second=0, microsecond=0)
    values: dict[str, Any] = {"instance": instance.id, "midnight": midnight}
    used = await session.scalar(OF_TODAY, values)
    return max(0, instance.daily_quota - int(used or 0))


async def forecast(
    session: AsyncSession, instance: Instance, executions: int, parallel_limit: int
) -> tuple[datetime, datetime]:
    """Return when this many executions are likely to end, earliest and latest, if started now."""
    now = moments.now()
    left = await left_today(session, instance)
    days = shares(executions, instance.daily_quota, left, now.date())
    known = await pace(session, instance.id)
    return between(now, executions, slots(instance, parallel_limit), known, days)
