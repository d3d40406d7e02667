"""Templates: listed, tried out, made, changed, put away."""

from typing import Annotated

import strawberry

from domain import models
from domain.db import transaction
from domain.errors import Invalid
from domain.pages import Asked, Page
from domain.templates import drafts, templates
from domain.templates.drafts import Preview, TemplateSpec
from graph.fields.arguments import Id, OfTemplate
from graph.fields.connections import paged
from graph.fields.context import Info
from graph.fields.idempotency import IdempotencyKey, once
from graph.fields.scalars import JSON, an_object, or_empty
from graph.types.core import Template, TemplatePreview, TemplateVersion

Values = Annotated[JSON | None, strawberry.argument(description="Values for its parameters.")]


@strawberry.input(description="All that you decide about a template.")
class TemplateInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    sql_template: str = strawberry.field(
        description="AMC SQL; CUSTOM_PARAMETER('name') for a value, {{name}} for a literal."
    )
    parameter_definitions: JSON | None = strawberry.field(
        default=None, description="JSON Schema of the parameters: an object of properties."
    )
    description: str | None = strawberry.field(default=None, description="What it answers.")
    category: str | None = strawberry.field(default=None, description="What it is about.")
    report_type: str | None = strawberry.field(
        default=None, description="The kind of report it makes."
    )
    report_config: JSON | None = strawberry.field(
        default=None, description="Metrics, dimensions, default_window_days, widgets."
    )
    ui_schema: JSON | None = strawberry.field(
        default=None, description="How a form may show the parameters."
    )
    default_dashboard_type: str | None = strawberry.field(
        default=None, description="standard, funnel, comparison or custom."
    )
    is_public: bool = strawberry.field(
        default=False, description="Whether everybody who is signed in may use it."
    )

    def spec(self) -> TemplateSpec:
        """The same, as the domain has it. Raises Invalid."""
        try:
            return TemplateSpec(
                name=self.name,
                sql_template=self.sql_template,
                parameter_definitions=or_empty(self.parameter_definitions),
                description=self.description,
                category=self.category,
                report_type=self.report_type,
                report_config=or_empty(self.report_config),
                ui_schema=or_empty(self.ui_schema),
                default_dashboard_type=self.default_dashboard_type,
                is_public=self.is_public,
            )
        except Invalid as invalid:
            raise invalid.within("template") from invalid


@strawberry.input(description="Which templates; what is left out does not matter.")
class TemplateFilter:
    category: str | None = strawberry.field(default=None, description="About this.")
    report_type: str | None = strawberry.field(default=None, description="Making such reports.")
    text: str | None = strawberry.field(
        default=None, description="Somewhere in the name or the description."
    )
    include_archived: bool = strawberry.field(default=False, description="Those put away, too.")


Decided = Annotated[TemplateInput, strawberry.argument(description="All that you decide.")]
Seen = Annotated[
    int | None,
    strawberry.argument(description="The version you saw; CONFLICT when there is a newer one."),
]
Wanted = Annotated[
    TemplateFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]


@strawberry.type
class TemplateQuery:
    @strawberry.field(graphql_type=Template, description="One template.")
    async def template(self, info: Info, id: Id) -> models.Template:
        async with transaction(info.context.viewer) as session:
            return await templates.get(session, id, field="id")

    @paged(Template, "Templates you may use, by name.")
    async def templates(
        self,
        info: Info,
        page: Asked,
        filter: Wanted = None,
    ) -> Page[models.Template]:
        given = filter or TemplateFilter()
        wanted = templates.TemplateFilter(
            given.category, given.report_type, given.text, given.include_archived
        )
        async with transaction(info.context.viewer) as session:
            return await templates.find(session, wanted, page)

    @paged(TemplateVersion, "Every version of a template, newest first.")
    async def template_versions(
        self,
        info: Info,
        page: Asked,
        template_id: OfTemplate,
    ) -> Page[models.TemplateVersion]:
        async with transaction(info.context.viewer) as session:
            return await templates.versions(session, template_id, page)

    @strawberry.field(
        graphql_type=TemplatePreview,
        description="The SQL a template makes of these values, or every reason why it cannot.",
    )
    async def template_preview(
        self, info: Info, template_id: OfTemplate, parameters: Values = None
    ) -> Preview:
        values = an_object(parameters, "parameters")
        async with transaction(info.context.viewer) as session:
            return await templates.preview(session, template_id, values)

    @strawberry.field(
        graphql_type=TemplatePreview,
        description="The same for a template that is not saved yet.",
    )
    async def template_validate(
        self,
        sql_template: Annotated[str, strawberry.argument(description="AMC SQL.")],
        parameter_definitions: Annotated[
            JSON | None, strawberry.argument(description="JSON Schema of the parameters.")
        ] = None,
        parameters: Values = None,
    ) -> Preview:
        return drafts.preview(
            sql_template,
            an_object(parameter_definitions, "parameterDefinitions"),
            an_object(parameters, "parameters"),
        )


@strawberry.type
class TemplateMutation:
    @strawberry.mutation(graphql_type=Template, description="Make a template of your own.")
    async def template_create(
        self, info: Info, template: Decided, idempotency_key: IdempotencyKey = None
    ) -> models.Template:
        viewer, spec = info.context.viewer, template.spec()
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
        description="Give a template of yours a new version; what is pinned to the old keeps it.",
    )
    async def template_change(
        self, info: Info, id: Id, template: Decided, seen_version: Seen = None
    ) -> models.Template:
        viewer, spec = info.context.viewer, template.spec()
        async with transaction(viewer) as session:
            return await templates.change(session, viewer, id, spec, seen_version=seen_version)

    @strawberry.mutation(
        graphql_type=Template,
        description="Put a template of yours away; reports made from it go on.",
    )
    async def template_archive(self, info: Info, id: Id) -> models.Template:
        async with transaction(info.context.viewer) as session:
            return await templates.archive(session, info.context.viewer, id)
