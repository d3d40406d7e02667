"""Lists the viewer's answers, and measures how often answers were right."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import AiInsight
from domain.pages.filters import between, one_of, with_id, with_text
from domain.pages.pages import Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ORDERS = Orders(AiInsight.id, {"created_at": by(AiInsight.created_at)})


@dataclass(frozen=True)
class AnswerFilter:
    """Which answers to list. A field that is None matches all."""

    dashboard_id: str | None = None
    report_id: str | None = None
    conversation_id: str | None = None
    text: str | None = None
    kinds: Sequence[str] | None = None
    feedback: Sequence[str] | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: AnswerFilter, args: PageArgs
) -> Page[AiInsight]:
    """Return a page of the viewer's answers, newest first. `text` is looked for in both texts."""
    statement = select(AiInsight).where(
        AiInsight.user_id == viewer.user_id,
        *with_id(AiInsight.dashboard_id, "dash", filter.dashboard_id, "dashboardId"),
        *with_id(AiInsight.report_id, "rpt", filter.report_id, "reportId"),
        *with_id(AiInsight.conversation_id, "conv", filter.conversation_id, "conversationId"),
        *with_text(filter.text, AiInsight.query_text, AiInsight.response_text),
        *one_of(AiInsight.insight_type, filter.kinds, "kinds"),
        *one_of(AiInsight.feedback, filter.feedback, "feedback"),
        *between(AiInsight.created_at, filter.created_from, filter.created_before),
    )
    return await page(session, statement, ORDERS, args)


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
