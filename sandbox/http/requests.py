"""What a route reads from a request: the local AMC, its runner and the body."""

from typing import Any

from starlette.requests import Request

from sandbox.engine.local_amc import Amc
from sandbox.engine.refusals import Refusal
from sandbox.engine.runner import Runner


def amc_of(request: Request) -> Amc:
    """The local AMC that serves this request."""
    amc: Amc = request.app.state.amc
    return amc


def runner_of(request: Request) -> Runner:
    """The runner of this local AMC's executions."""
    runner: Runner = request.app.state.runner
    return runner


async def body_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request. Raises Refusal."""
    try:
        found = await request.json()
    except ValueError as broken:
        raise Refusal(400, "The request body is not valid JSON.") from broken
    if not isinstance(found, dict):
        raise Refusal(400, "The request body must be an object.")
    return found
