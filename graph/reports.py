"""Root fields of reports."""

import strawberry

from domain import models
from domain.db import transaction
from domain.errors import Invalid
from domain.executions import executions
from domain.pages.pages import Page, PageArgs
from domain.people import access
from domain.reports import favorites, lists, reports, upgrades
from domain.reports.reports import ReportSpec
from graph.enums.collections import SegmentType
from graph.fields.arguments import Id, OfInstance, OfTemplate
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import RUN, weighs
from graph.fields.enums import word
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.live import HowMany, ListEvents, changes, watched
from graph.fields.scalars import an_object, given_object, or_empty
from graph.inputs import orders
from graph.inputs.executions import WindowArgument, WindowZone
from graph.inputs.reports import (
    CopyName,
    Mark,
    NewValues,
    RecollectedAs,
    ReplacedValues,
    Replacement,
    ReportArgument,
    ReportChangeArgument,
    RunNow,
    TemplateValues,
    ToVersion,
    WhichReports,
)
from graph.types.collections import Collection
from graph.types.executions import Execution
from graph.types.reports import Report
from graph.types.upgrades import ReportUpgradePreview


@strawberry.type
class ReportQuery:
    @strawberry.field(
        graphql_type=Report,
        description="The report with this id. NOT_FOUND if it does not exist or is not yours to "
        "see.",
    )
    async def report(self, info: Info, id: Id) -> models.Report:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "rpt", models.Report, id, field="id")

    @strawberry.field(
        graphql_type=ReportUpgradePreview,
        description="What reportUpgrade with the same arguments would do. Nothing is changed. "
        "NOT_FOUND if the template has no such version.",
        directives=[weighs(2000)],
    )
    async def report_upgrade_preview(
        self, info: Info, id: Id, template_version: ToVersion, parameters: NewValues = None
    ) -> upgrades.Preview:
        viewer, values = info.context.viewer, given_object(parameters, "parameters")
        async with transaction(viewer) as session:
            return await upgrades.preview(session, id, template_version, values)

    @paged(Report, orders.REPORTS, "The reports that you may see, newest first.")
    async def reports(
        self,
        info: Info,
        page: PageArgs,
        filter: WhichReports = None,
    ) -> Page[models.Report]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.ReportFilter), page)


@strawberry.type
class ReportMutation:
    @strawberry.mutation(
        graphql_type=Report,
        description="Creates a report, and runs it if `run` is true. FORBIDDEN unless you are "
        "an editor of the instance.",
    )
    async def report_create(
        self,
        info: Info,
        report: ReportArgument,
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
        description="Changes what `change` gives about a report; everything else stays. The report "
        "keeps its instance and its template version, which reportUpgrade moves. A report of an "
        "archived template can be changed, too. CONFLICT if another report has the reportId.",
    )
    async def report_change(
        self, info: Info, id: Id, change: ReportChangeArgument = None, report: Replacement = None
    ) -> models.Report:
        given = change or report
        if given is None or (change and report):
            raise Invalid("Give a `change`.", field="change")
        decided = given.change()
        async with transaction(info.context.viewer) as session:
            return await reports.change(session, info.context.viewer, id, decided)

    @strawberry.mutation(
        graphql_type=Report,
        description="Pins a report to a version of its template, newer or older. What was "
        "collected stays. reportUpgradePreview says what it means. BAD_USER_INPUT if the parameter "
        "values do not fit the version.",
    )
    async def report_upgrade(
        self, info: Info, id: Id, template_version: ToVersion, parameters: NewValues = None
    ) -> models.Report:
        viewer, values = info.context.viewer, given_object(parameters, "parameters")
        async with transaction(viewer) as session:
            return await upgrades.upgrade(session, viewer, id, template_version, values)

    @strawberry.mutation(
        graphql_type=Collection,
        description="Starts a collection, for the report as it is now, of all days that it has "
        "results of under earlier versions, parameters or time zones: the newest 365 days. "
        "CONFLICT if there are none, or if another collection of these days is open.",
    )
    async def report_recollect(
        self,
        info: Info,
        id: Id,
        segment_type: RecollectedAs = SegmentType.WEEKLY,
        idempotency_key: IdempotencyKey = None,
    ) -> models.Collection:
        viewer, unit = info.context.viewer, word(segment_type)
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("reportRecollect", id, unit),
                "col",
                lambda: upgrades.recollect(session, viewer, id, unit),
            )

    @strawberry.mutation(
        graphql_type=Report,
        description="Archives a report and ends its schedule. Executions and results are kept.",
    )
    async def report_archive(self, info: Info, id: Id) -> models.Report:
        async with transaction(info.context.viewer) as session:
            return await reports.archive(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Report,
        description="Takes an archived report out of the archive. It may run again. Its schedule "
        "has ended; create a new one.",
    )
    async def report_restore(self, info: Info, id: Id) -> models.Report:
        async with transaction(info.context.viewer) as session:
            return await reports.restore(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Report,
        description="Creates a report of yours with the same template version, parameters and "
        "instance. The copy has no results, no schedule and no dashboard yet.",
    )
    async def report_duplicate(
        self, info: Info, id: Id, name: CopyName = None, idempotency_key: IdempotencyKey = None
    ) -> models.Report:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("reportDuplicate", id, name),
                "rpt",
                lambda: reports.duplicate(session, viewer, id, name),
            )

    @strawberry.mutation(
        graphql_type=Report,
        description="Adds a report to your favourites, or removes it and its dashboard from them.",
    )
    async def report_favorite(self, info: Info, id: Id, favorite: Mark) -> models.Report:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await favorites.mark(session, viewer, id, favorite)

    @strawberry.mutation(
        directives=[weighs(RUN)],
        graphql_type=Execution,
        description="Runs a report now. CONFLICT if the report is archived or its instance is "
        "not active.",
    )
    async def report_run(
        self,
        info: Info,
        id: Id,
        window: WindowArgument = None,
        parameters: ReplacedValues = None,
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
        directives=[weighs(RUN)],
        graphql_type=Execution,
        description="Runs a template once, without creating a report.",
    )
    async def template_run(
        self,
        info: Info,
        template_id: OfTemplate,
        instance_id: OfInstance,
        parameters: TemplateValues = None,
        window: WindowArgument = None,
        time_zone: WindowZone = "UTC",
        idempotency_key: IdempotencyKey = None,
    ) -> models.ReportExecution:
        viewer = info.context.viewer
        spec = ReportSpec(
            name="ad hoc",
            template_id=template_id,
            instance_id=instance_id,
            parameters=or_empty(parameters),
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


@strawberry.type
class ReportSubscription:
    @watched(Report, "the reports that you may see, with their runs")
    def reports(self, info: Info, filter: WhichReports = None, first: HowMany = 20) -> ListEvents:
        return changes(info, lists.LIVE, wanted(filter, lists.ReportFilter), first)
