"""Inputs of schedules."""

from datetime import datetime
from typing import Annotated

import strawberry

from domain.calendar import windows
from domain.collections.plans import CollectionSpec
from domain.schedules.specs import MOST_CATCH_UP, MOST_FAILURES, MOST_JITTER, ScheduleSpec
from graph.enums.schedules import CatchUp, Overlap, TickOutcome
from graph.fields.arguments import REPLACED, number_field
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.filters import FILTERS, CreatedBetween, replaced, values
from graph.fields.scalars import JSON, or_empty
from graph.inputs.collections import LookbackInput, SegmentationInput
from graph.inputs.presets import DataWindowInput, SchedulePresetInput


@strawberry.input(
    description="When a schedule runs, which days a run covers, and what happens when a run "
    "is missed. Give either `preset` or `cron`."
)
class ScheduleInput:
    preset: SchedulePresetInput | None = strawberry.field(
        default=None, description="How often the schedule runs. Give either this or `cron`."
    )
    cron: str | None = strawberry.field(
        default=None,
        description="A cron expression of five fields: minute, hour, day of the month, month, "
        "day of the week.",
    )
    time_zone: str | None = strawberry.field(
        default=None,
        description="The IANA time zone of the schedule, such as America/New_York. Defaults to "
        "the report's time zone.",
    )
    parameters: JSON | None = strawberry.field(
        default=None,
        description="Values that replace some of the report's, by name. "
        "Their definitions give the types.",
    )
    data_window: DataWindowInput | None = strawberry.field(
        default=None,
        description="Which days an execution covers. Defaults to the newest whole unit of the "
        "preset, or to 7 days for a cron expression.",
    )
    overlap: Overlap = strawberry.field(
        default=Overlap.SKIP, description="What to do if the last execution is still under way."
    )
    catch_up: CatchUp = strawberry.field(
        default=CatchUp.LATEST, description="Which missed moments to catch up on after downtime."
    )
    catch_up_seconds: int = number_field(
        "The age in seconds up to which a missed moment is caught up on",
        0,
        MOST_CATCH_UP,
        "Defaults to one day.",
        default=86_400,
    )
    jitter_seconds: int = number_field(
        "The longest delay of a start in seconds",
        0,
        MOST_JITTER,
        "The delay of each moment is fixed.",
        default=0,
    )
    pause_after_failures: int | None = number_field(
        "The number of failures in a row after which the schedule pauses itself",
        1,
        MOST_FAILURES,
        "Null for never.",
        default=5,
    )
    keeps_history: bool = strawberry.field(
        default=False, description="True to add each run's days to the report's aggregates."
    )

    def spec(self) -> ScheduleSpec:
        """Convert to the domain's spec. Raises Invalid."""
        return ScheduleSpec(
            preset=given(self.preset),
            cron=self.cron,
            time_zone=self.time_zone,
            parameters=or_empty(self.parameters),
            data_window=given(self.data_window),
            overlap=word(self.overlap),
            catch_up=word(self.catch_up),
            catch_up_seconds=self.catch_up_seconds,
            jitter_seconds=self.jitter_seconds,
            pause_after_failures=self.pause_after_failures,
            keeps_history=self.keeps_history,
        )


@strawberry.input(description="Which past days to collect along with a new schedule.")
class BackfillInput:
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

    def past(self) -> CollectionSpec:
        """Convert to the domain's spec of a collection."""
        return CollectionSpec(
            lookback=given(self.lookback) or {},
            segmentation=given(self.segmentation) or {},
            target_weeks=self.target_weeks,
        )


@strawberry.input(description=f"Which schedules to list. {FILTERS}")
class ScheduleFilter(CreatedBetween):
    report_id: strawberry.ID | None = strawberry.field(
        default=None, description="Only schedules of this report."
    )
    report_ids: list[strawberry.ID] | None = values("schedules of one of these reports")
    instance_id: strawberry.ID | None = replaced("schedules on this instance", "instanceIds")
    instance_ids: list[strawberry.ID] | None = values("schedules on one of these instances")
    is_paused: bool | None = strawberry.field(
        default=None, description="True for paused schedules; false for those that run."
    )
    mine: bool | None = strawberry.field(
        default=None,
        description="True for schedules that run in your name; false for the others.",
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only schedules whose report's name or reportId contains this text, in any "
        "case.",
    )


@strawberry.input(description=f"Which ticks to list. {FILTERS}")
class TickFilter:
    outcomes: list[TickOutcome] | None = values("ticks with one of these outcomes")
    nominal_from: datetime | None = strawberry.field(
        default=None, description="Only ticks of this moment or later."
    )
    nominal_before: datetime | None = strawberry.field(
        default=None, description="Only ticks from before this moment."
    )


ScheduleArgument = Annotated[
    ScheduleInput, strawberry.argument(description="Everything that you decide about the schedule.")
]
BackfillArgument = Annotated[
    BackfillInput | None,
    strawberry.argument(
        description="Starts a collection of past days along with the schedule. Both are "
        "created, or neither."
    ),
]
WhichSchedules = Annotated[
    ScheduleFilter | None,
    strawberry.argument(description="Which schedules to list. Without it, all of them."),
]
WhichTicks = Annotated[
    TickFilter | None,
    strawberry.argument(description="Which ticks to list. Without it, all of them."),
]
OfReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The report to run by itself. Give either this or a workflow."),
]
OfWorkflow = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The workflow to run by itself.", deprecation_reason=REPLACED),
]
OfSchedule = Annotated[strawberry.ID, strawberry.argument(description="The schedule's id.")]
PauseNote = Annotated[
    str | None,
    strawberry.argument(description="Why the schedule is paused, at most 500 characters."),
]
