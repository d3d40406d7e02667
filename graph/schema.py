"""The schema: combines the root fields of all nouns."""

from typing import Any

import strawberry
import structlog
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types.execution import ExecutionContext

from graph.aggregates import AggregateQuery
from graph.audit import AuditQuery
from graph.builder import BuilderMutation, BuilderQuery
from graph.bulk import BulkMutation
from graph.collections import CollectionMutation, CollectionQuery, CollectionSubscription
from graph.dashboards import DashboardMutation, DashboardQuery, DashboardSubscription
from graph.enums.errors import ErrorCodeEnum
from graph.executions import ExecutionMutation, ExecutionQuery, ExecutionSubscription
from graph.exports import ExportMutation, ExportQuery, ExportSubscription
from graph.fields import checked, mutation_names
from graph.fields.costs import price_roots
from graph.fields.documents import read
from graph.fields.errors import is_bug, lacking
from graph.fields.roots import standing_alone
from graph.fields.scalars import SCALARS
from graph.insights import InsightQuery
from graph.instances import InstanceMutation, InstanceQuery
from graph.node import NodeQuery
from graph.notices import NoticeMutation, NoticeQuery, NoticeSubscription
from graph.numbers import WidgetQuery
from graph.overview import OverviewQuery, OverviewSubscription
from graph.people import PeopleMutation, PeopleQuery
from graph.questions import QuestionMutation, QuestionQuery, QuestionSubscription
from graph.reports import ReportMutation, ReportQuery, ReportSubscription
from graph.schedules import ScheduleMutation, ScheduleQuery, ScheduleSubscription
from graph.templates import TemplateMutation, TemplateQuery
from graph.views import ViewMutation, ViewQuery, ViewSubscription
from graph.workflows import WorkflowMutation, WorkflowQuery, WorkflowSubscription

log = structlog.get_logger()


@standing_alone
@strawberry.type(description="Everything that can be read.")
class Query(
    PeopleQuery,
    OverviewQuery,
    NodeQuery,
    InstanceQuery,
    TemplateQuery,
    ReportQuery,
    ExecutionQuery,
    CollectionQuery,
    AggregateQuery,
    ScheduleQuery,
    NoticeQuery,
    BuilderQuery,
    WorkflowQuery,
    DashboardQuery,
    ViewQuery,
    InsightQuery,
    WidgetQuery,
    QuestionQuery,
    ExportQuery,
    AuditQuery,
):
    pass


@standing_alone
@strawberry.type(
    description="Everything that can be changed. A mutation that creates or starts "
    "something takes an `idempotencyKey`; all others are safe to repeat."
)
class Mutation(
    PeopleMutation,
    InstanceMutation,
    TemplateMutation,
    ReportMutation,
    ExecutionMutation,
    BulkMutation,
    CollectionMutation,
    ScheduleMutation,
    NoticeMutation,
    BuilderMutation,
    WorkflowMutation,
    DashboardMutation,
    ViewMutation,
    QuestionMutation,
    ExportMutation,
):
    pass


@strawberry.type(
    description="Everything that can be watched. A subscription sends the present state "
    "first, then every change."
)
class Subscription(
    OverviewSubscription,
    ReportSubscription,
    ExecutionSubscription,
    CollectionSubscription,
    ScheduleSubscription,
    DashboardSubscription,
    QuestionSubscription,
    ExportSubscription,
    ViewSubscription,
    NoticeSubscription,
    WorkflowSubscription,
):
    pass


price_roots(Query, Mutation, Subscription)


class Schema(strawberry.Schema):
    """The schema. It checks every argument; it logs bugs as errors and refusals not at all.

    The audit knows each change by the mutation that made it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        checked.check_all(self._schema)
        mutation_names.tell_the_audit(self._schema.mutation_type)

    def process_errors(
        self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None
    ) -> None:
        """Log errors that are neither refusals nor mistakes in the query."""
        for error in errors:
            if (lack := lacking(error)) is not None:
                log.warning("graph.lacks", path=error.path, lacks=lack, error=str(error))
            if is_bug(error):
                log.error("graph.bug", path=error.path, exc_info=error.original_error)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[ErrorCodeEnum],
    config=StrawberryConfig(
        scalar_map=SCALARS, default_resolver=read, disable_field_suggestions=True
    ),
)
