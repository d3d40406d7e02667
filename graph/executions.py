"""Executions: read, listed, cancelled, watched."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated

import strawberry

from domain import bus, ids, models
from domain.db import transaction
from domain.executions import executions
from domain.pages import Asked, Page
from domain.people import access
from graph.fields.arguments import Id
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.enums import ExecutionStatus, Trigger, word
from graph.types.core import Execution


@strawberry.input(description="Which executions; what is left out does not matter.")
class ExecutionFilter:
    report_id: strawberry.ID | None = strawberry.field(default=None, description="Of a report.")
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    status: ExecutionStatus | None = strawberry.field(default=None, description="Standing so.")
    triggered_by: Trigger | None = strawberry.field(default=None, description="Set off by.")
    created_from: datetime | None = strawberry.field(
        default=None, description="Asked for at this moment or later."
    )
    created_before: datetime | None = strawberry.field(
        default=None, description="Asked for before this moment."
    )


def _filter(given: ExecutionFilter | None) -> executions.ExecutionFilter:
    if given is None:
        return executions.ExecutionFilter()
    return executions.ExecutionFilter(
        report_id=given.report_id,
        instance_id=given.instance_id,
        status=word(given.status),
        triggered_by=word(given.triggered_by),
        created_from=given.created_from,
        created_before=given.created_before,
    )


Wanted = Annotated[
    ExecutionFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]


@strawberry.type
class ExecutionQuery:
    @strawberry.field(graphql_type=Execution, description="One execution.")
    async def execution(self, info: Info, id: Id) -> models.ReportExecution:
        async with transaction(info.context.viewer) as session:
            return await access.get(session, "exec", models.ReportExecution, id, field="id")

    @paged(Execution, "Executions, newest first.")
    async def executions(
        self,
        info: Info,
        page: Asked,
        filter: Wanted = None,
    ) -> Page[models.ReportExecution]:
        async with transaction(info.context.viewer) as session:
            return await executions.find(session, _filter(filter), page)


@strawberry.type
class ExecutionMutation:
    @strawberry.mutation(
        graphql_type=Execution,
        description="Stop an execution; `cancelState` says what became of that.",
    )
    async def execution_cancel(self, info: Info, id: Id) -> models.ReportExecution:
        async with transaction(info.context.viewer) as session:
            stopped: models.ReportExecution = await executions.cancel(
                session, info.context.viewer, id
            )
            return stopped


@strawberry.type
class ExecutionSubscription:
    @strawberry.subscription(
        graphql_type=Execution,
        description="An execution: as it is now, after every change, and as it ended.",
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
