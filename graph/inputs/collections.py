"""Inputs of collections."""

from datetime import date
from typing import Annotated

import strawberry

from domain.calendar import windows
from domain.collections.configs import MOST_ATTEMPTS, MOST_PARALLEL
from domain.collections.plans import CollectionSpec
from graph.enums.collections import (
    CollectionStatus,
    CollectionType,
    LookbackType,
    LookbackUnit,
    RetryKind,
    SegmentType,
    WeekStart,
)
from graph.fields.arguments import REPLACED, number, number_field
from graph.fields.documents import given
from graph.fields.filters import FILTERS, CreatedBetween, replaced, values


@strawberry.input(
    description="Which past days to collect. Without value and unit, as many whole segments "
    "as make a year."
)
class LookbackInput:
    type: LookbackType = strawberry.field(
        default=LookbackType.RELATIVE, description="How the days are given."
    )
    value: int | None = number_field(
        "For RELATIVE: the number of units", 1, windows.LONGEST, default=None
    )
    unit: LookbackUnit | None = strawberry.field(
        default=None, description="For RELATIVE: the unit."
    )
    start_date: date | None = strawberry.field(
        default=None, description="For CUSTOM: the first day."
    )
    end_date: date | None = strawberry.field(
        default=None, description="For CUSTOM: the last day, included in the range."
    )


@strawberry.input(
    description="How the days are cut into segments, and how often a segment is tried."
)
class SegmentationInput:
    type: SegmentType = strawberry.field(
        default=SegmentType.WEEKLY, description="The length of a segment."
    )
    parallel_limit: int = number_field(
        "The number of segments that may be at AMC at the same time", 1, MOST_PARALLEL, default=5
    )
    retry_failed: bool = strawberry.field(
        default=True, description="True to try a failed segment again by itself."
    )
    max_attempts: int = number_field(
        "The number of attempts before a segment counts as failed",
        1,
        MOST_ATTEMPTS,
        "An error that cannot pass, such as rejected SQL, is not tried again.",
        default=3,
    )
    week_start: WeekStart = strawberry.field(
        default=WeekStart.MONDAY, description="The day on which weeks start."
    )


@strawberry.input(
    description="A report or workflow, and which of its past days to collect. Give either "
    "`reportId` or `workflowId`."
)
class CollectionInput:
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="The report to collect."
    )
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="The workflow to collect.", deprecation_reason=REPLACED
    )
    lookback: LookbackInput | None = strawberry.field(
        default=None, description="Which days to collect. Defaults to `targetWeeks` segments."
    )
    segmentation: SegmentationInput | None = strawberry.field(
        default=None, description="How the days are cut into segments. Defaults to weeks."
    )
    target_weeks: int | None = number_field(
        "The number of segments, counted back from the newest settled day",
        1,
        windows.LONGEST,
        "Use it instead of a lookback. Defaults to 52 weeks, or as many segments as make a year.",
        default=None,
    )
    allow_provisional: bool = strawberry.field(
        default=False,
        description="True to collect days whose data is not settled, too. Their segments are "
        "collected again once it is.",
    )
    recollect: bool = strawberry.field(
        default=False,
        description="True to collect segments again of which the series has a settled result. "
        "Otherwise that result is taken over and AMC is not asked.",
    )

    def spec(self) -> CollectionSpec:
        """Convert to the domain's spec."""
        return CollectionSpec(
            report_id=self.report_id,
            workflow_id=self.workflow_id,
            lookback=given(self.lookback) or {},
            segmentation=given(self.segmentation) or {},
            target_weeks=self.target_weeks,
            allow_provisional=self.allow_provisional,
            recollect=self.recollect,
        )


@strawberry.input(description=f"Which collections to list. {FILTERS}")
class CollectionFilter(CreatedBetween):
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only collections of this report."
    )
    report_ids: list[strawberry.ID] | None = values("collections of one of these reports")
    workflow_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only collections of this workflow.", deprecation_reason=REPLACED
    )
    instance_id: strawberry.ID | None = replaced("collections on this instance", "instanceIds")
    instance_ids: list[strawberry.ID] | None = values("collections on one of these instances")
    status: CollectionStatus | None = replaced("collections with this status", "statuses")
    statuses: list[CollectionStatus] | None = values("collections with one of these statuses")
    types: list[CollectionType] | None = values("collections of one of these types")
    is_open: bool | None = strawberry.field(
        default=None,
        description="True for collections that are pending, running or paused; false for those "
        "that are over.",
    )
    mine: bool | None = strawberry.field(
        default=None,
        description="True for collections that you started; false for those that others started.",
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only collections whose report's name contains this text, in any case.",
    )


CollectionArgument = Annotated[CollectionInput, strawberry.argument(description="What to collect.")]
ParallelLimit = Annotated[
    int,
    number(
        "The number of segments that may be at AMC at the same time from now on", 1, MOST_PARALLEL
    ),
]
RetryWhich = Annotated[
    RetryKind | None, strawberry.argument(description="Collect all segments of this kind again.")
]
RetryWeek = Annotated[
    strawberry.ID | None, strawberry.argument(description="Collect this one segment again.")
]
WhichCollections = Annotated[
    CollectionFilter | None,
    strawberry.argument(description="Which collections to list. Without it, all of them."),
]
