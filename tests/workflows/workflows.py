"""Helpers of the tests of workflows: operations, and a workflow of Alice's."""

from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids

SQL = """
SELECT campaign, SUM(impressions) AS impressions FROM dsp_impressions
WHERE campaign <> CUSTOM_PARAMETER('without') AND impressions >= {{least}} GROUP BY campaign
"""
DEFINITIONS = {
    "type": "object",
    "properties": {
        "without": {"type": "string", "default": "none"},
        "least": {"type": "integer", "minimum": 0},
    },
    "required": ["least"],
}
CREATE = """
mutation($workflow: WorkflowInput!, $key: String) {
  workflowCreate(workflow: $workflow, idempotencyKey: $key) { id }
}
"""
CHANGE = """
mutation($id: ID!, $workflow: WorkflowInput!) {
  workflowChange(id: $id, workflow: $workflow) { id name sqlQuery parameters }
}
"""
READ = """
query($id: ID!) {
  workflow(id: $id) {
    id name description sqlQuery parameterDefinitions parameters isReportEnabled archivedAt
    instance { name }
    executions { nodes { id status } } schedules { nodes { id words } }
    collections { nodes { id status } }
  }
}
"""
LIST = """
query($filter: WorkflowFilter, $first: Int, $after: String) {
  workflows(filter: $filter, first: $first, after: $after) {
    nodes { id name executions(first: 2) { nodes { id } pageInfo { hasNextPage endCursor } } }
    pageInfo { hasNextPage endCursor }
  }
}
"""
RUN = """
mutation($id: ID!, $window: WindowInput, $values: JSON, $key: String) {
  workflowRun(id: $id, window: $window, parameters: $values, idempotencyKey: $key) {
    id status sql parameters triggeredBy workflow { id }
  }
}
"""
RESULT = """
query($id: ID!) {
  node(id: $id) {
    ... on WorkflowExecution {
      status phase outcome rowCount checksum cancelState rows { columns { name } totalCount }
      download { url }
    }
  }
}
"""
PHASE = "query($id: ID!) { node(id: $id) { ... on WorkflowExecution { phase } } }"
STOP = "mutation($id: ID!) { workflowExecutionCancel(id: $id) { id status cancelState } }"
STOP_ALL = "mutation($id: ID!) { workflowCancel(id: $id) { executions { nodes { status } } } }"
ARCHIVE = "mutation($id: ID!) { workflowArchive(id: $id) { id archivedAt } }"
CONVERT = "mutation($id: ID!) { workflowConvertToReport(id: $id) { id } }"
HOURLY = {"cron": "0 * * * *"}


@pytest.fixture
def workflow_input(instance) -> dict[str, Any]:
    """An input of `workflowCreate`."""
    return {
        "name": "Campaigns",
        "description": "Those of the week.",
        "sqlQuery": SQL,
        "instanceId": ids.encode("inst", instance.id),
        "parameterDefinitions": DEFINITIONS,
        "parameters": {"least": 1},
    }


@pytest.fixture
async def workflow(ask, workflow_input, sent) -> str:
    """The id of a workflow of Alice's."""
    made = await ask(CREATE, workflow=workflow_input)
    return str(made["id"])


async def rows(table: str) -> dict[str, Any]:
    """All rows of a table as JSON, by id."""
    async with db.owner_transaction() as session:
        found = await session.execute(text(f"SELECT id::text, to_jsonb(t) AS row FROM {table} t"))
        return {one.id: one.row for one in found}
