"""What was saved in a builder session, step by step, as clients see it."""

from typing import Any

import strawberry

from domain.builder.steps import Parameters, Scheduled
from domain.documents import Config, stored
from graph.fields.scalars import JSON
from graph.types.collections import Lookback, Segmentation
from graph.types.presets import DataWindow, SchedulePreset, ScheduleRules


@strawberry.type(
    description="The step PARAMETERS: the report to create, and which past days to collect."
)
class BuilderParameters:
    name: str = strawberry.field(description="The name of the report.")
    template_id: strawberry.ID = strawberry.field(
        description="The template that the report is created from."
    )
    instance_id: strawberry.ID = strawberry.field(
        description="The instance that the report runs on."
    )
    description: str | None = strawberry.field(
        description="What the report is for. Null if nobody has said."
    )
    parameters: JSON = strawberry.field(
        description="Values for the template's parameters, by name. "
        "Their definitions give the types."
    )
    time_zone: str = strawberry.field(description="The IANA time zone of the report's days.")
    lookback: Lookback | None = strawberry.field(
        description="Which past days are collected. Null if none are, or `targetWeeks` says it."
    )
    segmentation: Segmentation | None = strawberry.field(
        description="How the days are cut into segments. Null for the defaults."
    )
    target_weeks: int | None = strawberry.field(
        description="The number of segments, counted back from the newest settled day. Null if "
        "`lookback` says it."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        description="The id of the dashboard that was chosen for the report. Null if none was."
    )
    create_dashboard: bool = strawberry.field(
        description="True if a dashboard is created for the report."
    )


@strawberry.type(description="The step SCHEDULE: when the report runs by itself.")
class BuilderSchedule(ScheduleRules):
    once: bool = strawberry.field(
        description="True if the report runs once. The other fields then have no meaning."
    )
    preset: SchedulePreset | None = strawberry.field(
        description="How often the report runs. Null for a cron expression."
    )
    cron: str | None = strawberry.field(description="The cron expression. Null for a preset.")
    time_zone: str | None = strawberry.field(
        description="The IANA time zone of the schedule. Null for the report's time zone."
    )
    parameters: JSON = strawberry.field(
        description="Values that replace some of the report's, by name. "
        "Their definitions give the types."
    )
    data_window: DataWindow | None = strawberry.field(
        description="Which days an execution covers. Null for the default."
    )


@strawberry.type(description="The ids of what a session created. Some of it may be deleted since.")
class BuilderMade:
    report_id: strawberry.ID = strawberry.field(description="The id of the report.")
    schedule_id: strawberry.ID | None = strawberry.field(
        description="The id of its schedule. Null if it runs once."
    )
    collection_id: strawberry.ID | None = strawberry.field(
        description="The id of the collection of past days. Null if none was chosen."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        description="The id of its dashboard. Null if it has none."
    )


def _step(name: str, model: type[Config]) -> Any:
    def resolve(root: dict[str, Any]) -> Any:
        return stored(model, root[name]) if name in root else None

    return resolve


@strawberry.type(description="What was saved in a builder session, step by step.")
class BuilderConfiguration:
    parameters: BuilderParameters | None = strawberry.field(
        resolver=_step("parameters", Parameters),
        description="The step PARAMETERS. Null until it is saved.",
    )
    schedule: BuilderSchedule | None = strawberry.field(
        resolver=_step("schedule", Scheduled),
        description="The step SCHEDULE. Null until it is saved.",
    )
    is_reviewed: bool = strawberry.field(
        resolver=lambda root: "review" in root, description="True once the step REVIEW is saved."
    )
    made: BuilderMade | None = strawberry.field(
        resolver=lambda root: root.get("submit"),
        description="What the step SUBMIT created. Null until then.",
    )
