"""Query templates: built in or one's own, in versions that never change."""

import json
from dataclasses import dataclass, field
from importlib import resources
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import access, parameters, sql, work
from domain.access import Viewer
from domain.errors import Forbidden, Invalid
from domain.models import Template, TemplateVersion
from domain.pages import Asked, Page, page

LONGEST_NAME = 200
DASHBOARD_TYPES = ("standard", "funnel", "comparison", "custom")
COPIED = ("sql_template", "parameter_definitions", "ui_schema", "report_config")


@dataclass(frozen=True)
class TemplateSpec:
    """All that a person decides about a template. Raises Invalid when it cannot work."""

    name: str
    sql_template: str
    parameter_definitions: dict[str, Any] = field(default_factory=dict)
    description: str | None = None
    category: str | None = None
    report_type: str | None = None
    report_config: dict[str, Any] = field(default_factory=dict)
    ui_schema: dict[str, Any] = field(default_factory=dict)
    default_dashboard_type: str | None = None
    is_public: bool = False

    def __post_init__(self) -> None:
        if not 1 <= len(self.name.strip()) <= LONGEST_NAME:
            raise Invalid(f"A name has 1 to {LONGEST_NAME} characters.", field="name")
        if self.default_dashboard_type not in (None, *DASHBOARD_TYPES):
            listed = ", ".join(DASHBOARD_TYPES)
            raise Invalid(f"It can be {listed}.", field="defaultDashboardType")
        if len(self.sql_template) > sql.LONGEST:
            raise Invalid(f"AMC takes {sql.LONGEST:,} characters of SQL.", field=sql.WHERE)
        parameters.check_definitions(self.parameter_definitions)
        sql.check_template(self.sql_template, self.parameter_definitions)
        _check_metrics(self.report_config, sql.output_columns(self.sql_template))


def _check_metrics(report_config: dict[str, Any], columns: list[str]) -> None:
    """Whether what is declared of metrics and dimensions speaks of columns that are there."""
    for group in ("metrics", "dimensions"):
        for number, one in enumerate(report_config.get(group, [])):
            missing = [name for name in _columns_of(one) if name not in columns]
            if missing:
                raise Invalid(
                    f"{missing[0]!r} is no column of the query; it has {', '.join(columns)}.",
                    field=f"reportConfig.{group}.{number}",
                )


def _columns_of(declared: Any) -> list[Any]:
    """The columns that a metric or a dimension is made of; a ratio is made of two."""
    if not isinstance(declared, dict):
        return [declared]
    if declared.get("kind") == "ratio":
        return [declared.get("numerator"), declared.get("denominator")]
    return [declared.get("name")]


async def get(session: AsyncSession, public_id: str, *, field: str | None = None) -> Template:
    """The template. Raises NotFound."""
    return await access.get(session, "tmpl", Template, public_id, field=field)


async def create(session: AsyncSession, viewer: Viewer, spec: TemplateSpec) -> Template:
    """A new template of the viewer's, in its first version."""
    template = Template(
        owner_id=viewer.user_id, version=0, name=spec.name, sql_template=spec.sql_template
    )
    session.add(template)
    await _write(session, template, spec, viewer.user_id)
    return template


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, spec: TemplateSpec
) -> Template:
    """Replace it by a new version; reports and executions keep the one they are pinned to."""
    template = await _own(session, viewer, public_id)
    await _write(session, template, spec, viewer.user_id)
    return template


async def archive(session: AsyncSession, viewer: Viewer, public_id: str) -> Template:
    """Put it away: no report is made from it any more; those that are go on."""
    template = await _own(session, viewer, public_id)
    if template.archived_at is None:
        template.archived_at = work.now()
        await session.flush()
    return template


