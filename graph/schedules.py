"""Root fields of schedules and their ticks."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any

import strawberry

from domain import ids, kinds, models
from domain.bus import bus
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from domain.people import access
from domain.schedules import lists, schedules, specs, ticks
from graph.fields.arguments import Id
from graph.fields.connections import PAGE, paged
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.inputs import orders
from graph.inputs.schedules import (
    BackfillArgument,
    OfReport,
    OfSchedule,
    OfWorkflow,
    PauseNote,
    ScheduleArgument,
    WhichSchedules,
    WhichTicks,
)
from graph.types.executions import Execution
from graph.types.schedules import NewestTicks, Schedule, SchedulePreview, Tick


@strawberry.type
class ScheduleQuery:
    @strawberry.field(
        graphql_type=Schedule,
        description="The schedule with this id. NOT_FOUND if it does not exist or is not yours "
        "to see.",
    )
    async def schedule(self, info: Info, id: Id) -> kinds.Schedule:
        table = kinds.of_id(id).schedule
        async with transaction(info.context.viewer) as session:
            found: kinds.Schedule = await access.get(
                session, table.prefix, table.model, id, field="id"
            )
            return found

    @paged(Schedule, orders.SCHEDULES, "The schedules of reports that you may see, newest first.")
    async def schedules(
        self, info: Info, page: PageArgs, filter: WhichSchedules = None
    ) -> Page[models.ReportSchedule]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.ScheduleFilter), page)

    @paged(
        Tick, orders.TICKS, "The past moments of a schedule and what it did at each, newest first."
    )
    async def schedule_ticks(
        self, info: Info, page: PageArgs, schedule_id: OfSchedule, filter: WhichTicks = None
    ) -> Page[models.ScheduleTick]:
        which = wanted(filter, lists.TickFilter)
        async with transaction(info.context.viewer) as session:
            return await lists.ticks(session, schedule_id, which, page)

    @strawberry.field(
        graphql_type=SchedulePreview,
        description="The next 20 runs of a schedule before it is created. Nothing is saved.",
        directives=[weighs(1500)],
    )
    async def schedule_preview(
        self,
        info: Info,
        schedule: ScheduleArgument,
        report_id: OfReport = None,
        workflow_id: OfWorkflow = None,
    ) -> SchedulePreview:
        viewer, spec = info.context.viewer, schedule.spec()
        async with transaction(viewer) as session:
            words, runs = await specs.preview(session, viewer, report_id, workflow_id, spec)
        shown: list[Any] = list(runs)  # the type reads its fields from these rows
        return SchedulePreview(words=words, runs=shown)


@strawberry.type
class ScheduleMutation:
    @strawberry.mutation(
        graphql_type=Schedule,
        description="Creates a schedule that runs a report or a workflow by itself. CONFLICT if "
        "the report already has an active schedule.",
    )
    async def schedule_create(
        self,
        info: Info,
        schedule: ScheduleArgument,
        report_id: OfReport = None,
        workflow_id: OfWorkflow = None,
        backfill: BackfillArgument = None,
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

    @strawberry.mutation(
        graphql_type=Schedule,
        description="Replaces everything that you decide about a schedule. From then on it runs "
        "in your name. CONFLICT if its report is archived.",
    )
    async def schedule_change(
        self, info: Info, id: Id, schedule: ScheduleArgument
    ) -> kinds.Schedule:
        spec = schedule.spec()
        async with transaction(info.context.viewer) as session:
            return await schedules.change(session, info.context.viewer, id, spec)

    @strawberry.mutation(
        graphql_type=Schedule, description="Pauses a schedule until it is resumed."
    )
    async def schedule_pause(self, info: Info, id: Id, note: PauseNote = None) -> kinds.Schedule:
        async with transaction(info.context.viewer) as session:
            return await schedules.pause(session, info.context.viewer, id, note)

    @strawberry.mutation(
        graphql_type=Schedule,
        description="Resumes a paused schedule from its next moment on. From then on it runs in "
        "your name. The moments that passed meanwhile become ticks with the "
        "outcome PAUSED.",
    )
    async def schedule_resume(self, info: Info, id: Id) -> kinds.Schedule:
        async with transaction(info.context.viewer) as session:
            return await schedules.resume(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Execution,
        description="Runs the report of a schedule now, with the schedule's parameters, over "
        "the days that a scheduled run would cover now. The schedule itself does "
        "not change.",
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
        graphql_type=strawberry.ID,
        description="Deletes a schedule with its ticks. Its executions are kept. Returns the "
        "schedule's id.",
    )
    async def schedule_delete(self, info: Info, id: Id) -> str:
        async with transaction(info.context.viewer) as session:
            return await schedules.remove(session, info.context.viewer, id)


@strawberry.type
class ScheduleSubscription:
    @strawberry.subscription(
        graphql_type=NewestTicks,
        description="Watches the newest ticks of a report's schedule: sends them at once, then "
        "again after every new one.",
        directives=[weighs(PAGE)],
    )
    async def schedule_ticks(
        self,
        info: Info,
        report_id: Annotated[strawberry.ID, strawberry.argument(description="The report's id.")],
    ) -> AsyncGenerator[NewestTicks, None]:
        key = ids.decode("rpt", report_id, field="reportId")
        seen: list[Any] | None = None
        async for _ in bus.hub.watch(key):
            async with transaction(info.context.viewer) as session:
                await access.get(session, "rpt", models.Report, report_id, field="reportId")
                page = await lists.ticks_of_report(session, key)
            shown = [(one.id, one.outcome, one.is_followed) for one in page.rows]
            if shown != seen:
                seen = shown
                newest: list[Any] = page.rows  # rows are sources of types as they are
                yield NewestTicks(nodes=newest, has_more=page.has_next_page)
