"""GraphQL types of templates, their versions and previews."""

from datetime import datetime
from typing import Any

import strawberry

from domain import models
from domain.queries import definitions
from domain.queries.queries import MOST_COLUMNS, MOST_TABLES
from domain.templates import drafts, templates
from graph.enums.acts import TemplateAct
from graph.enums.views import DashboardType
from graph.fields.arguments import DEFINITIONS, UI_SCHEMA
from graph.fields.edges import bounded, each, key, of, one
from graph.fields.scalars import JSON
from graph.types.node import Node
from graph.types.people import Person
from graph.types.report_configs import TemplateReportConfig, report_config


@strawberry.type(description="A version of a template. It never changes.")
class TemplateVersion:
    version: int = strawberry.field(description="The number of the version, counted from 1.")
    sql_template: str = strawberry.field(description="The query in AMC SQL, with its parameters.")
    parameter_definitions: JSON = strawberry.field(description=DEFINITIONS)
    ui_schema: JSON = strawberry.field(description=UI_SCHEMA)
    report_config: TemplateReportConfig = report_config("report_config")
    output_columns: list[str] = bounded(
        MOST_COLUMNS, "The names of the result's columns, in their order."
    )
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
    owner: Person | None = one(
        models.User,
        "owner_id",
        "The person who made the template. Null if it is built in, or if you share no instance "
        "with that person.",
    )
    viewer_can: list[TemplateAct] = each(
        templates.viewer_can,
        "What you may do with it now, each to some effect. Limits of how much you may start are "
        "not looked at.",
        empty=[],
        at_most=3,
    )
    version: int = strawberry.field(description="The number of the newest version.")
    current_version: TemplateVersion = one(
        models.TemplateVersion,
        "current_version_id",
        "The newest version, which new reports are pinned to.",
    )
    default_dashboard_type: DashboardType | None = strawberry.field(
        description="What views of the results show by default. Null for STANDARD."
    )
    archived_at: datetime | None = strawberry.field(
        description="When the template was archived. Null if it is not."
    )
    created_at: datetime = strawberry.field(description="When the template was created.")


@strawberry.type(description="A mistake in an input.")
class Problem:
    field: str = strawberry.field(description="The path of the wrong value in the input.")
    message: str = strawberry.field(description="What is wrong, and what would be right.")


def _element_type(root: dict[str, Any]) -> str:
    """AMC's word for the type of a value, or of the values of a list."""
    told = root["dataType"]
    return str(told["elementDataType"] if isinstance(told, dict) else told)


@strawberry.type(description="A value that is sent to AMC beside the SQL.")
class QueryParameter:
    name: str = strawberry.field(
        description="The parameter's name, as in CUSTOM_PARAMETER('name')."
    )
    data_type: str = strawberry.field(
        resolver=_element_type,
        description="AMC's type of the value, or of the values of a list: STRING, LONG, DECIMAL, "
        "BOOLEAN or DATE.",
    )
    is_list: bool = strawberry.field(
        resolver=lambda root: isinstance(root["dataType"], dict),
        description="True if the value is a list.",
    )
    value: JSON | None = strawberry.field(
        description="The value. The parameter's definition gives its type."
    )


@strawberry.type(description="The query that a template makes of given values.")
class TemplatePreview:
    sql: str | None = strawberry.field(
        description="The SQL that AMC would run. Null if there are errors."
    )
    parameters: list[QueryParameter] = bounded(
        definitions.MOST, "The values that are sent to AMC beside the SQL. At most 100."
    )
    errors: list[Problem] = bounded(
        drafts.MOST_TOLD, "The mistakes that keep the template from making a query. At most 200."
    )
