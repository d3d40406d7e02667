"""GraphQL types of templates, their versions and previews."""

from datetime import datetime

import strawberry

from domain import models
from domain.queries import definitions
from domain.queries.queries import MOST_TABLES
from domain.templates import drafts
from graph.fields.edges import bounded, key, of, one
from graph.fields.scalars import DOCUMENT, JSON
from graph.types.node import Node


@strawberry.type(description="A version of a template. It never changes.")
class TemplateVersion:
    version: int = strawberry.field(description="The number of the version, counted from 1.")
    sql_template: str = strawberry.field(description="The query in AMC SQL, with its parameters.")
    parameter_definitions: JSON = strawberry.field(description="The parameters as a JSON Schema.")
    ui_schema: JSON = strawberry.field(description="Hints for a form that asks for the parameters.")
    report_config: JSON = strawberry.field(
        description="What the columns of the result mean: metrics, dimensions and widgets."
    )
    output_columns: JSON = strawberry.field(description="The names of the result's columns.")
    data_sources: list[str] = bounded(MOST_TABLES, "The AMC tables that the query reads.")
    created_at: datetime = strawberry.field(description="When the version was created.")


@strawberry.type(description="A template: a query with parameters, from which reports are created.")
class Template(Node):
    is_type_of = of(models.Template)

    id: strawberry.ID = key("tmpl")
    slug: str | None = strawberry.field(
        description="The short name of a built-in template. Null for templates that people made."
    )
    name: str = strawberry.field(description="The template's name.")
    description: str | None = strawberry.field(
        description="The question that the template answers. Null if nobody has said."
    )
    category: str | None = strawberry.field(
        description="The subject of the template. Null if nobody has said."
    )
    report_type: str | None = strawberry.field(
        description="The type of report that the template makes. Null if nobody has said."
    )
    is_public: bool = strawberry.field(
        description="True if everybody who is signed in may use the template."
    )
    version: int = strawberry.field(description="The number of the newest version.")
    current_version: TemplateVersion = one(
        models.TemplateVersion,
        "current_version_id",
        "The newest version, which new reports are pinned to.",
    )
    default_dashboard_type: str | None = strawberry.field(
        description="What views of the results show by default: standard, funnel, comparison or "
        "custom. Null for standard."
    )
    archived_at: datetime | None = strawberry.field(
        description="When the template was archived. Null if it is not."
    )
    created_at: datetime = strawberry.field(description="When the template was created.")


@strawberry.type(description="A mistake in an input.")
class Problem:
    field: str = strawberry.field(description="The path of the wrong value in the input.")
    message: str = strawberry.field(description="What is wrong, and what would be right.")


@strawberry.type(description="The query that a template makes of given values.")
class TemplatePreview:
    sql: str | None = strawberry.field(
        description="The SQL that AMC would run. Null if there are errors."
    )
    parameters: list[JSON] = bounded(
        definitions.MOST, "The values that are sent to AMC beside the SQL.", weight=DOCUMENT
    )
    errors: list[Problem] = bounded(
        drafts.MOST_TOLD, "The mistakes that keep the template from making a query. At most 200."
    )
