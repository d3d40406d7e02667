"""Schedules: made, changed, paused, resumed, deleted, previewed; their ticks listed and watched."""

from collections.abc import AsyncGenerator
from datetime import date, datetime
from typing import Annotated, Any

import strawberry

from domain import bus, ids, kinds, models
from domain.collections.plans import Wanted as Past
from domain.db import transaction
from domain.pages import Asked, Page
from domain.people import access
from domain.schedules import lists, schedules, specs, ticks
from domain.schedules.specs import ScheduleSpec
from graph.collections import LookbackInput, SegmentationInput
from graph.fields.arguments import REPLACED, Id
from graph.fields.connections import Connection, connection, paged
from graph.fields.context import Info
from graph.fields.enums import CatchUp, Overlap, PreviewMark, word
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.scalars import JSON, an_object
from graph.types.core import Execution
from graph.types.schedules import Schedule, Tick

OfReport = Annotated[
    strawberry.ID | None, strawberry.argument(description="The report that runs by itself.")
]
OfWorkflow = Annotated[
    strawberry.ID | None,
    strawberry.argument(description="Or the saved workflow.", deprecation_reason=REPLACED),
]
OfSchedule = Annotated[strawberry.ID, strawberry.argument(description="The schedule's id.")]
Note = Annotated[str | None, strawberry.argument(description="Why; up to 500 characters.")]


@strawberry.input(description="When it runs, over which days, and what if it could not.")
class ScheduleInput:
    preset: JSON | None = strawberry.field(
        default=None,
        description="frequency (daily, weekly, monthly, quarterly), time, daysOfWeek (1 is "
        'Monday), dayOfMonth (or "last"), timezone.',
    )
    cron: str | None = strawberry.field(
        default=None, description="Or five fields: minute, hour, day, month, day of the week."
    )
    time_zone: str | None = strawberry.field(
        default=None, description="Such as America/New_York; the report's if nothing is said."
    )
    parameters: JSON | None = strawberry.field(
        default=None, description="Values that replace the report's."
    )
    data_window: JSON | None = strawberry.field(
        default=None,
        description='{"type": "previous", "unit": "week"} or {"type": "lookback", "days": 28}; '
        "the unit of the preset if nothing is said.",
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
            preset=self.preset,
            cron=self.cron,
            time_zone=self.time_zone,
            parameters=an_object(self.parameters, "schedule.parameters"),
            data_window=self.data_window,
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

    def past(self) -> Past:
        """The same, as the domain has it."""
        return Past(
            lookback=self.lookback.config() if self.lookback else {},
            segmentation=self.segmentation.config() if self.segmentation else {},
            target_weeks=self.target_weeks,
        )


Decided = Annotated[ScheduleInput, strawberry.argument(description="All that you decide.")]
WithPast = Annotated[
    BackfillInput | None,
    strawberry.argument(description="Collect its past too: both are made, or neither."),
]


@strawberry.type(description="A run that is to come.")
class PreviewedRun:
    at: datetime = strawberry.field(description="The moment.")
    local: str = strawberry.field(description="What clocks show there then.")
    mark: PreviewMark | None = strawberry.field(description="If the clocks are changed then.")
    window_start: date = strawberry.field(
        resolver=lambda root: root.days.start, description="The first day it would cover."
    )
    window_end: date = strawberry.field(
        resolver=lambda root: root.days.end, description="The first day left out."
    )


@strawberry.type(description="What a schedule would do. Nothing is kept.")
class SchedulePreview:
    words: str = strawberry.field(description="When it runs, as a sentence.")
    runs: list[PreviewedRun] = strawberry.field(description="The next twenty.")


@strawberry.input(description="Which schedules; what is left out does not matter.")
class ScheduleFilter:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="Of a report.")
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    is_paused: bool | None = strawberry.field(default=None, description="Paused or not.")


Wanted = Annotated[
    ScheduleFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]


