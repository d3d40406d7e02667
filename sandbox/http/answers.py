"""Executions as AMC's API shows them: flat, with times in UTC and the window as requested."""

import time
import uuid
from datetime import UTC, datetime
from typing import Any

from sandbox.engine.state import OPEN, Execution

DAY = 86_400
HOUR = 3_600
TIMEOUT = 21_600
LATE_WORDS = 3  # times an unknown status is shown before the real one


def transient_id(workflow: dict[str, Any]) -> str:
    """Makes an id for a workflow that is not saved."""
    return str(workflow.get("workflowId") or f"transient_{uuid.uuid4()}")


def is_visible(execution: Execution) -> bool:
    """Whether answers show this execution already."""
    return execution.visible_at <= time.time()


def execution(one: Execution, *, with_sql: bool = False) -> dict[str, Any]:
    """The JSON of one execution."""
    request = one.request
    body: dict[str, Any] = {
        "createTime": _moment(one.created_at),
        "dataGaps": one.data_gaps,
        "disableAggregationControls": bool(request.get("disableAggregationControls")),
        "executionCategory": "AD_HOC",
        "expireTime": _moment(one.created_at + DAY),
        "lastUpdatedTime": _moment(one.updated_at),
        "parameterValues": request.get("parameterValues") or {},
        "status": _status(one),
        "timeWindowTimeZoneOriginal": request.get("timeWindowTimeZone") or "UTC",
        "waitUntil": _moment(one.created_at - HOUR),
        "workflowExecutionId": one.id,
        "workflowExecutionTimeoutSeconds": request.get("workflowExecutionTimeoutSeconds")
        or TIMEOUT,
        "workflowId": one.workflow_id,
    }
    if request.get("timeWindowType") == "EXPLICIT":
        body |= {
            "timeWindowStart": _utc(one.window_start),
            "timeWindowStartOriginal": request["timeWindowStart"],
            "timeWindowEnd": _utc(one.window_end),
            "timeWindowEndOriginal": request["timeWindowEnd"],
        }
    if one.reason is not None:
        body["statusReason"] = one.reason
    if one.status == "SUCCEEDED" and one.columns:
        body["outputColumns"] = [_column(column) for column in one.columns]
    if with_sql:
        body["sqlQuery"] = one.workflow["sqlQuery"]
    return body


def _moment(seconds: float) -> str:
    """A time as AMC writes it."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _column(column: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": column["name"],
        "dataType": column["data_type"],
        "columnType": column["column_type"],
    }


def _utc(text: str | None) -> str | None:
    return None if text is None else text.replace("+00:00", "Z")


def _status(one: Execution) -> str:
    if one.status_word is None or one.status in OPEN:
        return one.status_word or one.status
    word, _, seen = one.status_word.partition("#")
    times = int(seen or 0) + 1
    one.status_word = None if times >= LATE_WORDS else f"{word}#{times}"
    return word
