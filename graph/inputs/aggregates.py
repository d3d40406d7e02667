"""Inputs of aggregates."""

from datetime import date
from typing import Annotated

import strawberry

from domain.aggregates import lists
from graph.enums.aggregates import AggregateLevel
from graph.fields.arguments import REPLACED
from graph.fields.enums import word


@strawberry.input(
    description="Which aggregates to list. Give exactly one of `reportId`, `workflowId` and "
    "`collectionId`."
)
class AggregateFilter:
    report_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Aggregates of this report: of each period those of the newest series that has "
        "a result of it.",
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None,
        description="Aggregates of this workflow: of each period those of the newest series that "
        "has a result of it.",
        deprecation_reason=REPLACED,
    )
    collection_id: strawberry.ID | None = strawberry.field(
        default=None, description="Aggregates of this collection's series that overlap its days."
    )
    level: AggregateLevel = strawberry.field(
        default=AggregateLevel.WEEKLY, description="The length of the periods."
    )
    start: date | None = strawberry.field(
        default=None, description="Only periods that end on this day or later."
    )
    end: date | None = strawberry.field(
        default=None, description="Only periods that start before this day."
    )
    dimension: str | None = strawberry.field(
        default=None,
        description="Aggregates by this dimension. Without it, those over all values of all "
        "dimensions.",
    )

    series: str | None = strawberry.field(
        default=None,
        description="Only aggregates of this series of the report or workflow, by its hash.",
    )

    def wanted(self) -> lists.AggregateFilter:
        """Convert to the domain's filter."""
        return lists.AggregateFilter(
            report_id=self.report_id,
            workflow_id=self.workflow_id,
            collection_id=self.collection_id,
            level=word(self.level),
            start=self.start,
            end=self.end,
            dimension=self.dimension,
            series=self.series,
        )


WhichAggregates = Annotated[
    AggregateFilter, strawberry.argument(description="Which aggregates to list.")
]
