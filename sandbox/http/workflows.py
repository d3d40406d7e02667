"""Routes of saved workflows: create, list, get, replace and delete. Creating one compiles it."""

import asyncio
import json
import re
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.engine.local_amc import Amc
from sandbox.engine.queries import as_query
from sandbox.engine.refusals import Refusal
from sandbox.http import lists
from sandbox.http.requests import amc_of, body_of
from sandbox.sql import query

IDENTIFIER = re.compile(r"[A-Za-z0-9._-]{1,255}")
LONGEST_SQL = 65_536
MOST_PARAMETERS = 100


def check(amc: Amc, workflow: dict[str, Any]) -> None:
    """Checks that a workflow compiles. Raises Refusal with AMC's message."""
    sql = workflow.get("sqlQuery")
    if not isinstance(sql, str) or not sql.strip():
        raise Refusal(400, "sqlQuery is required.")
    if len(sql) > LONGEST_SQL:
        raise Refusal(400, f"sqlQuery must have at most {LONGEST_SQL} characters.")
    if len(workflow.get("inputParameters") or []) > MOST_PARAMETERS:
        raise Refusal(400, f"inputParameters must have at most {MOST_PARAMETERS} items.")
    same = json.dumps({**workflow, "workflowId": None}, sort_keys=True)
    if same in amc.compiled:
        return
    try:
        query.compile(as_query(workflow, {}), amc.warehouse)
        amc.compiled.add(same)
    except query.Rejected as rejected:
        raise Refusal(
            400,
            f"Was unable to compile workflow {workflow.get('workflowId')} "
            f"because it was found to be invalid: {rejected}",
        ) from rejected


async def workflows(request: Request) -> Response:
    """GET and POST workflows."""
    amc = amc_of(request)
    if request.method == "GET":
        instance_id = amc.enter_instance(request, "listWorkflows")
        found = [
            amc.state.workflows[instance_id][key]
            for key in sorted(amc.state.workflows[instance_id])
        ]
        page, more = lists.page(request.query_params, found)
        return JSONResponse({"workflows": list(page), "nextToken": more})
    instance_id = amc.enter_instance(request, "save")
    workflow = await body_of(request)
    workflow_id = str(workflow.get("workflowId", ""))
    if not IDENTIFIER.fullmatch(workflow_id):
        raise Refusal(400, "workflowId must match [A-Za-z0-9._-]+.")
    if workflow_id in amc.state.workflows[instance_id]:
        raise Refusal(400, f"Workflow with ID {workflow_id} already exists.")
    await asyncio.to_thread(check, amc, workflow)
    amc.state.save_workflow(instance_id, workflow)
    return JSONResponse({})


async def workflow(request: Request) -> Response:
    """GET, PUT and DELETE one workflow."""
    amc = amc_of(request)
    route = {"GET": "getWorkflow", "PUT": "replace", "DELETE": "delete"}[request.method]
    instance_id = amc.enter_instance(request, route)
    workflow_id = request.path_params["workflow_id"]
    known = amc.state.workflows[instance_id].get(workflow_id)
    if known is None:
        raise Refusal(404, f"Workflow with ID {workflow_id} does not exist.")
    if request.method == "GET":
        return JSONResponse(known)
    if request.method == "DELETE":
        amc.state.remove_workflow(instance_id, workflow_id)
        return JSONResponse({})
    replacement = await body_of(request)
    if replacement.get("workflowId") != workflow_id:
        raise Refusal(400, "workflowId of the body must equal the one of the path.")
    await asyncio.to_thread(check, amc, replacement)
    amc.state.save_workflow(instance_id, replacement)
    return JSONResponse({})
