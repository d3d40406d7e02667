"""Arguments of questions and answers."""

from typing import Annotated

import strawberry

from domain.questions.grammar import LONGEST
from graph.enums.questions import AnswerFeedback, QuestionKind
from graph.fields.filters import FILTERS, CreatedBetween, values

QuestionText = Annotated[
    str,
    strawberry.argument(
        description=f"The question in English, at most {LONGEST} characters: How much did we spend "
        "in March? Which campaign had the best ROAS last quarter? Why did sales fall in April?"
    ),
]
OfDashboard = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The dashboard whose sources to answer from. Give either this or a report."
    ),
]
OfReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The report to answer from. Give either this or a dashboard."),
]
InConversation = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The `conversationId` of an earlier answer, which this question follows: "
        '"And in May?". Without it, a conversation begins.'
    ),
]
Judged = Annotated[
    AnswerFeedback | None,
    strawberry.argument(description="What you say of the answer. Null takes it back."),
]


@strawberry.input(description=f"Which answers to list. {FILTERS}")
class InsightAnswerFilter(CreatedBetween):
    dashboard_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only answers about this dashboard."
    )
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only answers about this report."
    )
    conversation_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only answers of this conversation."
    )
    text: str | None = strawberry.field(
        default=None, description="Only answers with this text in the question or the answer."
    )
    kinds: list[QuestionKind] | None = values("questions of one of these kinds")
    feedback: list[AnswerFeedback] | None = values("answers of which you said one of these")


WhichAnswers = Annotated[
    InsightAnswerFilter | None,
    strawberry.argument(description="Which answers to list. Without it, all of yours."),
]
