"""Questions about the numbers of a dashboard or report, answered from aggregates and kept.

1. The names and days that the asker may see are read (`reading.ground`).
2. The grammar understands the question (`grammar`), with the one before it in its conversation.
3. The numbers that it needs are read (`reading.wholes`, `reading.broken_down`), and answer it.
4. The answer is kept, with everything that it was made of.

The transaction is the asker's, so row-level security decides what an answer can be made of.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, pool
from domain.bus import bus
from domain.bus.queues import Job
from domain.calendar.days import Days
from domain.dashboards import dashboards, sources
from domain.dashboards.sources import WidgetSource
from domain.errors import Invalid, NotFound
from domain.insights import boards
from domain.insights.reading import SourceRows
from domain.models import AiInsight, Dashboard, Report
from domain.people import access, allowances
from domain.problems import check_name, refuse
from domain.questions import answering, findings, grammar, model, reading
from domain.questions.answers import Answer, Lacking
from domain.questions.frames import Frame
from domain.questions.grammar import LONGEST
from domain.questions.names import Catalog
from domain.questions.reading import Ground
from domain.questions.understood import Unclear, Understood
from domain.settings import settings
from domain.viewer import Viewer

WORTH_WORDING = (None, "NOT_UNDERSTOOD", "UNKNOWN_NAME", "NO_METRIC")
NO_DATA = "No results have been collected yet, so there is nothing to answer from."
MOST_NUMBERS = 60  # that an answer tells
MOST_IDS = 366  # aggregates of a number
VERSION = "questions-1"  # of the grammar and of how answers are made


@dataclass(frozen=True)
class Question:
    """What is asked about which dashboard or report, in which conversation."""

    text: str
    dashboard_id: str | None = None
    report_id: str | None = None
    conversation_id: str | None = None


@dataclass(frozen=True)
class About:
    """What a question is about, and its sources as the asker may see them."""

    dashboard: Dashboard | None
    report: Report | None
    sources: list[WidgetSource]

    @property
    def columns(self) -> dict[str, UUID | None]:
        """The columns of an answer that name it."""
        return {
            "dashboard_id": self.dashboard.id if self.dashboard else None,
            "report_id": self.report.id if self.report else None,
        }


async def ask(session: AsyncSession, viewer: Viewer, question: Question) -> AiInsight:
    """Answer a question and keep the answer. A question that cannot be answered says why.

    Raises Problems, NotFound for what the viewer may not see, and RateLimited.
    """
    refuse(check_name("question", question.text, LONGEST))
    if (question.dashboard_id is None) == (question.report_id is None):
        raise Invalid("Name either a dashboard or a report.", field="reportId")
    await allowances.one_more_question(session, viewer)
    about = await _about(session, question)
    conversation, before = await _conversation(session, viewer, question, about)
    answer = await answered(session, about, question.text, before)
    is_worded = await _may_be_worded(session, viewer, answer)
    row = AiInsight(
        id=uuid4(),
        user_id=viewer.user_id,
        conversation_id=conversation,
        query_text=question.text,
        **about.columns,
        **columns(answer),
        wording="pending" if is_worded else "plain",
        due_at=func.now() if is_worded else None,
    )
    session.add(row)
    await session.flush()
    if is_worded:
        bus.later(session, Job.WORD_ANSWER, row.id.hex)
    return row


async def _may_be_worded(session: AsyncSession, viewer: Viewer, answer: Answer) -> bool:
    """Whether a language model is asked: it is set, may add something, and is within budget."""
    if not model.is_on() or answer.code not in WORTH_WORDING:
        return False
    asked = await session.scalar(
        select(func.count()).where(
            AiInsight.user_id == viewer.user_id,
            AiInsight.wording != "plain",
            AiInsight.created_at > func.now() - timedelta(days=1),
        )
    )
    return (asked or 0) < settings.ai_answers_per_day


async def _about(session: AsyncSession, question: Question) -> About:
    if question.dashboard_id is not None:
        dashboard = await dashboards.get(session, question.dashboard_id, field="dashboardId")
        shown = await sources.shown(session, [dashboard])
        return About(dashboard, None, shown[dashboard.id])
    report = await access.get(session, "rpt", Report, question.report_id or "", field="reportId")
    visible = await sources.visible(session, {("rpt", report.id)})
    return About(None, report, list(visible.values()))


async def _conversation(
    session: AsyncSession, viewer: Viewer, question: Question, about: About
) -> tuple[UUID, Understood | None]:
    """The conversation's key, and the newest question of it that was understood."""
    if question.conversation_id is None:
        return uuid4(), None
    key = ids.decode("conv", question.conversation_id, field="conversationId")
    same = [getattr(AiInsight, name) == value for name, value in about.columns.items() if value]
    contexts = await session.scalars(
        select(AiInsight.data_context)
        .where(AiInsight.conversation_id == key, AiInsight.user_id == viewer.user_id, *same)
        .order_by(AiInsight.created_at.desc(), AiInsight.id)
        .limit(10)
    )
    kept = contexts.all()
    if not kept:
        raise NotFound(
            f"There is no conversation {question.conversation_id!r} about this.",
            field="conversationId",
        )
    understood = next((one["asked"] for one in kept if one.get("asked")), None)
    return key, understood and Understood.of_json(understood)


