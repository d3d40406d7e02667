"""GraphQL types of the report builder."""

from datetime import date, datetime
from typing import Any

import strawberry

from domain import ids
from domain.builder import builder
from domain.collections.backfills import OFFERED
from domain.db import transaction
from domain.snapshots import snapshots
from graph.enums.builder import BuilderStep
from graph.enums.collections import LookbackType, LookbackUnit, SegmentType
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.fields.days import first_day, last_day
from graph.fields.edges import bounded, column
from graph.types.builder_steps import BuilderConfiguration
from graph.types.collections import Collection, CollectionPlan
from graph.types.reports import Report
from graph.types.schedules import Schedule


def _id(root: Any) -> strawberry.ID:
    return strawberry.ID(ids.encode("bld", root.session_id))


async def _plan(root: Any, info: Info) -> Any:
    viewer = info.context.viewer
    # A rehearsal makes a report, and takes it back.
    async with snapshots.apart(), transaction(viewer) as session:
        return await builder.plan(session, viewer, root)


@strawberry.type(
    description="A session of the report builder: a report that is being configured step by step."
)
class BuilderSession:
    id: strawberry.ID = strawberry.field(
        resolver=_id, description="The session's id. It begins with `bld_`."
    )
    step: BuilderStep = column("step_completed", "The step that was saved last.")
    configuration: BuilderConfiguration = strawberry.field(
        description="What was saved, step by step."
    )
    saved_at: datetime = column("created_at", "When the last step was saved.")
    plan: CollectionPlan | None = strawberry.field(
        resolver=_plan,
        description="What collecting the chosen past days would do. Null if no past days were "
        "chosen or the session was submitted.",
        directives=[weighs(4000)],
    )


@strawberry.type(description="What builderSubmit created.")
class BuilderResult:
    report: Report = strawberry.field(description="The report that was created.")
    schedule: Schedule | None = strawberry.field(
        description="The report's schedule. Null if it runs once, or if the schedule was "
        "deleted since."
    )
    collection: Collection | None = strawberry.field(
        description="The collection of past days. Null if none was chosen, or if it was deleted "
        "since."
    )
    dashboard_id: strawberry.ID | None = strawberry.field(
        description="The id of the report's dashboard. It begins with `dash_`. Null if the "
        "report has none."
    )


@strawberry.type(description="The number of segments of one length.")
class SegmentCount:
    type: SegmentType = strawberry.field(description="The length of a segment.")
    count: int = strawberry.field(description="The number of segments.")


@strawberry.type(description="A range of past days that can be collected now.")
class LookbackOption:
    type: LookbackType = strawberry.field(
        resolver=lambda root: root.lookback.type,
        description="How the range is given, for LookbackInput.",
    )
    value: int | None = strawberry.field(
        resolver=lambda root: root.lookback.value,
        description="For RELATIVE: the number of units. Null otherwise.",
    )
    unit: LookbackUnit | None = strawberry.field(
        resolver=lambda root: root.lookback.unit,
        description="For RELATIVE: the unit. Null otherwise.",
    )
    start_date: date = first_day()
    end_date: date = last_day()
    days: int = strawberry.field(
        resolver=lambda root: root.days.length, description="The number of days."
    )
    segments: list[SegmentCount] = bounded(
        len(SegmentType), "The number of segments for each segment length that fits into the range."
    )


@strawberry.type(description="The ranges of past days that can be collected now.")
class LookbackOptions:
    time_zone: str = strawberry.field(description="The IANA time zone of the days.")
    settled_date: date = strawberry.field(
        resolver=lambda root: root.settled.last, description="The last day whose data is settled."
    )
    options: list[LookbackOption] = bounded(
        len(OFFERED) + 1,
        "The ranges, from a few days to a year. The last one is the longest CUSTOM "
        "range. Ranges that AMC has no data for are left out.",
    )
