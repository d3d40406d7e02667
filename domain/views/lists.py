"""Lists the views of a report or workflow, and reads their documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.errors import Invalid
from domain.models import DashboardView, Report, Workflow
from domain.pages import Asked, Page, page
from domain.people import access


async def find(
    session: AsyncSession, report_id: str | None, workflow_id: str | None, asked: Asked
) -> Page[DashboardView]:
    """List the views of one report or workflow, newest days first.

    Raises Invalid unless exactly one is given, and NotFound.
    """
    if (report_id is None) == (workflow_id is None):
        raise Invalid("Name either a report or a workflow.", field="reportId")
    if report_id is not None:
        report = await access.get(session, "rpt", Report, report_id, field="reportId")
        of_source = DashboardView.report_id == report.id
    else:
        workflow = await access.get(session, "wf", Workflow, str(workflow_id), field="workflowId")
        of_source = DashboardView.workflow_id == workflow.id
    keys = (DashboardView.data_end_date, DashboardView.id)
    return await page(session, select(DashboardView).where(of_source), keys, asked)


@dataclass(frozen=True)
class Contents:
    """The documents of a view that are too large for a list."""

    processed_data: dict[str, Any]
    charts_config: dict[str, Any]


async def contents(session: AsyncSession, views: Sequence[DashboardView]) -> dict[UUID, Contents]:
    """The documents of these views. One statement."""
    rows = await session.execute(
        select(DashboardView.id, DashboardView.processed_data, DashboardView.charts_config).where(
            DashboardView.id.in_([one.id for one in views])
        )
    )
    return {key: Contents(data, charts) for key, data, charts in rows}


def execution_ids(view: DashboardView) -> list[str]:
    """The public ids of the executions that a view was made of, oldest days first."""
    prefix = "exec" if view.report_id is not None else "wexec"
    return [ids.encode(prefix, key) for key in view.execution_ids]
