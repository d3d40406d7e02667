"""Builder sessions, what they come to, and the ranges to choose from, as clients see them."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import ids
from domain.builder import builder
from domain.db import transaction
from graph.enums.builder import BuilderStep
from graph.enums.collections import LookbackType, LookbackUnit, SegmentType
from graph.fields.context import Info
from graph.fields.days import first_day, last_day
from graph.fields.edges import column
from graph.types.builder_steps import BuilderConfiguration
from graph.types.collections import Collection, CollectionPlan
from graph.types.reports import Report
from graph.types.schedules import Schedule


def _id(root: Any) -> strawberry.ID:
    return strawberry.ID(ids.encode("bld", root.session_id))


async def _plan(root: Any, info: Info) -> Any:
    viewer = info.context.viewer
    async with transaction(viewer) as session:
        return await builder.plan(session, viewer, root)


@strawberry.type(description="A report in the making, as far as it has come.")
class BuilderSession:
    id: strawberry.ID = strawberry.field(resolver=_id, description="Begins with `bld_`.")
    step: BuilderStep = column("step_completed", "The step that was saved last.")
    configuration: BuilderConfiguration = strawberry.field(description="What was saved, by step.")
    saved_at: datetime = column("created_at", "When the last step was saved.")
    plan: CollectionPlan | None = strawberry.field(
        resolver=_plan, description="What collecting the past that was chosen would do."
    )


@strawberry.type(description="What a builder session came to.")
class BuilderResult:
    report: Report = strawberry.field(description="The report.")
    schedule: Schedule | None = strawberry.field(description="Its schedule, if it has one.")
    collection: Collection | None = strawberry.field(
        description="The collection of its past, if that was wanted."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        description="Its dashboard, begins with `dash_`."
    )


@strawberry.type(description="How many segments of a kind.")
class SegmentCount:
    type: SegmentType = strawberry.field(description="How long a segment is.")
    count: int = strawberry.field(description="How many there would be.")


@strawberry.type(description="A range of days that can be collected now.")
class LookbackOption:
    type: LookbackType = strawberry.field(
        resolver=lambda root: root.lookback.type, description="How it is told."
    )
    value: int | None = strawberry.field(
        resolver=lambda root: root.lookback.value, description="RELATIVE: how many units."
    )
    unit: LookbackUnit | None = strawberry.field(
        resolver=lambda root: root.lookback.unit, description="RELATIVE: of what."
    )
    start_date: date = first_day()
    end_date: date = last_day()
    days: int = strawberry.field(
        resolver=lambda root: root.days.length, description="How many days."
    )
    segments: list[SegmentCount] = strawberry.field(
        description="How many segments of each kind; none longer than the range."
    )


@strawberry.type(description="Which of the past can be collected.")
class LookbackOptions:
    time_zone: str = strawberry.field(description="The zone of the days.")
    settled_date: date = strawberry.field(
        resolver=lambda root: root.settled.last, description="The last day whose data is settled."
    )
    options: list[LookbackOption] = strawberry.field(
        description="From days to a year, and last the longest CUSTOM one up to the settled day; "
        "what AMC cannot give now is left out."
    )