async def answered(
    session: AsyncSession, about: About, text: str, before: Understood | None
) -> Answer:
    """Answer a question in words, under the session's rights."""
    ground = await reading.ground(session, about.sources, about.columns["dashboard_id"])
    if not ground.sources:
        return Answer(NO_DATA, code="NOT_COVERED")
    catalog = await pool.run(ground.catalog)
    understood = await pool.run(_understood, text, catalog, ground, before)
    if isinstance(understood, Unclear):
        return answering.unclear(understood)
    return await of_asked(session, ground, understood)


def _understood(
    text: str, catalog: Catalog, ground: Ground, before: Understood | None
) -> Understood | Unclear:
    return grammar.understand(text, catalog, ground.known, before)


async def of_asked(session: AsyncSession, ground: Ground, asked: Understood) -> Answer:
    """Answer a question that is understood, in a few statements."""
    if asked.kind == "attention" and not (asked.metrics or asked.values):
        return await pool.run(_noteworthy, asked, await reading.insights(session, ground))
    source, known = ground.sources[asked.source], ground.known[asked.source]
    read = await reading.wholes(session, source, asked.metrics, known.week_start)
    numbers = await pool.run(read.numbers)
    framed = answering.frame(asked, numbers, ground.dimensions(asked.source))
    if isinstance(framed, Answer):
        return framed
    if framed.breakdown is not None:
        rows = await reading.broken_down(session, read, framed.breakdown)
        numbers = await pool.run(reading.with_values, numbers, rows)
    return await pool.run(_answer, framed, numbers)


def _noteworthy(asked: Understood, rows: list[SourceRows]) -> Answer:
    try:
        return findings.noteworthy(asked, boards.build(rows), asked.days)
    except Lacking as lacking:
        return answering.refused(asked, lacking)


def _answer(framed: Frame, numbers: Any) -> Answer:
    return answering.answer(framed, numbers)


def columns(answer: Answer) -> dict[str, Any]:
    """The columns of a row that keep an answer."""
    asked = answer.asked
    metrics = list(dict.fromkeys(one.measure.name for one in answer.numbers))
    return {
        "response_text": answer.text,
        "data_context": _context(answer),
        "confidence_score": answer.confidence,
        "insight_type": asked and asked.kind,
        "related_metrics": {"metrics": list(asked.metrics) if asked else metrics},
        "outcome": answer.outcome,
        "reason": answer.code,
    }


def _context(answer: Answer) -> dict[str, Any]:
    """Everything that an answer was made of, as JSON."""
    days: Days | None = answer.days
    return {
        "version": VERSION,
        "asked": answer.asked and answer.asked.as_json(),
        "numbers": [one.as_json(MOST_IDS) for one in answer.numbers[:MOST_NUMBERS]],
        "choices": [{"label": one.label, "question": one.question} for one in answer.choices],
        "method": answer.method,
        "days": days and [days.start.isoformat(), days.end.isoformat()],
    }


async def judge(session: AsyncSession, public_id: str, feedback: str | None) -> AiInsight:
    """Keep what the asker says of an answer, or take it back. Raises NotFound."""
    row = await access.get(session, "ans", AiInsight, public_id, field="id")
    if row.feedback == feedback:
        return row
    await session.execute(
        update(AiInsight)
        .where(AiInsight.id == row.id)
        .values(
            feedback=feedback,
            feedback_at=None if feedback is None else func.now(),
            version=AiInsight.version + 1,
        )
    )
    await session.refresh(row)
    bus.changed(session, row.id)
    return row


async def remove(session: AsyncSession, public_id: str) -> None:
    """Delete an answer of the asker's. Raises NotFound."""
    row = await access.get(session, "ans", AiInsight, public_id, field="id")
    await session.execute(delete(AiInsight).where(AiInsight.id == row.id))
    bus.changed(session, row.id)
