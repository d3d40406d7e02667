"""Which aggregates a client asks for."""

from datetime import date
from typing import Annotated

import strawberry

from domain.aggregates import lists
from graph.enums.aggregates import AggregateLevel
from graph.fields.arguments import REPLACED
from graph.fields.enums import word


@strawberry.input(description="Which numbers: of one report, workflow or collection.")
class AggregateFilter:
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a report: the series of its newest collection."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a workflow.", deprecation_reason=REPLACED
    )
    collection_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a collection's series, over its days."
    )
    level: AggregateLevel = strawberry.field(
        default=AggregateLevel.WEEKLY, description="Weeks, months or quarters."
    )
    start: date | None = strawberry.field(default=None, description="Periods that end after it.")
    end: date | None = strawberry.field(default=None, description="Periods that start before it.")
    dimension: str | None = strawberry.field(
        default=None, description="By this dimension; the whole if nothing is said."
    )

    def wanted(self) -> lists.AggregateFilter:
        """The same, as the domain has it."""
        return lists.AggregateFilter(
            report_id=self.report_id,
            workflow_id=self.workflow_id,
            collection_id=self.collection_id,
            level=word(self.level),
            start=self.start,
            end=self.end,
            dimension=self.dimension,
        )


WhichAggregates = Annotated[AggregateFilter, strawberry.argument(description="Which ones.")]