@strawberry.type
class ScheduleQuery:
    @strawberry.field(graphql_type=Schedule, description="One schedule.")
    async def schedule(self, info: Info, id: Id) -> kinds.Schedule:
        table = kinds.of_id(id).schedule
        async with transaction(info.context.viewer) as session:
            found: kinds.Schedule = await access.get(
                session, table.prefix, table.model, id, field="id"
            )
            return found

    @paged(Schedule, "Schedules of reports, newest first.")
    async def schedules(
        self, info: Info, page: Asked, filter: Wanted = None
    ) -> Page[models.ReportSchedule]:
        given = filter or ScheduleFilter()
        wanted = lists.ScheduleFilter(given.report_id, given.instance_id, given.is_paused)
        async with transaction(info.context.viewer) as session:
            return await lists.find(session, wanted, page)

    @paged(Tick, "What became of each moment of a schedule, newest first.")
    async def schedule_ticks(
        self, info: Info, page: Asked, schedule_id: OfSchedule
    ) -> Page[models.ScheduleTick]:
        async with transaction(info.context.viewer) as session:
            return await lists.ticks(session, schedule_id, page)

    @strawberry.field(graphql_type=SchedulePreview, description="What this schedule would do.")
    async def schedule_preview(
        self,
        info: Info,
        schedule: Decided,
        report_id: OfReport = None,
        workflow_id: OfWorkflow = None,
    ) -> SchedulePreview:
        viewer, spec = info.context.viewer, schedule.spec()
        async with transaction(viewer) as session:
            words, runs = await specs.preview(session, viewer, report_id, workflow_id, spec)
        shown: list[Any] = list(runs)  # rows are sources of types as they are
        return SchedulePreview(words=words, runs=shown)


@strawberry.type
class ScheduleMutation:
    @strawberry.mutation(
        graphql_type=Schedule, description="Have a report or a workflow run by itself."
    )
    async def schedule_create(
        self,
        info: Info,
        schedule: Decided,
        report_id: OfReport = None,
        workflow_id: OfWorkflow = None,
        backfill: WithPast = None,
        idempotency_key: IdempotencyKey = None,
    ) -> kinds.Schedule:
        viewer, spec = info.context.viewer, schedule.spec()
        past = backfill.past() if backfill else None
        prefix = kinds.of_id(workflow_id or report_id or "").schedule.prefix
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("scheduleCreate", report_id, workflow_id, spec, past),
                prefix,
                lambda: schedules.create(session, viewer, report_id, workflow_id, spec, past),
            )

    @strawberry.mutation(graphql_type=Schedule, description="Replace all that you decide.")
    async def schedule_change(self, info: Info, id: Id, schedule: Decided) -> kinds.Schedule:
        spec = schedule.spec()
        async with transaction(info.context.viewer) as session:
            return await schedules.change(session, info.context.viewer, id, spec)

    @strawberry.mutation(graphql_type=Schedule, description="Run no more until it is resumed.")
    async def schedule_pause(self, info: Info, id: Id, note: Note = None) -> kinds.Schedule:
        async with transaction(info.context.viewer) as session:
            return await schedules.pause(session, info.context.viewer, id, note)

    @strawberry.mutation(
        graphql_type=Schedule,
        description="Run again; moments that came meanwhile are ticks that were paused.",
    )
    async def schedule_resume(self, info: Info, id: Id) -> kinds.Schedule:
        async with transaction(info.context.viewer) as session:
            return await schedules.resume(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Execution,
        description="Run a report's schedule now, over the days it would have; it stays as it is.",
    )
    async def schedule_run_now(
        self, info: Info, id: Id, idempotency_key: IdempotencyKey = None
    ) -> models.ReportExecution:
        viewer = info.context.viewer
        ids.decode("sch", id, field="id")
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("scheduleRunNow", id),
                "exec",
                lambda: ticks.run_now(session, viewer, id),
            )

    @strawberry.mutation(
        graphql_type=strawberry.ID, description="Delete it with its ticks; its runs stay."
    )
    async def schedule_delete(self, info: Info, id: Id) -> str:
        async with transaction(info.context.viewer) as session:
            return await schedules.remove(session, info.context.viewer, id)


@strawberry.type
class ScheduleSubscription:
    @strawberry.subscription(
        graphql_type=Connection[Tick],
        description="The newest ticks of a report's schedule: now, and after every new one.",
    )
    async def schedule_ticks(
        self,
        info: Info,
        report_id: Annotated[strawberry.ID, strawberry.argument(description="The report's id.")],
    ) -> AsyncGenerator[Any, None]:
        key = ids.decode("rpt", report_id, field="reportId")
        seen: list[Any] | None = None
        async for _ in bus.hub.watch(key):
            async with transaction(info.context.viewer) as session:
                await access.get(session, "rpt", models.Report, report_id, field="reportId")
                page = await lists.ticks_of_report(session, key)
            shown = [(one.id, one.outcome, one.is_followed) for one in page.rows]
            if shown != seen:
                seen = shown
                yield connection(page)
