"""Reports: made, changed, put away, run, listed."""

from datetime import date
from typing import Annotated

import strawberry

from domain import models
from domain.calendar.days import Days
from domain.db import transaction
from domain.executions import executions
from domain.executions.executions import WindowSpec
from domain.pages import Asked, Page
from domain.people import access
from domain.reports import reports
from domain.reports.reports import ReportSpec
from graph.fields.arguments import Id, OfInstance, OfTemplate
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.enums import Frequency, ReportState, word
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.scalars import JSON, an_object
from graph.types.core import Execution, Report

Values = Annotated[
    JSON | None, strawberry.argument(description="Values for the template's parameters.")
]
Replaced = Annotated[
    JSON | None, strawberry.argument(description="Values that replace the report's, this once.")
]
Zone = Annotated[str, strawberry.argument(description="The zone of the window's days.")]


@strawberry.input(description="All that you decide about a report.")
class ReportInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    template_id: strawberry.ID = strawberry.field(description="The template it is made from.")
    instance_id: strawberry.ID = strawberry.field(description="The instance it runs on.")
    parameters: JSON | None = strawberry.field(
        default=None, description="Values for the template's parameters."
    )
    description: str | None = strawberry.field(default=None, description="What it is for.")
    time_zone: str = strawberry.field(
        default="UTC", description="The zone of its windows, such as America/New_York."
    )
    report_id: str | None = strawberry.field(
        default=None, description="An id of your own choice; no other report may have it."
    )

    def spec(self) -> ReportSpec:
        """The same, as the domain has it. Raises Invalid."""
        return ReportSpec(
            name=self.name,
            template_id=self.template_id,
            instance_id=self.instance_id,
            parameters=an_object(self.parameters, "report.parameters"),
            description=self.description,
            time_zone=self.time_zone,
            report_id=self.report_id,
        )


@strawberry.input(description="Days from `start` up to, not including, `end`.")
class WindowInput:
    start: date = strawberry.field(description="The first day.")
    end: date = strawberry.field(description="The first day left out.")
    allow_provisional: bool = strawberry.field(
        default=False, description="Take days whose data is not settled yet."
    )

    def spec(self) -> WindowSpec:
        """The same, as the domain has it."""
        return WindowSpec(Days(self.start, self.end), self.allow_provisional)


@strawberry.input(description="Which reports; what is left out does not matter.")
class ReportFilter:
    state: ReportState | None = strawberry.field(default=None, description="Standing so.")
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    frequency: Frequency | None = strawberry.field(default=None, description="Running so often.")
    text: str | None = strawberry.field(
        default=None, description="Somewhere in the name, the description or the report id."
    )


Decided = Annotated[ReportInput, strawberry.argument(description="All that you decide.")]
RunNow = Annotated[
    bool, strawberry.argument(description="Run it at once over the newest settled window.")
]
Window = Annotated[
    WindowInput | None,
    strawberry.argument(description="The days; the newest settled ones otherwise."),
]
Wanted = Annotated[
    ReportFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]


@strawberry.type
class ReportQuery:
    @strawberry.field(graphql_type=Report, description="One report.")
    async def report(self, info: Info, id: Id) -> models.Report:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "rpt", models.Report, id, field="id")

    @paged(Report, "Reports, newest first.")
    async def reports(
        self,
        info: Info,
        page: Asked,
        filter: Wanted = None,
    ) -> Page[models.Report]:
        given = filter or ReportFilter()
        wanted = reports.ReportFilter(
            state=word(given.state),
            instance_id=given.instance_id,
            frequency=word(given.frequency),
            text=given.text,
        )
        async with transaction(info.context.viewer) as session:
            return await reports.find(session, wanted, page)


@strawberry.type
class ReportMutation:
    @strawberry.mutation(graphql_type=Report, description="Make a report, and run it if wanted.")
    async def report_create(
        self,
        info: Info,
        report: Decided,
        run: RunNow = False,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Report:
        viewer, spec = info.context.viewer, report.spec()
        async with transaction(viewer) as session:

            async def make() -> models.Report:
                made = await reports.create(session, viewer, spec)
                if run:
                    await executions.start(session, viewer, made)
                return made

            request = ("reportCreate", spec, run)
            return await once(session, viewer, idempotency_key, request, "rpt", make)

    @strawberry.mutation(
        graphql_type=Report,
        description="Replace all that you decide about a report, save its instance.",
    )
    async def report_change(self, info: Info, id: Id, report: Decided) -> models.Report:
        spec = report.spec()
        async with transaction(info.context.viewer) as session:
            return await reports.change(session, info.context.viewer, id, spec)

    @strawberry.mutation(
        graphql_type=Report, description="Put a report away; what it has brought stays."
    )
    async def report_archive(self, info: Info, id: Id) -> models.Report:
        async with transaction(info.context.viewer) as session:
            return await reports.archive(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Execution,
        description="Run a report now, over a window or the newest settled one.",
    )
    async def report_run(
        self,
        info: Info,
        id: Id,
        window: Window = None,
        parameters: Replaced = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.ReportExecution:
        viewer = info.context.viewer
        values = an_object(parameters, "parameters")
        days = window.spec() if window else None
        async with transaction(viewer) as session:

            async def make() -> models.ReportExecution:
                report = await access.get(session, "rpt", models.Report, id, field="id")
                placed: models.ReportExecution = await executions.start(
                    session, viewer, report, values=values, window=days
                )
                return placed

            request = ("reportRun", id, days, values)
            return await once(session, viewer, idempotency_key, request, "exec", make)

    @strawberry.mutation(
        graphql_type=Execution, description="Run a template once, without making a report."
    )
    async def template_run(
        self,
        info: Info,
        template_id: OfTemplate,
        instance_id: OfInstance,
        parameters: Values = None,
        window: Window = None,
        time_zone: Zone = "UTC",
        idempotency_key: IdempotencyKey = None,
    ) -> models.ReportExecution:
        viewer = info.context.viewer
        spec = ReportSpec(
            name="ad hoc",
            template_id=template_id,
            instance_id=instance_id,
            parameters=an_object(parameters, "parameters"),
            time_zone=time_zone,
        )
        days = window.spec() if window else None
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("templateRun", spec, days),
                "exec",
                lambda: reports.run_without(session, viewer, spec, days),
            )
