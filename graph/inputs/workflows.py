"""Inputs of workflows."""

from typing import Annotated

import strawberry

from domain.errors import Invalid
from domain.workflows.workflows import WorkflowSpec
from graph.enums.executions import ExecutionStatus
from graph.fields.arguments import DEFINITIONS, REPLACED
from graph.fields.documents import given
from graph.fields.filters import FILTERS, CreatedBetween, replaced, values
from graph.fields.scalars import JSON, or_empty
from graph.inputs.report_configs import TemplateReportConfigInput


@strawberry.input(description="Everything that you decide about a workflow.")
class WorkflowInput:
    name: str = strawberry.field(description="The name, 1 to 200 characters.")
    sql_query: str = strawberry.field(
        description="The query in AMC SQL. CUSTOM_PARAMETER('name') inserts a parameter as a "
        "value, {{name}} as a literal."
    )
    instance_id: strawberry.ID = strawberry.field(
        description="The instance that the workflow runs on. It cannot be changed later."
    )
    parameter_definitions: JSON | None = strawberry.field(default=None, description=DEFINITIONS)
    parameters: JSON | None = strawberry.field(
        default=None,
        description="Values for the parameters, by name. A value that is missing here is given "
        "with each run.",
    )
    description: str | None = strawberry.field(
        default=None, description="What the workflow is for."
    )
    report_config: TemplateReportConfigInput | None = strawberry.field(
        default=None,
        description="What the columns of the result mean: metrics and dimensions, as in a "
        "template.",
    )

    def spec(self) -> WorkflowSpec:
        """Convert to the domain's spec. Raises Invalid."""
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


@strawberry.input(description=f"Which workflows to list. {FILTERS}")
class WorkflowFilter(CreatedBetween):
    instance_id: strawberry.ID | None = replaced("workflows on this instance", "instanceIds")
    instance_ids: list[strawberry.ID] | None = values("workflows on one of these instances")
    mine: bool | None = strawberry.field(
        default=None,
        description="True for workflows that you created; false for those that others created.",
    )
    text: str | None = strawberry.field(
        default=None,
        description="Only workflows whose name or description contains this text, in any case.",
    )

    is_archived: bool | None = strawberry.field(
        default=None, description="True for archived workflows; false for the others."
    )
    is_report_enabled: bool | None = strawberry.field(
        default=None,
        description="True for workflows whose results are drawn as views; false for the others.",
    )


@strawberry.input(description=f"Which executions of workflows to list. {FILTERS}")
class WorkflowExecutionFilter(CreatedBetween):
    workflow_ids: list[strawberry.ID] | None = strawberry.field(
        default=None,
        description="Only executions of one of these workflows.",
        deprecation_reason=REPLACED,
    )
    instance_ids: list[strawberry.ID] | None = values("executions on one of these instances")
    statuses: list[ExecutionStatus] | None = values("executions with one of these statuses")
    mine: bool | None = strawberry.field(
        default=None,
        description="True for executions that were started in your name; false for the others.",
    )


WorkflowArgument = Annotated[
    WorkflowInput, strawberry.argument(description="Everything that you decide about the workflow.")
]
ReplacedWorkflowValues = Annotated[
    JSON | None,
    strawberry.argument(
        description="Values that replace some of the workflow's parameters, for this execution "
        "only."
    ),
]
WhichWorkflows = Annotated[
    WorkflowFilter | None,
    strawberry.argument(description="Which workflows to list. Without it, all of them."),
]
WhichWorkflowExecutions = Annotated[
    WorkflowExecutionFilter | None,
    strawberry.argument(description="Which executions to list. Without it, all of them."),
]
