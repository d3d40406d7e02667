"""Planned and normal execution give the same answers, byte by byte.

PLANNED_OPERATIONS=5000 asks more of them, and PLANNED_SEED other ones.
"""

import os
import random
from typing import Any

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.viewer import Viewer
from graph.fields.context import Context
from graph.http import wire
from graph.http.limits import costs
from graph.planning import plans
from graph.schema import schema
from tests.graph.copies import copies
from tests.graph.planning.operations import VARIABLES, Operations

OPERATIONS = int(os.environ.get("PLANNED_OPERATIONS", "300"))
SEED = int(os.environ.get("PLANNED_SEED", "20261130"))
PREFIXES = {
    "report_definitions": "rpt",
    "report_data_collections": "col",
    "report_executions": "exec",
    "dashboards": "dash",
    "report_schedules": "sched",
    "query_templates": "tmpl",
    "amc_instances": "inst",
}
OF_ONE = {
    "report": "rpt",
    "collection": "col",
    "execution": "exec",
    "dashboard": "dash",
    "schedule": "sched",
    "template": "tmpl",
    "instance": "inst",
}
CONFIGURED = """
UPDATE report_data_collections SET
    configuration = configuration || '{"parameters": {"a": 1}}',
    segmentation_config = coalesce(segmentation_config, '{}') || '{"parallel_limit": 2}'
"""
LISTS = (
    "reports",
    "executions",
    "collections",
    "schedules",
    "dashboards",
    "templates",
    "instances",
    "notices",
    "noticeTargets",
    "workflows",
    "exports",
)


@pytest.fixture
async def given(alice: Viewer, instance: Any) -> dict[str, list[str]]:
    """The arguments of root fields, some of which are refused."""
    rows = await copies(alice, instance.id)
    async with db.owner_transaction() as session:
        await session.execute(text(CONFIGURED))
    found: dict[str, str] = {}
    for table, prefix in PREFIXES.items():
        key = getattr(rows.get(table), "id", None) or (rows.get(table) or {}).get("id")
        if key is not None:
            found[prefix] = ids.encode(prefix, key)
    fields = schema._schema.query_type.fields
    asked = {
        name: [f'id: "{found[prefix]}"', f'id: "{prefix}_{"0" * 32}"', 'id: "nothing"']
        for name, prefix in OF_ONE.items()
        if prefix in found and name in fields
    }
    pages = ["", "first: $few", "first: 3", "last: 2", "first: 0", 'after: "no cursor"']
    asked |= {name: pages for name in LISTS if name in fields}
    every = ", ".join(f'"{one}"' for one in found.values())
    asked["node"] = [f'id: "{one}"' for one in found.values()]
    asked["nodes"] = [f"ids: [{every}]", f'ids: ["nothing", {every}]']
    asked["viewer"] = asked["overview"] = [""]
    return {name: values for name, values in asked.items() if name in fields}


async def answered(viewer: Viewer, query: str, how: str, monkeypatch: Any) -> tuple[bytes, str]:
    """The answer as bytes, and how it was executed."""
    monkeypatch.setattr(plans, "settings", plans.settings.model_copy(update={"planned_reads": how}))
    context = Context(viewer)
    found = await schema.execute(query, variable_values=dict(VARIABLES), context_value=context)
    # Root fields run side by side, so the order of their errors is that of the moment.
    errors = sorted((one.formatted for one in found.errors or ()), key=_root)
    cost = found.extensions["cost"] if found.extensions else None
    if cost and errors:  # what was counted before an error is that of the moment, too
        cost = {name: cost[name] for name in ("requested", "limit")}
    return wire.encode([found.data, errors, cost]), context.plan


def _root(error: Any) -> str:
    return str((error.get("path") or [""])[0])


async def test_planned_answers_are_those_of_normal_execution(
    alice, bob, charlie, given, monkeypatch
):
    monkeypatch.setattr(costs, "MAX_COST", 10**12)
    made = Operations(schema._schema, given, random.Random(SEED))
    told: dict[str, int] = {}
    for number in range(OPERATIONS):
        query = made.query()
        viewer = (alice, alice, alice, bob, charlie)[number % 5]
        planned, how = await answered(viewer, query, "on", monkeypatch)
        normal, _ = await answered(viewer, query, "off", monkeypatch)
        if how == "error":  # as the rows of this test are not what the server writes
            assert b'"message"' in normal, query
        if planned != normal:
            again, _ = await answered(viewer, query, "off", monkeypatch)
            assert again != normal, f"{query}\n{planned.decode()}\n{normal.decode()}"
        elif number % 3 == 0:  # now that it is known
            repeated, _ = await answered(viewer, query, "on", monkeypatch)
            assert repeated == planned, query
        told[how] = told.get(how, 0) + 1
    print(told)
    assert told.get("planned", 0) > OPERATIONS * 0.6, told
    expected = {"planned", "refused", "null", "error", ""}
    expected.add("statement: CancelledError")  # a field beside it was refused
    assert set(told) <= expected, told
