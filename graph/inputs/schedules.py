"""What a client says of schedules."""

from typing import Annotated

import strawberry

from domain.collections.plans import CollectionSpec
from domain.schedules import lists
from domain.schedules.specs import ScheduleSpec
from graph.enums.schedules import CatchUp, Overlap
from graph.fields.arguments import REPLACED
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.scalars import JSON, an_object
from graph.inputs.collections import LookbackInput, SegmentationInput
from graph.inputs.presets import DataWindowInput, SchedulePresetInput


@strawberry.input(description="When it runs, over which days, and what if it could not.")
class ScheduleInput:
    preset: SchedulePresetInput | None = strawberry.field(
        default=None, description="How often it runs. Give this or `cron`."
    )
    cron: str | None = strawberry.field(
        default=None, description="Or five fields: minute, hour, day, month, day of the week."
    )
    time_zone: str | None = strawberry.field(
        default=None, description="Such as America/New_York; the report's if nothing is said."
    )
    parameters: JSON | None = strawberry.field(
        default=None, description="Values that replace the report's, by the parameter's name."
    )
    data_window: DataWindowInput | None = strawberry.field(
        default=None,
        description="Which days a run covers. If left out, the newest whole unit of the preset; "
        "7 days for a cron expression.",
    )
    overlap: Overlap = strawberry.field(
        default=Overlap.SKIP, description="What if the last run is still under way."
    )
    catch_up: CatchUp = strawberry.field(
        default=CatchUp.LATEST, description="Which of the moments that were missed to make good."
    )
    catch_up_seconds: int = strawberry.field(
        default=86_400, description="How old a missed moment may be; a day."
    )
    jitter_seconds: int = strawberry.field(
        default=0, description="Up to how much later it starts, always the same; 3600 at most."
    )
    pause_after_failures: int | None = strawberry.field(
        default=5, description="Failures in a row after which it pauses by itself."
    )
    keeps_history: bool = strawberry.field(
        default=False, description="Whether its runs extend the report's aggregates."
    )

    def spec(self) -> ScheduleSpec:
        """The same, as the domain has it. Raises Invalid."""
        return ScheduleSpec(
            preset=given(self.preset),
            cron=self.cron,
            time_zone=self.time_zone,
            parameters=an_object(self.parameters, "schedule.parameters"),
            data_window=given(self.data_window),
            overlap=word(self.overlap),
            catch_up=word(self.catch_up),
            catch_up_seconds=self.catch_up_seconds,
            jitter_seconds=self.jitter_seconds,
            pause_after_failures=self.pause_after_failures,
            keeps_history=self.keeps_history,
        )


@strawberry.input(description="Which of the past to collect along with a new schedule.")
class BackfillInput:
    lookback: LookbackInput | None = strawberry.field(default=None, description="Which days.")
    segmentation: SegmentationInput | None = strawberry.field(
        default=None, description="How they are cut; weekly by default."
    )
    target_weeks: int | None = strawberry.field(
        default=None, description="How many segments, instead of a lookback; 52 weeks by default."
    )

    def past(self) -> CollectionSpec:
        """The same, as the domain has it."""
        return CollectionSpec(
            lookback=given(self.lookback) or {},
            segmentation=given(self.segmentation) or {},
            target_weeks=self.target_weeks,
        )


@strawberry.input(description="Which schedules; what is left out does not matter.")
class ScheduleFilter:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="Of a report.")
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    is_paused: bool | None = strawberry.field(default=None, description="Paused or not.")

    def wanted(self) -> lists.ScheduleFilter:
        """The same, as the domain has it."""
        return lists.ScheduleFilter(
            report_id=self.report_id,
            instance_id=self.instance_id,
            is_paused=self.is_paused,
        )


ScheduleArgument = Annotated[ScheduleInput, strawberry.argument(description="All that you decide.")]
BackfillArgument = Annotated[
    BackfillInput | None,
    strawberry.argument(description="Collect its past too: both are made, or neither."),
]
WhichSchedules = Annotated[
    ScheduleFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
OfReport = Annotated[
    strawberry.ID | None, strawberry.argument(description="The report that runs by itself.")
]
OfWorkflow = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Or the saved workflow.", deprecation_reason=REPLACED),
]
OfSchedule = Annotated[strawberry.ID, strawberry.argument(description="The schedule's id.")]
PauseNote = Annotated[str | None, strawberry.argument(description="Why; up to 500 characters.")]
