"""Root fields of questions about the numbers, and of their answers."""

from collections.abc import AsyncGenerator
from typing import Any

import strawberry

from domain import ids, models
from domain.bus import bus
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from domain.people import access
from domain.questions import lists, questions
from domain.questions.questions import Question
from graph.enums.questions import QuestionKind
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import ROOT, at_most, weighs
from graph.fields.enums import word
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.inputs import orders
from graph.inputs.questions import (
    InConversation,
    Judged,
    OfDashboard,
    OfReport,
    QuestionText,
    WhichAnswers,
)
from graph.types.insights.questions import AnswerPrecision, InsightAnswer

ANSWERING = 3000  # points of a question: its names, its numbers, its statistics


@strawberry.type
class QuestionQuery:
    @strawberry.field(
        graphql_type=InsightAnswer,
        description="Your answer with this id. NOT_FOUND if it does not exist, is not yours, or is "
        "about something that you may not see any more.",
    )
    async def insight_answer(self, info: Info, id: Id) -> models.AiInsight:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "ans", models.AiInsight, id, field="id")

    @paged(
        InsightAnswer, orders.INSIGHT_ANSWERS, "Your questions with their answers, newest first."
    )
    async def insight_answers(
        self, info: Info, page: PageArgs, filter: WhichAnswers = None
    ) -> Page[models.AiInsight]:
        viewer, which = info.context.viewer, wanted(filter, lists.AnswerFilter)
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, which, page)

    @strawberry.field(
        graphql_type=list[AnswerPrecision],
        description="How often answers were right, by the kind of question, as the people who "
        "asked said by insightFeedback.",
        directives=[weighs(ROOT), at_most(len(QuestionKind))],
    )
    async def insight_precision(self, info: Info) -> Any:
        async with transaction(info.context.viewer) as session:
            return await lists.precision(session)


@strawberry.type
class QuestionMutation:
    @strawberry.mutation(
        graphql_type=InsightAnswer,
        description="Answers a question about the numbers of a dashboard or report, from the "
        "aggregates that you may see, and keeps the answer for 180 days. A question that cannot "
        "be answered is no error: `reason` says why, and `choices` what else to ask. "
        "RATE_LIMITED after 30 questions within a minute.",
        directives=[weighs(ANSWERING)],
    )
    async def insight_ask(
        self,
        info: Info,
        question: QuestionText,
        dashboard_id: OfDashboard = None,
        report_id: OfReport = None,
        conversation_id: InConversation = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.AiInsight:
        viewer = info.context.viewer
        asked = Question(question, dashboard_id, report_id, conversation_id)
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("insightAsk", asked),
                "ans",
                lambda: questions.ask(session, viewer, asked),
            )

    @strawberry.mutation(
        graphql_type=InsightAnswer,
        description="Says whether an answer is right. insightPrecision counts it. A repeat changes "
        "nothing.",
    )
    async def insight_feedback(
        self, info: Info, id: Id, feedback: Judged = None
    ) -> models.AiInsight:
        async with transaction(info.context.viewer) as session:
            return await questions.judge(session, id, word(feedback))

    @strawberry.mutation(
        graphql_type=strawberry.ID,
        description="Deletes a question of yours and its answer. Returns its id.",
    )
    async def insight_answer_delete(self, info: Info, id: Id) -> str:
        async with transaction(info.context.viewer) as session:
            await questions.remove(session, id)
        return str(id)


@strawberry.type
class QuestionSubscription:
    @strawberry.subscription(
        graphql_type=InsightAnswer,
        description="Watches an answer: sends it at once, and again when a language model has "
        "worded it. Completes after the final state.",
    )
    async def insight_answer(self, info: Info, id: Id) -> AsyncGenerator[models.AiInsight, None]:
        seen = 0
        async for _ in bus.hub.watch(ids.decode("ans", id, field="id")):
            async with transaction(info.context.viewer) as session:
                row = await access.get(session, "ans", models.AiInsight, id, field="id")
            if row.version > seen:
                seen = row.version
                yield row
            if row.wording != "pending":
                return
