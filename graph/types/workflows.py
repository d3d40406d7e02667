"""The GraphQL type of workflows."""

from datetime import datetime

import strawberry

from domain import models
from graph.fields.arguments import DEFINITIONS
from graph.fields.connections import Connection, children
from graph.fields.edges import column, key, of, one
from graph.fields.scalars import JSON
from graph.inputs import orders
from graph.types.collections import Collection
from graph.types.executions import WorkflowExecution
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.report_configs import TemplateReportConfig, report_config
from graph.types.schedules import Schedule


@strawberry.type(
    description="A workflow: a saved query with its parameters on an instance. Reports "
    "replace workflows."
)
class Workflow(Node):
    is_type_of = of(models.Workflow)

    id: strawberry.ID = key("wf")
    name: str = strawberry.field(description="The workflow's name.")
    description: str | None = strawberry.field(
        description="What the workflow is for. Null if nobody has said."
    )
    sql_query: str = strawberry.field(description="The query in AMC SQL, with its parameters.")
    parameter_definitions: JSON = strawberry.field(description=DEFINITIONS)
    parameters: JSON = strawberry.field(
        description="The parameter values, by name. Their definitions give the types."
    )
    report_config: TemplateReportConfig = report_config("report_config")
    instance: Instance = one(
        models.Instance, "instance_id", "The instance that the workflow runs on."
    )
    is_report_enabled: bool = column("report_enabled", "True if results are drawn as views.")
    executions: Connection[WorkflowExecution] = children(
        WorkflowExecution,
        models.WorkflowExecution.workflow_id,
        orders.WORKFLOW_EXECUTIONS,
        "The workflow's executions, newest first.",
    )
    schedules: Connection[Schedule] = children(
        Schedule,
        models.WorkflowSchedule.workflow_id,
        orders.WORKFLOW_SCHEDULES,
        "The workflow's schedules, newest first.",
    )
    collections: Connection[Collection] = children(
        Collection,
        models.Collection.workflow_id,
        orders.COLLECTIONS,
        "The workflow's collections, newest first.",
    )
    archived_at: datetime | None = strawberry.field(
        description="When the workflow was archived. Null if it is not."
    )
    created_at: datetime = strawberry.field(description="When the workflow was created.")
    updated_at: datetime = strawberry.field(description="When the workflow last changed.")
