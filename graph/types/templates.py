"""Templates, their versions and previews as clients see them."""

from datetime import datetime

import strawberry

from domain import models
from graph.enums.views import DashboardType
from graph.fields.edges import key, of, one
from graph.fields.scalars import JSON
from graph.types.node import Node


@strawberry.type(description="One version of a template. It never changes.")
class TemplateVersion:
    version: int = strawberry.field(description="Counted from 1.")
    sql_template: str = strawberry.field(description="AMC SQL with its parameters.")
    parameter_definitions: JSON = strawberry.field(description="JSON Schema of the parameters.")
    ui_schema: JSON = strawberry.field(description="How a form may show the parameters.")
    report_config: JSON = strawberry.field(description="Metrics, dimensions and widgets.")
    output_columns: JSON = strawberry.field(description="Names of the result's columns.")
    data_sources: list[str] = strawberry.field(description="AMC tables that it reads.")
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="A query with parameters, from which reports are made.")
class Template(Node):
    is_type_of = of(models.Template)

    id: strawberry.ID = key("tmpl")
    slug: str | None = strawberry.field(description="The name of a built-in template.")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it answers.")
    category: str | None = strawberry.field(description="What it is about.")
    report_type: str | None = strawberry.field(description="The kind of report it makes.")
    is_public: bool = strawberry.field(description="Whether everybody may use it.")
    version: int = strawberry.field(description="The present version.")
    current_version: TemplateVersion = one(
        models.TemplateVersion, "current_version_id", "The version new reports are made from."
    )
    default_dashboard_type: DashboardType | None = strawberry.field(
        description="What the views of its reports show, if nobody decides otherwise."
    )
    archived_at: datetime | None = strawberry.field(description="When it was put away.")
    created_at: datetime = strawberry.field(description="When it was made.")


@strawberry.type(description="Something that is wrong, and where.")
class Problem:
    field: str = strawberry.field(description="A path into the input.")
    message: str = strawberry.field(description="What is wrong and what would be right.")


@strawberry.type(description="What a template makes of values.")
class TemplatePreview:
    sql: str | None = strawberry.field(description="What AMC would be asked to run.")
    parameters: list[JSON] = strawberry.field(description="Values that go beside the SQL.")
    errors: list[Problem] = strawberry.field(description="Every reason why there is no SQL.")
