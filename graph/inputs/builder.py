"""Arguments of the report builder."""

from typing import Annotated, Any

import strawberry

from domain.calendar import windows
from domain.problems import Problem, Problems
from domain.sentences import must_be
from graph.enums.collections import WeekStart
from graph.fields.arguments import number_field
from graph.fields.documents import given
from graph.fields.scalars import JSON
from graph.inputs.collections import LookbackInput, SegmentationInput
from graph.inputs.schedules import ScheduleInput


@strawberry.input(description="The report to create, and which past days to collect.")
class BuilderParametersInput:
    name: str = strawberry.field(description="The name of the report, 1 to 200 characters.")
    template_id: strawberry.ID = strawberry.field(
        description="The template that the report is created from."
    )
    instance_id: strawberry.ID = strawberry.field(
        description="The instance that the report runs on."
    )
    description: str | None = strawberry.field(default=None, description="What the report is for.")
    parameters: JSON | None = strawberry.field(
        default=None,
        description="Values for the template's parameters, by name. "
        "Their definitions give the types.",
    )
    time_zone: str | None = strawberry.field(
        default=None, description="The IANA time zone of the report's days. Defaults to UTC."
    )
    lookback: LookbackInput | None = strawberry.field(
        default=None, description="Which past days to collect. None by default."
    )
    segmentation: SegmentationInput | None = strawberry.field(
        default=None, description="How the days are cut into segments. Weeks by default."
    )
    target_weeks: int | None = number_field(
        "The number of segments, counted back from the newest settled day",
        1,
        windows.LONGEST,
        "Use it instead of a lookback.",
        default=None,
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        default=None, description="A dashboard of yours for the report."
    )
    create_dashboard: bool | None = strawberry.field(
        default=None,
        description="True to create a dashboard for the report. Give either this or `dashboardId`.",
    )


@strawberry.input(description="A step of the report builder. Give exactly one field.", one_of=True)
class BuilderStepInput:
    parameters: BuilderParametersInput | None = strawberry.field(
        default=strawberry.UNSET, description="The step PARAMETERS: the report to create."
    )
    schedule: ScheduleInput | None = strawberry.field(
        default=strawberry.UNSET, description="The step SCHEDULE: when the report runs by itself."
    )
    once: bool | None = strawberry.field(
        default=strawberry.UNSET, description="The step SCHEDULE: true for a report that runs once."
    )
    review: bool | None = strawberry.field(
        default=strawberry.UNSET, description="The step REVIEW: true to check all steps together."
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
