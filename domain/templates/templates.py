"""Query templates: built in or created by a user. Their versions never change."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import moments, pool
from domain.errors import Conflict, Forbidden, NotFound
from domain.models import Template, TemplateVersion
from domain.people import access
from domain.people.acts import Act
from domain.queries import sql
from domain.templates import builtin_templates, drafts
from domain.templates.drafts import Preview, TemplateSpec
from domain.viewer import Viewer

COPIED = ("sql_template", "parameter_definitions", "ui_schema", "report_config")
DESCRIBED = ("description", "category", "report_type", "default_dashboard_type", "is_public")


async def get(session: AsyncSession, public_id: str, *, field: str | None = None) -> Template:
    """Return the template with this id, or the built-in one with this slug. Raises NotFound."""
    if public_id.startswith("tmpl_"):
        return await access.get(session, "tmpl", Template, public_id, field=field)
    template = await session.scalar(select(Template).where(Template.slug == public_id))
    if template is None:
        raise NotFound(f"There is no template {public_id[:64]!r}.", field=field)
    return template


async def create(session: AsyncSession, viewer: Viewer, spec: TemplateSpec) -> Template:
    """Create a template of the viewer's, in its first version."""
    template = Template(
        owner_id=viewer.user_id, version=0, name=spec.name, sql_template=spec.sql_template
    )
    session.add(template)
    await _write(session, template, spec, viewer.user_id)
    return template


def _archived(template: Template) -> str | None:
    return f"The template {template.name!r} is archived." if template.archived_at else None


CHANGE = Act(_archived)
ARCHIVE = Act(is_done=lambda one: one.archived_at is not None)
RESTORE = Act(is_done=lambda one: one.archived_at is None)
ACTS = {"change": CHANGE, "archive": ARCHIVE, "restore": RESTORE}


async def change(
    session: AsyncSession,
    viewer: Viewer,
    public_id: str,
    spec: TemplateSpec,
    *,
    seen_version: int | None = None,
) -> Template:
    """Add a new version. Reports and executions keep the version that they are pinned to.

    Raises Conflict if the template is archived, or no longer in the version that was seen.
    """
    template = await _own(session, viewer, public_id)
    CHANGE.applies(template)
    if seen_version not in (None, template.version):
        raise Conflict(
            f"The template has changed: version {template.version} is the present one.",
            field="seenVersion",
        )
    await _write(session, template, spec, viewer.user_id)
    return template


async def archive(session: AsyncSession, viewer: Viewer, public_id: str) -> Template:
    """Archive the template. It takes no new reports, and its existing reports go on."""
    template = await _own(session, viewer, public_id)
    if ARCHIVE.applies(template):
        template.archived_at = moments.now()
        await session.flush()
    return template


async def restore(session: AsyncSession, viewer: Viewer, public_id: str) -> Template:
    """Let an archived template take new reports again."""
    template = await _own(session, viewer, public_id)
    if RESTORE.applies(template):
        template.archived_at = None
        await session.flush()
    return template


async def viewer_can(session: AsyncSession, rows: list[Template]) -> dict[UUID, list[str]]:
    """Return the acts of the viewer on each template. Only its owner has any."""
    me = await session.scalar(select(func.app_user_id()))
    return {
        one.id: [name for name, act in ACTS.items() if one.owner_id == me and act.is_open(one)]
        for one in rows
    }


async def _own(session: AsyncSession, viewer: Viewer, public_id: str) -> Template:
    seen = await get(session, public_id, field="id")
    if seen.owner_id != viewer.user_id:
        raise Forbidden(
            "The template is built in; create your own from it."
            if seen.owner_id is None
            else "Only its owner can change a template.",
            field="id",
        )
    # The lock lets two concurrent changes make two versions, one after the other.
    statement = select(Template).where(Template.id == seen.id).with_for_update(key_share=True)
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


async def _write(
    session: AsyncSession, template: Template, spec: TemplateSpec, by: UUID | None
) -> None:
    """Make the spec the template's present version. An unchanged spec makes no new version."""
    template.name = spec.name.strip()
    for name in DESCRIBED:
        setattr(template, name, getattr(spec, name))
    same = template.version > 0 and all(
        getattr(template, name) == getattr(spec, name) for name in COPIED
    )
    if same:
        await session.flush()
        return
    template.version += 1
    for name in COPIED:
        setattr(template, name, getattr(spec, name))
    await session.flush()
    version = TemplateVersion(
        template_id=template.id,
        version=template.version,
        sql_hash=sql.digest(spec.sql_template),
        output_columns=sql.output_columns(spec.sql_template),
        data_sources=sql.data_sources(spec.sql_template),
        created_by=by,
        **{name: getattr(spec, name) for name in COPIED},
    )
    session.add(version)
    await session.flush()
    template.current_version_id = version.id
    await session.flush()


async def preview(session: AsyncSession, public_id: str, values: dict[str, Any]) -> Preview:
    """Return what a template makes of these values. Nothing is stored and AMC is not asked."""
    template = await get(session, public_id, field="templateId")
    return await pool.run(
        drafts.preview, template.sql_template, template.parameter_definitions, values
    )


async def install_builtins(session: AsyncSession) -> None:
    """Bring the built-in templates up to date. An unchanged template gets no new version.

    A template that the product no longer contains is archived, because reports may be pinned to it.
    """
    shipped = builtin_templates.load()
    for slug, spec in shipped.items():
        template = await session.scalar(
            select(Template).where(Template.slug == slug).with_for_update(key_share=True)
        )
        if template is None:
            template = Template(
                slug=slug, version=0, name=spec.name, sql_template=spec.sql_template
            )
            session.add(template)
        template.archived_at = None
        await _write(session, template, spec, None)
    gone = (Template.slug.is_not(None), Template.slug.not_in(shipped))
    await session.execute(
        update(Template)
        .where(*gone, Template.archived_at.is_(None))
        .values(archived_at=moments.now())
    )
