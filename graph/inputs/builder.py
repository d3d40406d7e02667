"""Arguments of the report builder."""

from typing import Annotated, Any

import strawberry

from domain.problems import Problem, Problems
from domain.sentences import must_be
from graph.enums.collections import WeekStart
from graph.fields.documents import given
from graph.fields.scalars import JSON
from graph.inputs.collections import LookbackInput, SegmentationInput
from graph.inputs.schedules import ScheduleInput


@strawberry.input(description="What is asked of whom, and of which past.")
class BuilderParametersInput:
    name: str = strawberry.field(description="The name of the report, 1 to 200 characters.")
    template_id: strawberry.ID = strawberry.field(description="The template it is made from.")
    instance_id: strawberry.ID = strawberry.field(description="The instance it runs on.")
    description: str | None = strawberry.field(default=None, description="What it is for.")
    parameters: JSON | None = strawberry.field(
        default=None,
        description="Values for the template's parameters, by name. "
        "Their definitions give the types.",
    )
    time_zone: str | None = strawberry.field(
        default=None, description="The zone of its windows; UTC if left out."
    )
    lookback: LookbackInput | None = strawberry.field(
        default=None, description="Which past to collect; none without this or targetWeeks."
    )
    segmentation: SegmentationInput | None = strawberry.field(
        default=None, description="How the past is cut; weekly by default."
    )
    target_weeks: int | None = strawberry.field(
        default=None, description="How many segments to collect, instead of a lookback."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        default=None, description="A dashboard of yours that it belongs to."
    )
    create_dashboard: bool | None = strawberry.field(
        default=None, description="Make a dashboard for it, instead of dashboardId."
    )


@strawberry.input(description="A step of the report builder: exactly one of these.", one_of=True)
class BuilderStepInput:
    parameters: BuilderParametersInput | None = strawberry.field(
        default=strawberry.UNSET, description="PARAMETERS: what is asked of whom."
    )
    schedule: ScheduleInput | None = strawberry.field(
        default=strawberry.UNSET, description="SCHEDULE: when it runs by itself."
    )
    once: bool | None = strawberry.field(
        default=strawberry.UNSET, description="SCHEDULE: true for a report without a schedule."
    )
    review: bool | None = strawberry.field(
        default=strawberry.UNSET, description="REVIEW: true to check all of it together."
    )

    def saved(self) -> tuple[str, dict[str, Any]]:
        """The name of the step, and what is kept of it. Raises Problems."""
        if self.parameters:
            return "parameters", given(self.parameters)
        if self.schedule:
            # Null says that the schedule never pauses, so it is no field that is left out.
            failures = self.schedule.pause_after_failures
            return "schedule", {**given(self.schedule), "pauseAfterFailures": failures}
        name = "once" if self.once is not strawberry.UNSET else "review"
        if not getattr(self, name):
            raise Problems([Problem.of(f"configuration.{name}", must_be("true", False))])
        return ("schedule", {"once": True}) if name == "once" else ("review", {})


InSession = Annotated[
    strawberry.ID | None,
    strawberry.argument(
        description="The builder session to continue. Without it, a new session begins."
    ),
]
OfSession = Annotated[strawberry.ID, strawberry.argument(description="The builder session's id.")]
Configuration = Annotated[BuilderStepInput, strawberry.argument(description="The step to save.")]
OfReport = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The report. Give either this, or a template and an instance."),
]
OfTemplate = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The template of a report that does not exist yet."),
]
OnInstance = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="The instance on which the template is to run."),
]
InZone = Annotated[
    str,
    strawberry.argument(
        description="The IANA time zone of the days, with a template. A report has its own time "
        "zone."
    ),
]
Weeks = Annotated[WeekStart, strawberry.argument(description="The day on which weeks start.")]
