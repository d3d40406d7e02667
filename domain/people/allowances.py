"""How much one person may start and make within a time, counted as rows.

Counting and adding are one transaction under a lock of the person's, so the limits are exact
however many processes serve them. A repeat with an idempotency key adds no row and is not counted.
"""

from datetime import datetime, timedelta

from sqlalchemy import Select, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import RateLimited
from domain.models import AiInsight, Report, ReportExecution, WorkflowExecution
from domain.settings import settings
from domain.viewer import Viewer

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
BY_PEOPLE = ("manual", "api")  # schedules and collections have limits of their own


async def one_more_execution(session: AsyncSession, viewer: Viewer) -> None:
    """Whether the viewer may start an execution now. Raises RateLimited."""
    most = settings.executions_per_minute
    started = union_all(
        *(
            select(model.created_at).where(
                model.user_id == viewer.user_id,
                model.triggered_by.in_(BY_PEOPLE),
                model.created_at > func.now() - MINUTE,
            )
            for model in (ReportExecution, WorkflowExecution)
        )
    ).subquery()
    free_at = await _full(session, f"executions of {viewer.user_id}", select(started), most, MINUTE)
    if free_at is not None:
        raise RateLimited(
            f"You have started {_counted(most, 'execution')} within a minute, which is the most. "
            f"Start this one from {free_at:%H:%M:%S} UTC.",
            retry_after=free_at,
        )


async def one_more_report(session: AsyncSession, viewer: Viewer) -> None:
    """Whether the viewer may make a report now. Raises RateLimited."""
    most = settings.reports_per_hour
    made = (
        select(Report.created_at)
        .where(Report.owner_id == viewer.user_id, Report.created_at > func.now() - HOUR)
        .subquery()
    )
    free_at = await _full(session, f"reports of {viewer.user_id}", select(made), most, HOUR)
    if free_at is not None:
        raise RateLimited(
            f"You have made {_counted(most, 'report')} within an hour, which is the most. "
            f"Make this one from {free_at:%H:%M:%S} UTC.",
            retry_after=free_at,
        )


async def one_more_question(session: AsyncSession, viewer: Viewer) -> None:
    """Whether the viewer may ask a question now. Raises RateLimited."""
    most = settings.questions_per_minute
    asked = (
        select(AiInsight.created_at)
        .where(AiInsight.user_id == viewer.user_id, AiInsight.created_at > func.now() - MINUTE)
        .subquery()
    )
    free_at = await _full(session, f"questions of {viewer.user_id}", select(asked), most, MINUTE)
    if free_at is not None:
        raise RateLimited(
            f"You have asked {_counted(most, 'question')} within a minute, which is the most. "
            f"Ask this one from {free_at:%H:%M:%S} UTC.",
            retry_after=free_at,
        )


async def _full(
    session: AsyncSession, what: str, rows: Select[datetime], most: int, span: timedelta
) -> datetime | None:
    """When there is room for one more, if there is none now."""
    if not most:
        return None
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"), {"what": what}
    )
    # The rows are younger than this transaction less the span, and so is the one it adds. So no
    # span has more rows than allowed, by whatever moment within it one counts.
    newest = (await session.scalars(rows.order_by(text("created_at DESC")).limit(most))).all()
    return newest[-1] + span if len(newest) == most else None


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
