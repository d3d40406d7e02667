"""Root fields of executions."""

from collections.abc import AsyncGenerator

import strawberry

from domain import ids, models
from domain.bus import bus
from domain.db import transaction
from domain.executions import executions, lists
from domain.pages.pages import Page, PageArgs
from domain.people import access
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import RUN, weighs
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.live import HowMany, ListEvents, changes, watched
from graph.inputs import orders
from graph.inputs.executions import NewWindow, WhichExecutions
from graph.types.executions import Execution


@strawberry.type
class ExecutionQuery:
    @strawberry.field(
        graphql_type=Execution,
        description="The execution with this id. NOT_FOUND if it does not exist or is not yours "
        "to see.",
    )
    async def execution(self, info: Info, id: Id) -> models.ReportExecution:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "exec", models.ReportExecution, id, field="id")

    @paged(
        Execution,
        orders.EXECUTIONS,
        "The executions that you may see, newest first. Executions of workflows are "
        "not among them.",
    )
    async def executions(
        self,
        info: Info,
        page: PageArgs,
        filter: WhichExecutions = None,
    ) -> Page[models.ReportExecution]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.ExecutionFilter), page)


@strawberry.type
class ExecutionMutation:
    @strawberry.mutation(
        graphql_type=Execution,
        description="Cancels an execution. `cancelState` says how far the cancellation is. A "
        "repeat changes nothing. CONFLICT if the execution is over already.",
    )
    async def execution_cancel(self, info: Info, id: Id) -> models.ReportExecution:
        async with transaction(info.context.viewer) as session:
            stopped: models.ReportExecution = await executions.cancel(
                session, info.context.viewer, id
            )
            return stopped

    @strawberry.mutation(
        directives=[weighs(RUN)],
        graphql_type=Execution,
        description="Runs once more what an execution ran: the same report and parameters, over "
        "the same days or over others. The new execution has it as `retryOf`. CONFLICT while it "
        "is under way, if it is part of a collection, or if its report is archived.",
    )
    async def execution_retry(
        self,
        info: Info,
        id: Id,
        window: NewWindow = None,
        idempotency_key: IdempotencyKey = None,
    ) -> models.ReportExecution:
        viewer, days = info.context.viewer, window.spec() if window else None
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("executionRetry", id, days),
                "exec",
                lambda: executions.retry(session, viewer, id, days),
            )


@strawberry.type
class ExecutionSubscription:
    @strawberry.subscription(
        graphql_type=Execution,
        description="Watches an execution: sends its present state at once, then every change. "
        "Completes after the final state.",
    )
    async def execution(self, info: Info, id: Id) -> AsyncGenerator[models.ReportExecution, None]:
        seen = 0
        async for _ in bus.hub.watch(ids.decode("exec", id, field="id")):
            async with transaction(info.context.viewer) as session:
                row = await access.get(session, "exec", models.ReportExecution, id, field="id")
            if row.version > seen:
                seen = row.version
                yield row
            if row.phase == "done":
                return

    @watched(
        Execution,
        "the executions that you may see, without those of workflows, and whether they are drawn",
    )
    def executions(
        self, info: Info, filter: WhichExecutions = None, first: HowMany = 20
    ) -> ListEvents:
        return changes(info, lists.LIVE, wanted(filter, lists.ExecutionFilter), first)
