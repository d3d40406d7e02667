"""Root fields of templates."""

from typing import Annotated

import strawberry

from domain import models, pool
from domain.db import transaction
from domain.pages.pages import Page, PageArgs
from domain.templates import drafts, lists, templates
from domain.templates.drafts import Preview
from graph.fields.arguments import DEFINITIONS, Id, OfTemplate
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.costs import weighs
from graph.fields.filters import wanted
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.scalars import JSON, an_object
from graph.inputs import orders
from graph.inputs.templates import (
    ParameterValues,
    SeenVersion,
    TemplateArgument,
    WhichTemplates,
)
from graph.types.templates import Template, TemplatePreview, TemplateVersion

VALIDATING = 10_000  # SQL of a page; the longest takes five times as much, the shortest nothing


@strawberry.type
class TemplateQuery:
    @strawberry.field(
        graphql_type=Template,
        description="The template with this id. NOT_FOUND if it does not exist or is not yours "
        "to use.",
    )
    async def template(self, info: Info, id: Id) -> models.Template:
        async with transaction(info.context.viewer) as session:
            return await templates.get(session, id, field="id")

    @paged(Template, orders.TEMPLATES, "The templates that you may use, by name.")
    async def templates(
        self,
        info: Info,
        page: PageArgs,
        filter: WhichTemplates = None,
    ) -> Page[models.Template]:
        viewer = info.context.viewer
        async with transaction(viewer) as session:
            return await lists.find(session, viewer, wanted(filter, lists.TemplateFilter), page)

    @paged(TemplateVersion, orders.TEMPLATE_VERSIONS, "All versions of a template, newest first.")
    async def template_versions(
        self,
        info: Info,
        page: PageArgs,
        template_id: OfTemplate,
    ) -> Page[models.TemplateVersion]:
        async with transaction(info.context.viewer) as session:
            return await lists.versions(session, template_id, page)

    @strawberry.field(
        graphql_type=TemplatePreview,
        description="The SQL that a template makes of these values, or every error in them.",
        directives=[weighs(1000)],
    )
    async def template_preview(
        self, info: Info, template_id: OfTemplate, parameters: ParameterValues = None
    ) -> Preview:
        values = an_object(parameters, "parameters")
        async with transaction(info.context.viewer) as session:
            return await templates.preview(session, template_id, values)

    @strawberry.field(
        graphql_type=TemplatePreview,
        description="The SQL that an unsaved template makes of these values, or every error in it.",
        directives=[weighs(VALIDATING)],
    )
    async def template_validate(
        self,
        sql_template: Annotated[str, strawberry.argument(description="The query in AMC SQL.")],
        parameter_definitions: Annotated[
            JSON | None,
            strawberry.argument(description=DEFINITIONS),
        ] = None,
        parameters: ParameterValues = None,
    ) -> Preview:
        return await pool.run(
            drafts.preview,
            sql_template,
            an_object(parameter_definitions, "parameterDefinitions"),
            an_object(parameters, "parameters"),
        )


@strawberry.type
class TemplateMutation:
    @strawberry.mutation(graphql_type=Template, description="Creates a template that you own.")
    async def template_create(
        self, info: Info, template: TemplateArgument, idempotency_key: IdempotencyKey = None
    ) -> models.Template:
        viewer, spec = info.context.viewer, await pool.run(template.spec)
        async with transaction(viewer) as session:
            return await once(
                session,
                viewer,
                idempotency_key,
                ("templateCreate", spec),
                "tmpl",
                lambda: templates.create(session, viewer, spec),
            )

    @strawberry.mutation(
        graphql_type=Template,
        description="Adds a new version to a template that you own. Reports stay on the version "
        "that they are pinned to. FORBIDDEN for anybody but the owner.",
    )
    async def template_change(
        self, info: Info, id: Id, template: TemplateArgument, seen_version: SeenVersion = None
    ) -> models.Template:
        viewer, spec = info.context.viewer, await pool.run(template.spec)
        async with transaction(viewer) as session:
            return await templates.change(session, viewer, id, spec, seen_version=seen_version)

    @strawberry.mutation(
        graphql_type=Template,
        description="Archives a template that you own. Reports that were created from it go on. "
        "FORBIDDEN for anybody but the owner.",
    )
    async def template_archive(self, info: Info, id: Id) -> models.Template:
        async with transaction(info.context.viewer) as session:
            return await templates.archive(session, info.context.viewer, id)

    @strawberry.mutation(
        graphql_type=Template,
        description="Takes an archived template out of the archive. It takes new reports again.",
    )
    async def template_restore(self, info: Info, id: Id) -> models.Template:
        async with transaction(info.context.viewer) as session:
            return await templates.restore(session, info.context.viewer, id)
