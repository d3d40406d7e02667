"""Lists the viewer's answers, and measures how often answers were right."""

from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, search
from domain.models import AiInsight
from domain.pages import Asked, Page, page
from domain.viewer import Viewer


@dataclass(frozen=True)
class AnswerFilter:
    """Which answers to list."""

    dashboard_id: str | None = None
    report_id: str | None = None
    conversation_id: str | None = None
    text: str | None = None
    kind: str | None = None
    feedback: str | None = None


async def find(
    session: AsyncSession, viewer: Viewer, wanted: AnswerFilter, asked: Asked
) -> Page[AiInsight]:
    """Return a page of the viewer's answers, newest first. `text` is looked for in both texts."""
    statement = select(AiInsight).where(AiInsight.user_id == viewer.user_id)
    for prefix, column, given, field in (
        ("dash", AiInsight.dashboard_id, wanted.dashboard_id, "dashboardId"),
        ("rpt", AiInsight.report_id, wanted.report_id, "reportId"),
        ("conv", AiInsight.conversation_id, wanted.conversation_id, "conversationId"),
    ):
        if given is not None:
            statement = statement.where(
                column == ids.decode(prefix, given, field=f"filter.{field}")
            )
    if wanted.kind is not None:
        statement = statement.where(AiInsight.insight_type == wanted.kind)
    if wanted.feedback is not None:
        statement = statement.where(AiInsight.feedback == wanted.feedback)
    if wanted.text:
        statement = statement.where(
            search.contains(wanted.text, AiInsight.query_text, AiInsight.response_text)
        )
    return await page(session, statement, [AiInsight.created_at, AiInsight.id], asked)


@dataclass(frozen=True)
class Precision:
    """How often answers of a kind were right, as those who asked say."""

    kind: str
    claimed: Decimal | None  # the mean confidence; None where nothing is estimated
    right: int
    wrong: int

    @property
    def judged(self) -> int:
        """How many answers somebody has judged."""
        return self.right + self.wrong

    @property
    def precision(self) -> Decimal | None:
        """The share of them that are right; None if there are none."""
        return Decimal(self.right) / self.judged if self.judged else None


async def precision(session: AsyncSession) -> list[Precision]:
    """Measure all kinds of answers, over all people."""
    rows = await session.execute(text("SELECT * FROM precision_of_answers() ORDER BY kind"))
    return [Precision(*row) for row in rows]
