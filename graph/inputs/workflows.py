"""What a client says of workflows."""

from typing import Annotated

import strawberry

from domain.errors import Invalid
from domain.workflows import lists
from domain.workflows.workflows import WorkflowSpec
from graph.fields.documents import given
from graph.fields.scalars import JSON, or_empty
from graph.inputs.report_configs import TemplateReportConfigInput


@strawberry.input(description="All that you decide about a workflow.")
class WorkflowInput:
    name: str = strawberry.field(description="1 to 200 characters.")
    sql_query: str = strawberry.field(
        description="AMC SQL; CUSTOM_PARAMETER('name') for a value, {{name}} for a literal."
    )
    instance_id: strawberry.ID = strawberry.field(description="The instance it runs on.")
    parameter_definitions: JSON | None = strawberry.field(
        default=None,
        description="The parameters as a JSON Schema of type object: properties, required.",
    )
    parameters: JSON | None = strawberry.field(
        default=None, description="Values for them by name; what is missing is given with each run."
    )
    description: str | None = strawberry.field(default=None, description="What it is for.")
    report_config: TemplateReportConfigInput | None = strawberry.field(
        default=None, description="Its metrics and dimensions, as of a template."
    )

    def spec(self) -> WorkflowSpec:
        """The same, as the domain has it. Raises Invalid."""
        try:
            return WorkflowSpec(
                name=self.name,
                sql_query=self.sql_query,
                instance_id=self.instance_id,
                parameter_definitions=or_empty(self.parameter_definitions),
                parameters=or_empty(self.parameters),
                description=self.description,
                report_config=given(self.report_config) or {},
            )
        except Invalid as invalid:
            raise invalid.within("workflow") from invalid


@strawberry.input(description="Which workflows; what is left out does not matter.")
class WorkflowFilter:
    instance_id: strawberry.ID | None = strawberry.field(
        default=None, description="On an instance."
    )
    text: str | None = strawberry.field(
        default=None, description="Somewhere in the name or the description."
    )
    is_archived: bool | None = strawberry.field(default=None, description="Put away, or not.")
    is_report_enabled: bool | None = strawberry.field(
        default=None, description="Whose results are drawn, or are not."
    )

    def wanted(self) -> lists.WorkflowFilter:
        """The same, as the domain has it."""
        return lists.WorkflowFilter(
            instance_id=self.instance_id,
            text=self.text,
            is_archived=self.is_archived,
            report_enabled=self.is_report_enabled,
        )


WorkflowArgument = Annotated[WorkflowInput, strawberry.argument(description="All that you decide.")]
ReplacedWorkflowValues = Annotated[
    JSON | None, strawberry.argument(description="Values that replace the workflow's, this once.")
]
WhichWorkflows = Annotated[
    WorkflowFilter | None, strawberry.argument(description="Which ones; all of them otherwise.")
]
