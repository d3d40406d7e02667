"""Lists templates and the versions of one."""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Template, TemplateVersion
from domain.pages import Page, PageArgs, page
from domain.search import contains
from domain.templates import templates


@dataclass(frozen=True)
class TemplateFilter:
    """Which templates to list. A field that is None matches all."""

    category: str | None = None
    report_type: str | None = None
    text: str | None = None
    include_archived: bool = False


async def find(session: AsyncSession, filter: TemplateFilter, args: PageArgs) -> Page[Template]:
    """Return a page of the templates that the viewer may use, by name."""
    statement = select(Template)
    if not filter.include_archived:
        statement = statement.where(Template.archived_at.is_(None))
    if filter.category is not None:
        statement = statement.where(Template.category == filter.category)
    if filter.report_type is not None:
        statement = statement.where(Template.report_type == filter.report_type)
    if filter.text:
        statement = statement.where(contains(filter.text, Template.name, Template.description))
    return await page(session, statement, (Template.name, Template.id), args, descending=False)


async def versions(session: AsyncSession, public_id: str, args: PageArgs) -> Page[TemplateVersion]:
    """Return a page of the versions of a template, newest first. Raises NotFound."""
    template = await templates.get(session, public_id, field="templateId")
    statement = select(TemplateVersion).where(TemplateVersion.template_id == template.id)
    return await page(session, statement, (TemplateVersion.version,), args)
