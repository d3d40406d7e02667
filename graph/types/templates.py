"""Templates, their versions and previews as clients see them."""

from datetime import datetime
from typing import Any

import strawberry

from domain import models
from graph.enums.views import DashboardType
from graph.fields.edges import key, of, one
from graph.fields.scalars import JSON
from graph.types.node import Node
from graph.types.report_configs import TemplateReportConfig, report_config

DEFINITIONS = (
    "The parameters as a JSON Schema of type object: properties, required. It is JSON so that "
    "libraries that draw forms can read it."
)
UI_SCHEMA = (
    "Hints for a form, by the parameter's name. The server only stores them, so that each client "
    "can have its own."
)


@strawberry.type(description="One version of a template. It never changes.")
class TemplateVersion:
    version: int = strawberry.field(description="Counted from 1.")
    sql_template: str = strawberry.field(description="AMC SQL with its parameters.")
    parameter_definitions: JSON = strawberry.field(description=DEFINITIONS)
    ui_schema: JSON = strawberry.field(description=UI_SCHEMA)
    report_config: TemplateReportConfig = report_config("report_config")
    output_columns: list[str] = strawberry.field(
        description="Names of the result's columns, in their order."
    )
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


def _element_type(root: dict[str, Any]) -> str:
    """AMC's word for the type of a value, or of the values of a list."""
    told = root["dataType"]
    return str(told["elementDataType"] if isinstance(told, dict) else told)


@strawberry.type(description="A value that AMC is given beside the SQL.")
class QueryParameter:
    name: str = strawberry.field(description="The name in CUSTOM_PARAMETER('name').")
    data_type: str = strawberry.field(
        resolver=_element_type,
        description="AMC's type of the value, or of the values of a list: STRING, LONG, DECIMAL, "
        "BOOLEAN or DATE.",
    )
    is_list: bool = strawberry.field(
        resolver=lambda root: isinstance(root["dataType"], dict),
        description="Whether the value is a list.",
    )
    value: JSON | None = strawberry.field(
        description="The value; its type is what the parameter's definition says."
    )


@strawberry.type(description="What a template makes of values.")
class TemplatePreview:
    sql: str | None = strawberry.field(description="What AMC would be asked to run.")
    parameters: list[QueryParameter] = strawberry.field(
        description="Values that go beside the SQL, at most 100."
    )
    errors: list[Problem] = strawberry.field(description="Every reason why there is no SQL.")
