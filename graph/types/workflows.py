"""Workflows as clients see them."""

from datetime import datetime

import strawberry

from domain import models
from graph.fields.connections import Connection, children
from graph.fields.edges import column, key, of, one
from graph.fields.scalars import JSON
from graph.types.collections import Collection
from graph.types.executions import WorkflowExecution
from graph.types.instances import Instance
from graph.types.node import Node
from graph.types.report_configs import TemplateReportConfig, report_config
from graph.types.schedules import Schedule
from graph.types.templates import DEFINITIONS


@strawberry.type(description="A saved query of the query library. Reports replace workflows.")
class Workflow(Node):
    is_type_of = of(models.Workflow)

    id: strawberry.ID = key("wf")
    name: str = strawberry.field(description="Its name.")
    description: str | None = strawberry.field(description="What it is for.")
    sql_query: str = strawberry.field(description="AMC SQL with its parameters.")
    parameter_definitions: JSON = strawberry.field(description=DEFINITIONS)
    parameters: JSON = strawberry.field(
        description="The values it runs with, by the parameter's name."
    )
    report_config: TemplateReportConfig = report_config("report_config")
    instance: Instance = one(models.Instance, "instance_id", "Where it runs.")
    is_report_enabled: bool = column("report_enabled", "Whether its results are drawn.")
    executions: Connection[WorkflowExecution] = children(
        WorkflowExecution, models.WorkflowExecution.workflow_id, "Its executions, newest first."
    )
    schedules: Connection[Schedule] = children(
        Schedule, models.WorkflowSchedule.workflow_id, "Its schedules, newest first."
    )
    collections: Connection[Collection] = children(
        Collection, models.Collection.workflow_id, "Its collections, newest first."
    )
    archived_at: datetime | None = strawberry.field(description="When it was put away.")
    created_at: datetime = strawberry.field(description="When it was made.")
    updated_at: datetime = strawberry.field(description="When it last changed.")
