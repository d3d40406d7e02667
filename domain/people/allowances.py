"""How much one person may start and make within a time, counted as rows.

Counting and adding are one transaction under a lock of the person's, so the limits are exact
however many processes serve them. A repeat with an idempotency key adds no row and is not counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, func, select, text, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import RateLimited
from domain.models import AiInsight, Report, ReportExecution, WorkflowExecution
from domain.settings import settings
from domain.viewer import Viewer

BY_PEOPLE = ("manual", "api")  # schedules and collections have limits of their own


@dataclass(frozen=True)
class Allowance:
    """What is limited, in words, and the time within which it is counted."""

    noun: str
    done: str  # what the person has done with it
    do: str
    span: timedelta
    within: str  # the span in words


MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
EXECUTIONS = Allowance("execution", "started", "Start", MINUTE, "a minute")
REPORTS = Allowance("report", "made", "Make", HOUR, "an hour")
QUESTIONS = Allowance("question", "asked", "Ask", MINUTE, "a minute")


async def one_more_execution(session: AsyncSession, viewer: Viewer) -> None:
    """Whether the viewer may start an execution now. Raises RateLimited."""
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
    most = settings.executions_per_minute
    await _refuse_full(session, viewer, EXECUTIONS, select(started), most)


async def one_more_report(session: AsyncSession, viewer: Viewer) -> None:
    """Whether the viewer may make a report now. Raises RateLimited."""
    made = select(Report.created_at).where(
        Report.owner_id == viewer.user_id, Report.created_at > func.now() - HOUR
    )
    await _refuse_full(session, viewer, REPORTS, made, settings.reports_per_hour)


async def one_more_question(session: AsyncSession, viewer: Viewer) -> None:
    """Whether the viewer may ask a question now. Raises RateLimited."""
    asked = select(AiInsight.created_at).where(
        AiInsight.user_id == viewer.user_id, AiInsight.created_at > func.now() - MINUTE
    )
    await _refuse_full(session, viewer, QUESTIONS, asked, settings.questions_per_minute)


async def _refuse_full(
    session: AsyncSession, viewer: Viewer, of: Allowance, rows: Select[Any], most: int
) -> None:
    """Raise RateLimited, with the time from which there is room, if there is no room for one more.

    `rows` are the moments that count. A `most` of 0 is no limit.
    """
    if not most:
        return
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))"),
        {"what": f"{of.noun}s of {viewer.user_id}"},
    )
    # The rows are younger than this transaction less the span, and so is the one it adds. So no
    # span has more rows than allowed, by whatever moment within it one counts.
    newest = (await session.scalars(rows.order_by(text("created_at DESC")).limit(most))).all()
    if len(newest) < most:
        return
    free_at: datetime = newest[-1] + of.span
    raise RateLimited(
        f"You have {of.done} {_counted(most, of.noun)} within {of.within}, which is the most. "
        f"{of.do} this one from {free_at:%H:%M:%S} UTC.",
        retry_after=free_at,
    )


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
