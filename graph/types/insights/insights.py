"""GraphQL types of insights: what was found, and what it rests on."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

import strawberry

from domain import ids, models
from domain.dashboards.configs import MOST_FILTERS
from domain.insights import lists
from graph.enums.aggregates import AggregateLevel
from graph.enums.insights import InsightType
from graph.fields.arguments import number
from graph.fields.context import Info
from graph.fields.costs import sliced, weighs
from graph.fields.edges import bounded, column, each, key, of
from graph.types.aggregates import Aggregate
from graph.types.node import Node
from graph.types.widgets import DimensionFilter

MOST_NUMBERS = 24  # that an insight rests on
MOST_EVENTS = 8
REASONS = 30  # points


@strawberry.type(description="A named number that an insight rests on.")
class InsightNumber:
    name: str = strawberry.field(
        description="What the number is: expected, value, before, contribution, share ..."
    )
    value: Decimal = strawberry.field(description="The exact number.")
    of: str | None = strawberry.field(
        description="The value of a dimension or the metric that it is of. Null for the metric "
        "that the insight is about."
    )


@strawberry.type(description="A range that holds the true number with a known probability.")
class InsightInterval:
    low: Decimal = strawberry.field(description="The lower end.")
    high: Decimal = strawberry.field(description="The upper end.")
    level: Decimal = strawberry.field(description="The probability, from 0 to 1.")


HowMany = Annotated[
    int | None,
    number("The number of aggregates", 1, lists.MOST_AGGREGATES, "All of them by default."),
]


async def _aggregates(root: dict[str, Any], info: Info, first: HowMany = None) -> list[Any]:
    found = await info.context.load(lists.aggregates, lists.aggregates, root["id"]) or []
    return list(found[:first])


@strawberry.type(description="Why an insight says what it says.")
class InsightReasons:
    method: str = strawberry.field(description="The statistical method that found it.")
    n: int = strawberry.field(description="The number of weeks that it was found in.")
    effect: Decimal = strawberry.field(
        description="Its size as a share of what is usual: 0.12 is 12 percent more."
    )
    interval: InsightInterval | None = strawberry.field(
        description="The range of the effect; of a FORECAST, that of the value. Null for what is "
        "counted."
    )
    p_value: Decimal | None = strawberry.field(
        description="How likely so large an effect is by chance alone. Null for what is counted."
    )
    adjusted_p_value: Decimal | None = strawberry.field(
        description="The p value among all tests of the run, by Benjamini and Hochberg. Null for "
        "what is counted."
    )
    numbers: list[InsightNumber] = bounded(MOST_NUMBERS, "The numbers that it rests on.")
    events: list[str] = bounded(MOST_EVENTS, "Retail events and holidays within its days.")
    aggregates: list[Aggregate] = strawberry.field(
        resolver=_aggregates,
        description="The series that it was found in: aggregates, newest first, at most 208, each "
        "with its segments and their executions. What was computed anew since is left out.",
        directives=[weighs(REASONS), sliced("first", otherwise=lists.MOST_AGGREGATES)],
    )


def _report_id(root: Any) -> strawberry.ID | None:
    return None if root.report_id is None else strawberry.ID(ids.encode("rpt", root.report_id))


@strawberry.type(
    description="Something that statistics found in the numbers, in words. How often such "
    "statements are right was measured: that is its confidence."
)
class Insight(Node):
    is_type_of = of(models.DashboardInsight)

    id: strawberry.ID = key("ins")
    type: InsightType = column("insight_type", "What it tells.")
    text: str = column("insight_text", "The insight in plain words, as plain text.")
    confidence: Decimal = column(
        "confidence_score", "How often such statements are right, from 0 to 1."
    )
    rank: int = strawberry.field(
        description="Its place among all insights of the run, from 1: money at stake times "
        "confidence."
    )
    source_name: str = strawberry.field(
        description="The name of the report or workflow whose numbers it was found in."
    )
    report_id: strawberry.ID | None = strawberry.field(
        resolver=_report_id,
        description="The id of the report whose numbers it was found in. Null for a workflow, and "
        "for an insight of a view.",
    )
    metric: str = strawberry.field(description="The name of the metric that it is about.")
    dimension: str | None = strawberry.field(
        description="The dimension that it is about. Null if it is about the whole."
    )
    value: str | None = strawberry.field(
        description="The value of the dimension. Null if it is about the whole, or about all "
        "values of the dimension."
    )
    filters: list[DimensionFilter] = bounded(
        MOST_FILTERS,
        "The filters of the widgets that show these numbers. Empty if none is set, and if they let "
        "a single value through: then `dimension` and `value` name it.",
    )
    level: AggregateLevel = strawberry.field(description="The length of the periods.")
    start: date = column("period_start", "The first day that it speaks of.")
    end: date = column("period_end", "The day after the last day that it speaks of.")
    stake: Decimal | None = strawberry.field(
        description="The money that the effect moves while it lasts. Null where no money is known."
    )
    currency: str | None = strawberry.field(
        description="The currency of the source as an ISO 4217 code. Null if it is not known."
    )
    why: InsightReasons | None = each(
        lists.reasons, "The numbers, the method and the series behind it.", weight=REASONS
    )
    method_version: str = column("model_version", "The version of the methods that found it.")
    found_at: datetime = strawberry.field(
        description="When it was first found. It stays the same while the insight holds."
    )
    generated_at: datetime = strawberry.field(description="When its numbers were last computed.")
    gone_at: datetime | None = strawberry.field(
        description="Since when it is not found any more. Null while it holds."
    )
