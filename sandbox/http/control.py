"""Routes under /sandbox that AMC does not have: statistics, faults, settings and reset."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.engine.refusals import Refusal
from sandbox.engine.settings import Settings
from sandbox.http.requests import amc_of, body_of, runner_of

CHANGEABLE = {
    "min_seconds",
    "max_seconds",
    "max_running",
    "rate",
    "burst",
    "link_seconds",
    "token_seconds",
    "wrapped",
    "computed_once",
    "event_level",
}


async def stats(request: Request) -> Response:
    """GET /sandbox/stats."""
    return JSONResponse(amc_of(request).state.stats())


async def faults(request: Request) -> Response:
    """/sandbox/faults: POST adds one fault, GET lists those that wait, DELETE removes them."""
    known = amc_of(request).faults
    if request.method == "GET":
        return JSONResponse({"faults": known.waiting})
    if request.method == "DELETE":
        known.clear()
        return JSONResponse({})
    try:
        known.add(await body_of(request))
    except ValueError as wrong:
        raise Refusal(400, str(wrong)) from wrong
    return JSONResponse({})


async def settings(request: Request) -> Response:
    """POST /sandbox/settings: changes settings of the running sandbox."""
    amc, changes = amc_of(request), await body_of(request)
    if not set(changes) <= CHANGEABLE:
        raise Refusal(400, f"What can be changed: {', '.join(sorted(CHANGEABLE))}.")
    try:
        amc.settings = Settings(**(amc.settings.model_dump() | changes))
    except ValidationError as wrong:
        raise Refusal(400, str(wrong)) from wrong
    return JSONResponse({name: getattr(amc.settings, name) for name in sorted(CHANGEABLE)})


async def reset(request: Request) -> Response:
    """POST /sandbox/reset: removes everything and restores the first settings."""
    runner_of(request).clear()
    amc = amc_of(request)
    amc.reset()
    amc.settings = request.app.state.first_settings
    return JSONResponse({})
