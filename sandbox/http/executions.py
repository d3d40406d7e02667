"""Routes of workflow executions: create, list, get and cancel."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.engine.local_amc import Amc
from sandbox.engine.refusals import Refusal
from sandbox.engine.state import OPEN, Execution
from sandbox.http import answers, cutting, lists, odd, windows
from sandbox.http.requests import amc_of, body_of, runner_of

TIMEOUTS = (900, 86_400)  # seconds


async def create(request: Request) -> Response:
    """POST workflowExecutions: of a saved workflow, or ad hoc."""
    amc = amc_of(request)
    instance_id = amc.enter_instance(request, "run")
    asked = await body_of(request)
    workflow_id, workflow = _workflow(amc, instance_id, asked)
    _check(asked)
    start, end = windows.window(asked, datetime.now(UTC))
    given = {
        "instance_id": instance_id,
        "workflow_id": workflow_id,
        "workflow": workflow,
        "request": asked,
        "window_start": start and start.isoformat(),
        "window_end": end and end.isoformat(),
    }
    late = amc.faults.take("accept_late")
    if late is not None:
        runner_of(request).later(float(late["seconds"]), lambda: _accept(request, given))
        return await cutting.cut(request)
    execution = _accept(request, given)
    if amc.faults.take("cut_after_accept"):
        return await cutting.cut(request)
    slow = amc.faults.take("slow")
    if slow is not None:
        await asyncio.sleep(float(slow["seconds"]))
    return _answer(request, answers.execution(execution))


def _answer(request: Request, body: dict[str, Any]) -> Response:
    """One execution: flat as in AMC's samples, or in an envelope as in its OpenAPI document."""
    wrapped = amc_of(request).settings.wrapped
    return odd.json_of_executions(request, {"workflowExecution": body} if wrapped else body)


def _accept(request: Request, given: dict[str, Any]) -> Execution:
    amc = amc_of(request)
    execution = amc.state.accept(**given)
    hidden = amc.faults.take("list_late")
    if hidden is not None:
        execution.visible_at = execution.created_at + float(hidden["seconds"])
    if amc.faults.take("data_gaps"):
        execution.data_gaps = [{"dataSourceId": "dsp_impressions"}]
    word = amc.faults.take("unknown_status")
    if word is not None:
        execution.status_word = str(word.get("status_word", "PONDERING"))
    runner_of(request).pump(execution.instance_id)
    return execution


def _workflow(amc: Amc, instance_id: str, asked: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The workflow to run, with its id. Raises Refusal."""
    if ("workflowId" in asked) == ("workflow" in asked):
        raise Refusal(400, "Exactly one of workflowId and workflow must be given.")
    if "workflow" in asked:
        workflow = asked["workflow"]
        if not isinstance(workflow, dict) or not workflow.get("sqlQuery"):
            raise Refusal(400, "workflow.sqlQuery is required.")
        return answers.transient_id(workflow), workflow
    workflow_id = str(asked["workflowId"])
    saved = amc.state.workflows[instance_id].get(workflow_id)
    if saved is None:
        raise Refusal(404, f"Workflow with ID {workflow_id} does not exist.")
    return workflow_id, saved


def _check(asked: dict[str, Any]) -> None:
    seconds = asked.get("workflowExecutionTimeoutSeconds")
    if seconds is not None and not TIMEOUTS[0] <= int(seconds) <= TIMEOUTS[1]:
        low, high = TIMEOUTS
        raise Refusal(400, f"workflowExecutionTimeoutSeconds must be from {low} to {high}.")
    if not isinstance(asked.get("parameterValues") or {}, dict):
        raise Refusal(400, "parameterValues must be an object.")


async def listing(request: Request) -> Response:
    """GET workflowExecutions, newest first."""
    amc = amc_of(request)
    instance_id = amc.enter_instance(request, "list")
    params = request.query_params
    if "workflowId" not in params and "minCreationTime" not in params:
        raise Refusal(400, "Either workflowId or minCreationTime must be given.")
    earliest, latest = _created(params, "minCreationTime"), _created(params, "maxCreationTime")
    workflow_id, cancelled = params.get("workflowId"), params.get("includeCancelled") == "true"
    found = [
        one
        for one in amc.state.by_instance[instance_id]
        if (workflow_id is None or one.workflow_id == workflow_id)
        and (earliest is None or one.created_at >= earliest)
        and (latest is None or one.created_at <= latest)
        and (cancelled or one.status != "CANCELLED")
        and answers.is_visible(one)
    ]
    if params.get("sortAscending") != "true":
        found.reverse()
    page, more = lists.page(params, found)
    with_sql = params.get("includeWorkflow") == "true"
    executions = [answers.execution(one, with_sql=with_sql) for one in page]
    return odd.json_of_executions(request, {"executions": executions, "nextToken": more})


def _created(params: QueryParams, name: str) -> float | None:
    """A bound on creation times in seconds since 1970. Raises Refusal."""
    if name not in params:
        return None
    try:
        zone = ZoneInfo(params.get("timeZone", "UTC"))
        return datetime.fromisoformat(params[name]).replace(tzinfo=zone).timestamp()
    except (ValueError, ZoneInfoNotFoundError) as wrong:
        raise Refusal(400, f"{name} or timeZone is not valid.") from wrong


def one_of(request: Request, route: str) -> Execution:
    """The execution that a path names, if it is visible. Raises Refusal."""
    amc = amc_of(request)
    instance_id = amc.enter_instance(request, route)
    key = request.path_params["execution_id"]
    execution = amc.state.executions.get(key)
    if execution is None or execution.instance_id != instance_id:
        raise Refusal(404, f"Workflow execution {key} does not exist.")
    if not answers.is_visible(execution):
        raise Refusal(404, f"Workflow execution {key} does not exist.")
    return execution


async def get(request: Request) -> Response:
    """GET one execution."""
    execution = one_of(request, "get")
    with_sql = request.query_params.get("includeWorkflow") == "true"
    return _answer(request, answers.execution(execution, with_sql=with_sql))


async def update(request: Request) -> Response:
    """PUT one execution. Cancelling is the only change there is."""
    execution = one_of(request, "cancel")
    asked = await body_of(request)
    if asked.get("status") != "CANCELLED":
        raise Refusal(400, "status must be CANCELLED.")
    if execution.status not in OPEN:
        raise Refusal(
            400, f"Workflow execution {execution.id} is {execution.status}; it cannot be cancelled."
        )
    runner_of(request).cancel(execution)
    return JSONResponse({})
