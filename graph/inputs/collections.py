"""What a client says of collections."""

from datetime import date
from typing import Annotated

import strawberry

from domain.collections import lists
from domain.collections.plans import CollectionSpec
from graph.enums.collections import (
    CollectionStatus,
    LookbackType,
    LookbackUnit,
    RetryKind,
    SegmentType,
    WeekStart,
)
from graph.fields.arguments import REPLACED
from graph.fields.documents import given
from graph.fields.enums import word


@strawberry.input(description="Which days. By default as many whole segments as make a year.")
class LookbackInput:
    type: LookbackType = strawberry.field(
        default=LookbackType.RELATIVE, description="How they are told."
    )
    value: int | None = strawberry.field(default=None, description="RELATIVE: how many units.")
    unit: LookbackUnit | None = strawberry.field(default=None, description="RELATIVE: of what.")
    start_date: date | None = strawberry.field(default=None, description="CUSTOM: the first day.")
    end_date: date | None = strawberry.field(
        default=None, description="CUSTOM: the last day, included."
    )


@strawberry.input(description="How the days are cut into segments, and how these are tried.")
class SegmentationInput:
    type: SegmentType = strawberry.field(
        default=SegmentType.WEEKLY, description="How long a segment is."
    )
    parallel_limit: int = strawberry.field(
        default=5, description="Segments at AMC at once, 1 to 10."
    )
    retry_failed: bool = strawberry.field(
        default=True, description="Whether a segment that failed is tried again by itself."
    )
    max_attempts: int = strawberry.field(
        default=3, description="How often it is tried, 1 to 10, where trying again can help."
    )
    week_start: WeekStart = strawberry.field(
        default=WeekStart.MONDAY, description="The day weeks begin with."
    )


@strawberry.input(description="A report or a workflow, and which of its past to collect.")
class CollectionInput:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="The report.")
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Or the saved workflow.", deprecation_reason=REPLACED
    )
    lookback: LookbackInput | None = strawberry.field(default=None, description="Which days.")
    segmentation: SegmentationInput | None = strawberry.field(
        default=None, description="How they are cut; weekly by default."
    )
    target_weeks: int | None = strawberry.field(
        default=None, description="How many segments, instead of a lookback; 52 weeks by default."
    )
    allow_provisional: bool = strawberry.field(
        default=False,
        description="Take days whose data is not settled; they are collected again once it is.",
    )
    recollect: bool = strawberry.field(
        default=False, description="Ask AMC also for segments that were collected before."
    )

    def spec(self) -> CollectionSpec:
        """The same, as the domain has it."""
        return CollectionSpec(
            report_id=self.report_id,
            workflow_id=self.workflow_id,
            lookback=given(self.lookback) or {},
            segmentation=given(self.segmentation) or {},
            target_weeks=self.target_weeks,
            allow_provisional=self.allow_provisional,
            recollect=self.recollect,
        )


@strawberry.input(description="Which collections; what is left out does not matter.")
class CollectionFilter:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="Of a report.")
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Of a workflow.", deprecation_reason=REPLACED
    )
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    status: CollectionStatus | None = strawberry.field(default=None, description="Standing so.")
    is_open: bool | None = strawberry.field(
        default=None, description="Whether something is still to happen."
    )
    mine: bool | None = strawberry.field(default=None, description="Started by you, or by others.")

    def wanted(self) -> lists.CollectionFilter:
        """The same, as the domain has it."""
        return lists.CollectionFilter(
            report_id=self.report_id,
            workflow_id=self.workflow_id,
            instance_id=self.instance_id,
            status=word(self.status),
            is_open=self.is_open,
            mine=self.mine,
        )


CollectionArgument = Annotated[CollectionInput, strawberry.argument(description="What to collect.")]
ParallelLimit = Annotated[
    int, strawberry.argument(description="Segments at AMC at once from now on, 1 to 10.")
]
RetryWhich = Annotated[RetryKind | None, strawberry.argument(description="All segments of a kind.")]
RetryWeek = Annotated[strawberry.ID | None, strawberry.argument(description="Or this segment.")]
WhichCollections = Annotated[
    CollectionFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
HowMany = Annotated[int, strawberry.argument(description="How many at most, 1 to 100.")]
