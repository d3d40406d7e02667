"""Lists workflows and their executions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.models import Instance, Workflow, WorkflowExecution, WorkflowSchedule
from domain.pages.feed import Live
from domain.pages.filters import between, holds, one_of, owned, with_id, with_ids, with_text
from domain.pages.pages import NEVER, NEVER_YET, Across, Orders, Page, PageArgs, by, by_name, page
from domain.viewer import Viewer

ORDERS = Orders(
    Workflow.id,
    {
        "created_at": by(Workflow.created_at),
        "updated_at": by(Workflow.updated_at),
        "name": by_name(Workflow.name),
    },
)
# Of the lists within a workflow.
EXECUTION_ORDERS = Orders(
    WorkflowExecution.id,
    {
        "created_at": by(WorkflowExecution.created_at),
        "started_at": by(WorkflowExecution.started_at, null=NEVER_YET),
        "completed_at": by(WorkflowExecution.completed_at, null=NEVER_YET),
    },
)
SCHEDULE_ORDERS = Orders(
    WorkflowSchedule.id,
    {
        "created_at": by(WorkflowSchedule.created_at),
        "updated_at": by(WorkflowSchedule.updated_at),
        "next_run_at": by(WorkflowSchedule.next_run_at, null=NEVER_YET),
        "last_run_at": by(WorkflowSchedule.last_run_at, null=NEVER),
    },
)


@dataclass(frozen=True)
class WorkflowFilter:
    """Which workflows to list. A field that is None matches all."""

    instance_id: str | None = None
    text: str | None = None
    is_archived: bool | None = None
    is_report_enabled: bool | None = None
    instance_ids: Sequence[str] | None = None
    mine: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: WorkflowFilter, args: PageArgs
) -> Page[Workflow]:
    """Return a page of the workflows that the viewer may see, newest first."""
    statement = select(Workflow).where(
        *with_id(Workflow.instance_id, "inst", filter.instance_id, "instanceId"),
        *with_ids(Workflow.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *holds(Workflow.archived_at.is_not(None), filter.is_archived),
        *holds(Workflow.report_enabled, filter.is_report_enabled),
        *owned(Workflow.user_id, viewer.user_id, filter.mine),
        *between(Workflow.created_at, filter.created_from, filter.created_before),
        *with_text(filter.text, Workflow.name, Workflow.description),
    )
    return await page(session, statement, ORDERS, args)


@dataclass(frozen=True)
class ExecutionFilter:
    """Which executions of workflows to list. A field that is None matches all."""

    workflow_ids: Sequence[str] | None = None
    instance_ids: Sequence[str] | None = None
    statuses: Sequence[str] | None = None  # in the words of reports
    mine: bool | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


def executions(viewer: Viewer, filter: ExecutionFilter) -> Select[Any]:
    """Select the executions of workflows that the viewer may see."""
    execution = WorkflowExecution
    statuses = [kinds.WORKFLOW.words[one] for one in filter.statuses or ()]
    return select(execution).where(
        *with_ids(execution.workflow_id, "wf", filter.workflow_ids, "workflowIds"),
        *with_ids(execution.instance_id, "inst", filter.instance_ids, "instanceIds"),
        *one_of(execution.status, statuses, "statuses"),
        *owned(execution.user_id, viewer.user_id, filter.mine),
        *between(execution.created_at, filter.created_from, filter.created_before),
    )


async def find_executions(
    session: AsyncSession, viewer: Viewer, filter: ExecutionFilter, args: PageArgs
) -> Page[WorkflowExecution]:
    """Return a page of the executions of workflows that the viewer may see, newest first."""
    statement = executions(viewer, filter)
    across = Across(WorkflowExecution.instance_id, select(Instance.id))
    return await page(
        session, statement, EXECUTION_ORDERS, args, across=None if filter.workflow_ids else across
    )


LIVE_EXECUTIONS = Live(
    "wexec", WorkflowExecution, executions, find_executions, mark=attrgetter("version")
)
