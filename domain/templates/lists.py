"""Lists templates and the versions of one."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Template, TemplateVersion
from domain.pages.filters import equal, holds, one_of, owned, with_text
from domain.pages.pages import Orders, Page, PageArgs, by, by_name, page
from domain.templates import templates
from domain.viewer import Viewer

ORDERS = Orders(
    Template.id,
    {
        "name": by_name(Template.name),
        "created_at": by(Template.created_at),
        "updated_at": by(Template.updated_at),
    },
    descending=False,
)
VERSION_ORDERS = Orders(TemplateVersion.version, {"version": by()})


@dataclass(frozen=True)
class TemplateFilter:
    """Which templates to list. A field that is None matches all."""

    category: str | None = None
    report_type: str | None = None
    text: str | None = None
    include_archived: bool = False
    categories: Sequence[str] | None = None
    report_types: Sequence[str] | None = None
    mine: bool | None = None
    is_built_in: bool | None = None


async def find(
    session: AsyncSession, viewer: Viewer, filter: TemplateFilter, args: PageArgs
) -> Page[Template]:
    """Return a page of the templates that the viewer may use, by name."""
    statement = select(Template).where(
        *([] if filter.include_archived else [Template.archived_at.is_(None)]),
        *equal(Template.category, filter.category),
        *one_of(Template.category, filter.categories, "categories"),
        *equal(Template.report_type, filter.report_type),
        *one_of(Template.report_type, filter.report_types, "reportTypes"),
        *owned(Template.owner_id, viewer.user_id, filter.mine),
        *holds(Template.owner_id.is_(None), filter.is_built_in),
        *with_text(filter.text, Template.name, Template.description),
    )
    return await page(session, statement, ORDERS, args)


async def versions(session: AsyncSession, public_id: str, args: PageArgs) -> Page[TemplateVersion]:
    """Return a page of the versions of a template, newest first. Raises NotFound."""
    template = await templates.get(session, public_id, field="templateId")
    statement = select(TemplateVersion).where(TemplateVersion.template_id == template.id)
    return await page(session, statement, VERSION_ORDERS, args)
