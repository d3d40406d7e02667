"""What was saved in a builder session, step by step, as clients see it."""

from typing import Any

import strawberry

from domain.builder.steps import Parameters, Scheduled
from domain.documents import Config, stored
from graph.enums.schedules import CatchUp, Overlap
from graph.fields.scalars import JSON
from graph.types.collections import Lookback, Segmentation
from graph.types.presets import DataWindow, SchedulePreset


@strawberry.type(description="The step PARAMETERS: what is asked of whom, and of which past.")
class BuilderParameters:
    name: str = strawberry.field(description="The name of the report.")
    template_id: strawberry.ID = strawberry.field(description="The template it is made from.")
    instance_id: strawberry.ID = strawberry.field(description="The instance it runs on.")
    description: str | None = strawberry.field(description="What it is for.")
    parameters: JSON = strawberry.field(
        description="Values for the template's parameters, by name. "
        "Their definitions give the types."
    )
    time_zone: str = strawberry.field(description="The zone of its windows.")
    lookback: Lookback | None = strawberry.field(description="Which past is collected.")
    segmentation: Segmentation | None = strawberry.field(description="How it is cut.")
    target_weeks: int | None = strawberry.field(description="How many segments.")
    dashboard_id: strawberry.ID | None = strawberry.field(description="A dashboard of yours.")
    create_dashboard: bool = strawberry.field(description="Whether one is made for it.")


@strawberry.type(description="The step SCHEDULE: when the report runs by itself.")
class BuilderSchedule:
    once: bool = strawberry.field(
        description="Whether it has no schedule; the other fields then say nothing."
    )
    preset: SchedulePreset | None = strawberry.field(description="How often it runs.")
    cron: str | None = strawberry.field(description="Or a cron expression.")
    time_zone: str | None = strawberry.field(
        description="The zone of its moments; the report's if null."
    )
    parameters: JSON = strawberry.field(
        description="Values that replace some of the report's, by name. "
        "Their definitions give the types."
    )
    data_window: DataWindow | None = strawberry.field(description="Which days a run covers.")
    overlap: Overlap = strawberry.field(description="What if the last run is still under way.")
    catch_up: CatchUp = strawberry.field(description="Which missed moments are made good.")
    catch_up_seconds: int = strawberry.field(description="How old a missed moment may be.")
    jitter_seconds: int = strawberry.field(description="Up to how much later it starts.")
    pause_after_failures: int | None = strawberry.field(
        description="Failures in a row after which it pauses by itself."
    )
    keeps_history: bool = strawberry.field(
        description="Whether its runs extend the report's aggregates."
    )


@strawberry.type(description="The ids of what was made of a session; it may be deleted since.")
class BuilderMade:
    report_id: strawberry.ID = strawberry.field(description="The report.")
    schedule_id: strawberry.ID | None = strawberry.field(description="Its schedule, if any.")
    collection_id: strawberry.ID | None = strawberry.field(
        description="The collection of its past, if any."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(description="Its dashboard, if any.")


def _step(name: str, model: type[Config]) -> Any:
    def resolve(root: dict[str, Any]) -> Any:
        return stored(model, root[name]) if name in root else None

    return resolve


@strawberry.type(description="What was saved in a builder session; null for a step to come.")
class BuilderConfiguration:
    parameters: BuilderParameters | None = strawberry.field(
        resolver=_step("parameters", Parameters), description="The step PARAMETERS."
    )
    schedule: BuilderSchedule | None = strawberry.field(
        resolver=_step("schedule", Scheduled), description="The step SCHEDULE."
    )
    is_reviewed: bool = strawberry.field(
        resolver=lambda root: "review" in root, description="Whether the step REVIEW was saved."
    )
    made: BuilderMade | None = strawberry.field(
        resolver=lambda root: root.get("submit"), description="What was made by the step SUBMIT."
    )
