"""What a client says of templates."""

from typing import Annotated

import strawberry

from domain.errors import Invalid
from domain.templates import lists
from domain.templates.drafts import TemplateSpec
from graph.enums.views import DashboardType
from graph.fields.documents import given
from graph.fields.enums import word
from graph.fields.scalars import JSON, or_empty
from graph.inputs.report_configs import TemplateReportConfigInput


@strawberry.input(description="All that you decide about a template.")
class TemplateInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    sql_template: str = strawberry.field(
        description="AMC SQL; CUSTOM_PARAMETER('name') for a value, {{name}} for a literal."
    )
    parameter_definitions: JSON | None = strawberry.field(
        default=None,
        description="The parameters as a JSON Schema of type object: properties, required.",
    )
    description: str | None = strawberry.field(default=None, description="What it answers.")
    category: str | None = strawberry.field(default=None, description="What it is about.")
    report_type: str | None = strawberry.field(
        default=None, description="The kind of report it makes."
    )
    report_config: TemplateReportConfigInput | None = strawberry.field(
        default=None, description="Metrics, dimensions and widgets."
    )
    ui_schema: JSON | None = strawberry.field(
        default=None,
        description="Hints for a form, by the parameter's name. The server only stores them.",
    )
    default_dashboard_type: DashboardType | None = strawberry.field(
        default=None,
        description="What the views of its reports show, if nobody decides otherwise.",
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
                report_config=given(self.report_config) or {},
                ui_schema=or_empty(self.ui_schema),
                default_dashboard_type=word(self.default_dashboard_type),
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

    def wanted(self) -> lists.TemplateFilter:
        """The same, as the domain has it."""
        return lists.TemplateFilter(
            category=self.category,
            report_type=self.report_type,
            text=self.text,
            include_archived=self.include_archived,
        )


TemplateArgument = Annotated[TemplateInput, strawberry.argument(description="All that you decide.")]
ParameterValues = Annotated[
    JSON | None, strawberry.argument(description="Values for its parameters.")
]
SeenVersion = Annotated[
    int | None,
    strawberry.argument(description="The version you saw; CONFLICT when there is a newer one."),
]
WhichTemplates = Annotated[
    TemplateFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