async def _own(session: AsyncSession, viewer: Viewer, public_id: str) -> Template:
    seen = await get(session, public_id, field="id")
    if seen.owner_id != viewer.user_id:
        raise Forbidden(
            "It is built in; make one of your own from it."
            if seen.owner_id is None
            else "Only its owner can change a template.",
            field="id",
        )
    # Locked, so that two changes at once make two versions, one after the other.
    statement = select(Template).where(Template.id == seen.id).with_for_update()
    return (await session.scalars(statement.execution_options(populate_existing=True))).one()


async def _write(
    session: AsyncSession, template: Template, spec: TemplateSpec, by: UUID | None
) -> None:
    """Make the spec the template's present version, unless it is that already."""
    template.name = spec.name.strip()
    for name in ("description", "category", "report_type", "default_dashboard_type", "is_public"):
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


@dataclass(frozen=True)
class Filter:
    """Which templates; what is None does not matter."""

    category: str | None = None
    report_type: str | None = None
    text: str | None = None
    include_archived: bool = False


async def find(session: AsyncSession, wanted: Filter, asked: Asked) -> Page[Template]:
    """Templates the viewer may use, by name."""
    statement = select(Template)
    if not wanted.include_archived:
        statement = statement.where(Template.archived_at.is_(None))
    if wanted.category is not None:
        statement = statement.where(Template.category == wanted.category)
    if wanted.report_type is not None:
        statement = statement.where(Template.report_type == wanted.report_type)
    if wanted.text:
        statement = statement.where(
            or_(
                Template.name.icontains(wanted.text, autoescape=True),
                func.coalesce(Template.description, "").icontains(wanted.text, autoescape=True),
            )
        )
    return await page(session, statement, (Template.name, Template.id), asked, descending=False)


@dataclass(frozen=True)
class Problem:
    """Something that is wrong, and where in the input."""

    field: str
    message: str


@dataclass(frozen=True)
class Preview:
    """The SQL that AMC would be asked to run, or every reason why it cannot be."""

    sql: str | None
    parameters: list[dict[str, Any]]
    errors: list[Problem]


async def preview(session: AsyncSession, public_id: str, values: dict[str, Any]) -> Preview:
    """What a template makes of these values. Nothing is kept and AMC is not asked."""
    template = await get(session, public_id, field="templateId")
    return preview_of(template.sql_template, template.parameter_definitions, values)


def preview_of(sql_template: str, definitions: dict[str, Any], values: dict[str, Any]) -> Preview:
    """What this SQL makes of these values, or everything that is wrong with either."""
    try:
        parameters.check_definitions(definitions)
        sql.check_template(sql_template, definitions)
        checked = parameters.check(definitions, values)
        rendered = sql.render(sql_template, definitions, checked)
    except parameters.WrongParameters as wrong:
        return Preview(None, [], [Problem(where, message) for where, message in wrong.errors])
    except Invalid as wrong:
        return Preview(None, [], [Problem(wrong.field or "", str(wrong))])
    return Preview(rendered.sql, rendered.parameters, [])


def builtins() -> dict[str, TemplateSpec]:
    """The templates that come with the product, by slug."""
    folder = resources.files("domain") / "builtin_templates"
    found: dict[str, TemplateSpec] = {}
    for entry in sorted(folder.iterdir(), key=lambda one: one.name):
        slug, _, kind = entry.name.rpartition(".")
        if kind == "json":
            described = json.loads(entry.read_text(encoding="utf-8"))
            query = (folder / f"{slug}.sql").read_text(encoding="utf-8")
            found[slug] = TemplateSpec(sql_template=query, is_public=True, **described)
    return found


async def install_builtins(session: AsyncSession) -> None:
    """Bring the built-in templates up to date; what did not change gets no new version."""
    for slug, spec in builtins().items():
        template = await session.scalar(
            select(Template).where(Template.slug == slug).with_for_update()
        )
        if template is None:
            template = Template(
                slug=slug, version=0, name=spec.name, sql_template=spec.sql_template
            )
            session.add(template)
        await _write(session, template, spec, None)
