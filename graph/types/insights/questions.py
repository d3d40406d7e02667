"""GraphQL types of answers: their numbers, choices and precision."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import strawberry

from domain import ids, models
from domain.questions import lists
from domain.questions.names import MOST_CHOICES
from domain.questions.questions import MOST_IDS, MOST_NUMBERS
from graph.enums.metrics import MetricUnit
from graph.enums.questions import (
    AnswerFeedback,
    AnswerOutcome,
    AnswerReason,
    AnswerWording,
    QuestionKind,
)
from graph.fields.edges import bounded, column, key, of, one
from graph.types.dashboards import Dashboard
from graph.types.node import Node
from graph.types.reports import Report


def _stored(name: str, description: str) -> Any:
    """A field that reads a key of a stored object."""
    return strawberry.field(resolver=lambda root: root.get(name), description=description)


def _day(name: str) -> Any:
    def resolve(root: dict[str, Any]) -> date | None:
        return date.fromisoformat(root[name]) if root.get(name) else None

    return resolve


def _unit(root: dict[str, Any]) -> MetricUnit:
    return MetricUnit(root["unit"])


def _aggregate_ids(root: dict[str, Any]) -> list[strawberry.ID]:
    return [strawberry.ID(one) for one in root.get("aggregateIds", ())][:MOST_IDS]


@strawberry.type(description="A number that an answer tells, and what it was read from.")
class AnswerNumber:
    name: str = _stored(
        "name",
        "What the number is: total, average, share, now, before, change, changeShare, "
        "contribution, rest, expected, low, high, effect ...",
    )
    value: str = _stored("value", "The exact value as a decimal number in text.")
    metric: str = _stored("metric", "The name of the metric; `share` for a share.")
    title: str = _stored("title", "The title of the metric, for people.")
    unit: MetricUnit = strawberry.field(
        resolver=_unit, description="The unit. A share has the unit percent: 0.25 is 25 %."
    )
    currency: str | None = _stored(
        "currency", "The currency as an ISO 4217 code. Null for what is no money."
    )
    of: str | None = _stored(
        "of", "The value of the dimension that the number is of. Null for the whole."
    )
    start: date | None = strawberry.field(
        resolver=_day("start"), description="The first day of the number. Null if it is of no days."
    )
    end: date | None = strawberry.field(
        resolver=_day("end"),
        description="The day after the last day of the number. Null if it is of no days.",
    )
    aggregate_ids: list[strawberry.ID] = bounded(
        MOST_IDS,
        "The keys of the aggregates that the number was computed from. `aggregates` lists them.",
        _aggregate_ids,
    )


@strawberry.type(description="Something that a question may mean.")
class AnswerChoice:
    label: str = _stored("label", "What it is called.")
    question: str = _stored("question", "The question that means it. Ask it to choose.")


def _context(name: str, empty: Any) -> Any:
    def resolve(root: Any) -> Any:
        return root.data_context.get(name) or empty

    return resolve


def _days(place: int) -> Any:
    def resolve(root: Any) -> date | None:
        days = root.data_context.get("days")
        return date.fromisoformat(days[place]) if days else None

    return resolve


def _metrics(root: Any) -> list[str]:
    return list(root.related_metrics.get("metrics", ()))


def _conversation(root: Any) -> strawberry.ID:
    return strawberry.ID(ids.encode("conv", root.conversation_id))


@strawberry.type(
    description="A question of yours and its answer, made of the aggregates that you may see. It "
    "is yours alone, and you read it as long as you may see what it is about."
)
class InsightAnswer(Node):
    is_type_of = of(models.AiInsight)

    id: strawberry.ID = key("ans")
    conversation_id: strawberry.ID = strawberry.field(
        resolver=_conversation,
        description="The conversation. Give it to insightAsk with a question that follows.",
    )
    dashboard: Dashboard | None = one(
        models.Dashboard, "dashboard_id", "The dashboard that was asked about. Null for a report."
    )
    report: Report | None = one(
        models.Report, "report_id", "The report that was asked about. Null for a dashboard."
    )
    question: str = column("query_text", "The question.")
    answer: str = column("response_text", "The answer in sentences, or why there is none.")
    outcome: AnswerOutcome = strawberry.field(description="Whether the question is answered.")
    reason: AnswerReason | None = strawberry.field(
        description="Why there is no answer. Null if there is one."
    )
    kind: QuestionKind | None = column(
        "insight_type", "What the question asks. Null if it is not understood."
    )
    confidence: Decimal | None = column(
        "confidence_score",
        "How often statements like these are right, as measured: 0.9 is 9 of 10. Null for what is "
        "counted and not estimated.",
    )
    method: str | None = strawberry.field(
        resolver=_context("method", None),
        description="The statistical method. Null for what is counted.",
    )
    metrics: list[str] = bounded(4, "The names of the metrics that were asked about.", _metrics)
    numbers: list[AnswerNumber] = bounded(
        MOST_NUMBERS,
        "All numbers that the answer tells, with what each was read from.",
        _context("numbers", []),
    )
    choices: list[AnswerChoice] = bounded(
        MOST_CHOICES,
        "What the question may mean, if it has several meanings.",
        _context("choices", []),
    )
    start_date: date | None = strawberry.field(
        resolver=_days(0),
        description="The first day that the answer speaks of. Null if it speaks of no days.",
    )
    end_date: date | None = strawberry.field(
        resolver=_days(1),
        description="The day after the last day that the answer speaks of. Null if it speaks of "
        "no days.",
    )
    feedback: AnswerFeedback | None = strawberry.field(
        description="What you said of the answer. Null if you said nothing."
    )
    wording: AnswerWording = strawberry.field(description="Who worded the answer.")
    wording_error: str | None = strawberry.field(
        description="Why the words of the language model are not used. Null if they are, and "
        "without a model."
    )
    version: int = strawberry.field(
        description="Counts the changes of the answer, such as its wording and your feedback."
    )
    created_at: datetime = strawberry.field(description="When the question was asked.")


@strawberry.type(description="How often answers of a kind were right, as those who asked say.")
class AnswerPrecision:
    is_type_of = of(lists.Precision)

    kind: QuestionKind = strawberry.field(description="The kind of the questions.")
    claimed: Decimal | None = strawberry.field(
        description="The mean confidence of these answers. Null if all of them are counted."
    )
    judged: int = strawberry.field(description="The number of answers with feedback.")
    right: int = strawberry.field(description="Those of which was said that they are right.")
    wrong: int = strawberry.field(description="Those of which was said that they are wrong.")
    precision: Decimal | None = strawberry.field(
        description="The share of the judged answers that are right. Null if there are none."
    )
