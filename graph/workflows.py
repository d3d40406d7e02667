"""Root fields of workflows."""

import strawberry

from domain import kinds, models, pool
from domain.db import transaction
from domain.executions import executions
from domain.pages.pages import Page, PageArgs
from domain.people import access
from domain.workflows import conversions, lists, workflows
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import RUN, weighs
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.live import HowMany, ListEvents, changes, watched
from graph.fields.scalars import an_object
from graph.inputs import orders
from graph.inputs.executions import WindowArgument
from graph.inputs.workflows import (
    ReplacedWorkflowValues,
    WhichWorkflowExecutions,
    WhichWorkflows,
    WorkflowArgument,
)
from graph.types.executions import WorkflowExecution
from graph.types.reports import Report
from graph.types.workflows import Workflow


@strawberry.type
class WorkflowQuery:
    @strawberry.field(
        graphql_type=Workflow,
        description="The workflow with this id. NOT_FOUND if it does not exist or is not yours "
        "to see.",
        deprecation_reason="Use report.",
    )
    async def workflow(self, info: Info, id: Id) -> models.Workflow:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "wf", models.Workflow, id, field="id")

    @paged(
        Workflow,
        orders.WORKFLOWS,
        "The workflows that you may see, newest first.",
        "Use reports.",
    )
    async def workflows(
        self, info: Info, page: PageArgs, filter: WhichWorkflows = None
    ) -> Page[models.Workflow]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.WorkflowFilter), page)

    @paged(
        WorkflowExecution,
        orders.WORKFLOW_EXECUTIONS,
        "The executions of workflows that you may see, newest first.",
        "Use executions.",
    )
    async def workflow_executions(
        self, info: Info, page: PageArgs, filter: WhichWorkflowExecutions = None
    ) -> Page[models.WorkflowExecution]:
        viewer, which = info.context.viewer, wanted(filter, lists.ExecutionFilter)
        async with transaction(viewer) as session:
            return await lists.find_executions(session, viewer, which, page)


@strawberry.type
class WorkflowMutation:
    @strawberry.mutation(
        graphql_type=Workflow,
        description="Creates a workflow: a saved query with its parameters on an instance.",
        deprecation_reason="Use templateCreate and reportCreate.",
    )
    async def workflow_create(
        self, info: Info, workflow: WorkflowArgument, idempotency_key: IdempotencyKey = None
    ) -> models.Workflow:
        viewer, spec = info.context.viewer, await pool.run(workflow.spec)
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("workflowCreate", spec),
                "wf",
                lambda: workflows.create(session, viewer, spec),
            )

    @strawberry.mutation(
        graphql_type=Workflow,
        description="Replaces everything that you decide about a workflow, except its instance.",
        deprecation_reason="Use templateChange and reportChange.",
    )
    async def workflow_change(
        self, info: Info, id: Id, workflow: WorkflowArgument
    ) -> models.Workflow:
        spec = await pool.run(workflow.spec)
        async with transaction(info.context.viewer) as session:
            return await workflows.change(session, info.context.viewer, id, spec)

    @strawberry.mutation(
        graphql_type=Workflow,
        description="Archives a workflow and ends its schedules. Executions and results are kept.",
        deprecation_reason="Use reportArchive.",
    )
    async def workflow_archive(self, info: Info, id: Id) -> models.Workflow:
        async with transaction(info.context.viewer) as session:
            return await workflows.archive(session, info.context.viewer, id)

    @strawberry.mutation(
        directives=[weighs(RUN)],
        graphql_type=WorkflowExecution,
        description="Runs a workflow now. CONFLICT if the workflow is archived or its instance "
        "is not active.",
        deprecation_reason="Use reportRun.",
    )
    async def workflow_run(
        self,
        info: Info,
        id: Id,
        window: WindowArgument = None,
        parameters: ReplacedWorkflowValues = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.WorkflowExecution:
        viewer = info.context.viewer
        values = an_object(parameters, "parameters")
        days = window.spec() if window else None
        async with transaction(viewer) as session:

            async def make() -> models.WorkflowExecution:
                workflow = await access.get(session, "wf", models.Workflow, id, field="id")
                placed: models.WorkflowExecution = await executions.start(
                    session, viewer, workflow, values=values, window=days
                )
                return placed

            request = ("workflowRun", id, days, values)
            return await once(session, viewer, idempotency_key, request, "wexec", make)

    @strawberry.mutation(
        graphql_type=WorkflowExecution,
        description="Cancels an execution of a workflow. `cancelState` says how far the "
        "cancellation is. CONFLICT if the execution is over already.",
        deprecation_reason="Use executionCancel.",
    )
    async def workflow_execution_cancel(self, info: Info, id: Id) -> models.WorkflowExecution:
        async with transaction(info.context.viewer) as session:
            stopped: models.WorkflowExecution = await executions.cancel(
                session, info.context.viewer, id, kinds.WORKFLOW
            )
            return stopped

    @strawberry.mutation(
        graphql_type=Workflow,
        description="Cancels all executions of a workflow. Its schedules and collections go on.",
        deprecation_reason="Use executionCancel.",
    )
    async def workflow_cancel(self, info: Info, id: Id) -> models.Workflow:
        async with transaction(info.context.viewer) as session:
            return await workflows.cancel(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Report,
        description="Converts a workflow into a report, with its schedules, executions, "
        "collections and aggregates. The ids keep their digits and get the prefixes "
        "of reports; the old rows are archived. CONFLICT while an execution or a "
        "collection is open, more than one schedule runs, or a parameter has no "
        "value.",
        deprecation_reason="This mutation is removed when the last workflow has become a report.",
    )
    async def workflow_convert_to_report(self, info: Info, id: Id) -> models.Report:
        async with transaction(info.context.viewer) as session:
            return await conversions.to_report(session, info.context.viewer, id)


@strawberry.type
class WorkflowSubscription:
    @watched(WorkflowExecution, "the executions of workflows that you may see", "Use executions.")
    def workflow_executions(
        self, info: Info, filter: WhichWorkflowExecutions = None, first: HowMany = 20
    ) -> ListEvents:
        which = wanted(filter, lists.ExecutionFilter)
        return changes(info, lists.LIVE_EXECUTIONS, which, first)
