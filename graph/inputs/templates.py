"""Inputs of templates."""

from typing import Annotated

import strawberry

from domain.errors import Invalid
from domain.templates import lists
from domain.templates.drafts import TemplateSpec
from graph.fields.arguments import number
from graph.fields.scalars import JSON, or_empty


@strawberry.input(description="Everything that you decide about a template.")
class TemplateInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    sql_template: str = strawberry.field(
        description="The query in AMC SQL. CUSTOM_PARAMETER('name') inserts a parameter as a "
        "value, {{name}} as a literal."
    )
    parameter_definitions: JSON | None = strawberry.field(
        default=None, description="The parameters as a JSON Schema: an object with `properties`."
    )
    description: str | None = strawberry.field(
        default=None, description="The question that the template answers."
    )
    category: str | None = strawberry.field(
        default=None, description="The subject of the template, such as a heading in a list."
    )
    report_type: str | None = strawberry.field(
        default=None, description="The type of report that the template makes."
    )
    report_config: JSON | None = strawberry.field(
        default=None,
        description="What the columns of the result mean: metrics, dimensions, "
        "default_window_days, widgets.",
    )
    ui_schema: JSON | None = strawberry.field(
        default=None,
        description="Hints for a form that asks for the parameters. The server does not read them.",
    )
    default_dashboard_type: str | None = strawberry.field(
        default=None,
        description="What views of the results show by default: standard, funnel, comparison or "
        "custom.",
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
                report_config=or_empty(self.report_config),
                ui_schema=or_empty(self.ui_schema),
                default_dashboard_type=self.default_dashboard_type,
                is_public=self.is_public,
            )
        except Invalid as invalid:
            raise invalid.within("template") from invalid


@strawberry.input(
    description="Which templates to list. A field that is null or left out filters nothing."
)
class TemplateFilter:
    category: str | None = strawberry.field(
        default=None, description="Only templates of this category."
    )
    report_type: str | None = strawberry.field(
        default=None, description="Only templates that make this type of report."
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only templates whose name or description contains this text, in any case.",
    )
    include_archived: bool = strawberry.field(
        default=False, description="True to list archived templates, too."
    )

    def wanted(self) -> lists.TemplateFilter:
        """Convert to the domain's filter."""
        return lists.TemplateFilter(
            category=self.category,
            report_type=self.report_type,
            text=self.text,
            include_archived=self.include_archived,
        )


TemplateArgument = Annotated[
    TemplateInput, strawberry.argument(description="Everything that you decide about the template.")
]
ParameterValues = Annotated[
    JSON | None, strawberry.argument(description="Values for the template's parameters, by name.")
]
SeenVersion = Annotated[
    int | None,
    number("The version that your change is based on", 1, note="CONFLICT if there is a newer one."),
]
WhichTemplates = Annotated[
    TemplateFilter | None,
    strawberry.argument(description="Which templates to list. Without it, all of them."),
]
