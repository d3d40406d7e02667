"""Root fields of views and report configurations."""

import strawberry

from domain import models
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from domain.people import access
from domain.views import configurations, lists
from domain.views.configurations import ConfigurationSpec
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.live import HowMany, ListEvents, changes, watched
from graph.inputs import orders
from graph.inputs.views import (
    Enabled,
    Kind,
    Meaning,
    OfReport,
    OfWorkflow,
    Visualization,
    WatchedReport,
    WatchedWorkflow,
    WhichEnabled,
)
from graph.types.views.views import ReportConfiguration, View


@strawberry.type
class ViewQuery:
    @strawberry.field(
        graphql_type=View,
        description="The view with this id. NOT_FOUND if it does not exist or is not yours to see.",
    )
    async def view(self, info: Info, id: Id) -> models.DashboardView:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "view", models.DashboardView, id, field="id")

    @paged(
        View,
        orders.VIEWS,
        "The views of a report or workflow, newest days first. Give either "
        "`reportId` or `workflowId`.",
    )
    async def views(
        self, info: Info, page: PageArgs, report_id: OfReport = None, workflow_id: OfWorkflow = None
    ) -> Page[models.DashboardView]:
        async with transaction(info.context.viewer) as session:
            return await lists.find(session, report_id, workflow_id, page)

    @paged(
        ReportConfiguration,
        orders.REPORT_CONFIGURATIONS,
        "The configurations that say which results are drawn as views, newest first.",
    )
    async def report_configurations(
        self, info: Info, page: PageArgs, enabled: WhichEnabled = True
    ) -> Page[models.ReportConfiguration]:
        async with transaction(info.context.viewer) as session:
            return await lists.configurations(session, enabled, page)


@strawberry.type
class ViewMutation:
    @strawberry.mutation(
        graphql_type=ReportConfiguration,
        description="Sets whether and how the results of a report or workflow are drawn as "
        "views. After a change of an enabled configuration, the newest execution "
        "and the newest collection are drawn again. A repeat changes nothing.",
    )
    async def report_configuration_set(
        self,
        info: Info,
        enabled: Enabled,
        report_id: OfReport = None,
        workflow_id: OfWorkflow = None,
        dashboard_type: Kind = None,
        visualization_config: Visualization = None,
        template_id: Meaning = None,
    ) -> models.ReportConfiguration:
        spec = ConfigurationSpec(
            report_id=report_id,
            workflow_id=workflow_id,
            enabled=enabled,
            dashboard_type=word(dashboard_type),
            visualization_config=given(visualization_config),
            template_id=template_id,
        )
        async with transaction(info.context.viewer) as session:
            return await configurations.put(session, info.context.viewer, spec)


@strawberry.type
class ViewSubscription:
    @watched(View, "the views of a report or workflow, or all that you may see")
    def views(
        self,
        info: Info,
        report_id: WatchedReport = None,
        workflow_id: WatchedWorkflow = None,
        first: HowMany = 20,
    ) -> ListEvents:
        return changes(info, lists.LIVE, lists.ViewFilter(report_id, workflow_id), first)
