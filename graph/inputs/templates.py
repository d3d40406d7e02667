"""Inputs of templates."""

from typing import Annotated

import strawberry

from domain.errors import Invalid
from domain.templates.drafts import TemplateSpec
from graph.enums.views import DashboardType
from graph.fields.arguments import DEFINITIONS, UI_SCHEMA, number
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.filters import FILTERS, replaced, values
from graph.fields.scalars import JSON, or_empty
from graph.inputs.report_configs import TemplateReportConfigInput


@strawberry.input(description="Everything that you decide about a template.")
class TemplateInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    sql_template: str = strawberry.field(
        description="The query in AMC SQL. CUSTOM_PARAMETER('name') inserts a parameter as a "
        "value, {{name}} as a literal."
    )
    parameter_definitions: JSON | None = strawberry.field(default=None, description=DEFINITIONS)
    description: str | None = strawberry.field(
        default=None, description="The question that the template answers."
    )
    category: str | None = strawberry.field(
        default=None, description="The subject of the template, such as a heading in a list."
    )
    report_type: str | None = strawberry.field(
        default=None, description="The type of report that the template makes."
    )
    report_config: TemplateReportConfigInput | None = strawberry.field(
        default=None, description="What the columns of the result mean."
    )
    ui_schema: JSON | None = strawberry.field(
        default=None,
        description=UI_SCHEMA,
    )
    default_dashboard_type: DashboardType | None = strawberry.field(
        default=None,
        description="What views of the results show by default.",
    )
    is_public: bool = strawberry.field(
        default=False, description="True to let everybody who is signed in use the template."
    )

    def spec(self) -> TemplateSpec:
        """Convert to the domain's spec. Raises Invalid."""
        try:
            return TemplateSpec(
                name=self.name,
                sql_template=self.sql_template,
                parameter_definitions=or_empty(self.parameter_definitions),
                description=self.description,
                category=self.category,
                report_type=self.report_type,
                report_config=given(self.report_config) or {},
                ui_schema=or_empty(self.ui_schema),
                default_dashboard_type=word(self.default_dashboard_type),
                is_public=self.is_public,
            )
        except Invalid as invalid:
            raise invalid.within("template") from invalid


@strawberry.input(description=f"Which templates to list. {FILTERS}")
class TemplateFilter:
    category: str | None = replaced("templates of this category", "categories")
    categories: list[str] | None = values("templates of one of these categories")
    report_type: str | None = replaced("templates that make this type of report", "reportTypes")
    report_types: list[str] | None = values("templates that make one of these types of report")
    mine: bool | None = strawberry.field(
        default=None,
        description="True for templates that you own; false for the others.",
    )

    is_built_in: bool | None = strawberry.field(
        default=None, description="True for the built-in templates; false for those of people."
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only templates whose name or description contains this text, in any case.",
    )

    include_archived: bool = strawberry.field(
        default=False, description="True to list archived templates, too."
    )


TemplateArgument = Annotated[
    TemplateInput, strawberry.argument(description="Everything that you decide about the template.")
]
ParameterValues = Annotated[
    JSON | None,
    strawberry.argument(
        description="Values for the template's parameters, by name. "
        "Their definitions give the types."
    ),
]
SeenVersion = Annotated[
    int | None,
    number("The version that your change is based on", 1, note="CONFLICT if there is a newer one."),
]
WhichTemplates = Annotated[
    TemplateFilter | None,
    strawberry.argument(description="Which templates to list. Without it, all of them."),
]
