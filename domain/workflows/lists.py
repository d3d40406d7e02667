"""Lists workflows."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.models import Workflow
from domain.pages import Page, PageArgs, page
from domain.search import contains


@dataclass(frozen=True)
class WorkflowFilter:
    """Which workflows to list. A field that is None matches all."""

    instance_id: str | None = None
    text: str | None = None
    is_archived: bool | None = None
    report_enabled: bool | None = None


async def find(session: AsyncSession, filter: WorkflowFilter, args: PageArgs) -> Page[Workflow]:
    """Return a page of the workflows that the viewer may see, newest first."""
    statement = select(Workflow)
    if filter.instance_id is not None:
        instance = ids.decode("inst", filter.instance_id, field="filter.instanceId")
        statement = statement.where(Workflow.instance_id == instance)
    if filter.is_archived is not None:
        there = Workflow.archived_at.is_not(None)
        statement = statement.where(there if filter.is_archived else ~there)
    if filter.report_enabled is not None:
        statement = statement.where(Workflow.report_enabled == filter.report_enabled)
    if filter.text:
        statement = statement.where(contains(filter.text, Workflow.name, Workflow.description))
    return await page(session, statement, (Workflow.created_at, Workflow.id), args)
