"""Fixtures of the tests of workflows."""

from typing import Any

import pytest

from domain import ids
from tests.workflows.workflows import CREATE, DEFINITIONS, SQL


@pytest.fixture
def workflow_input(instance) -> dict[str, Any]:
    """What `workflowCreate` takes."""
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
    """A workflow of Alice's; its id."""
    made = await ask(CREATE, workflow=workflow_input)
    return str(made["id"])
