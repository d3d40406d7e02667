"""Out of AMC's path: what has been counted, faults on purpose, settings, a fresh start."""

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.engine.local_amc import body_of
from sandbox.engine.refusals import Refusal
from sandbox.engine.settings import Settings
from sandbox.http.executions import runner_of
from sandbox.http.instances import of

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
    return JSONResponse(of(request).state.stats())


async def faults(request: Request) -> Response:
    """POST /sandbox/faults: one fault, to happen from now on."""
    try:
        of(request).faults.add(await body_of(request))
    except ValueError as wrong:
        raise Refusal(400, str(wrong)) from wrong
    return JSONResponse({})


async def settings(request: Request) -> Response:
    """POST /sandbox/settings: some of the settings, from now on."""
    amc, changes = of(request), await body_of(request)
    if not set(changes) <= CHANGEABLE:
        raise Refusal(400, f"What can be changed: {', '.join(sorted(CHANGEABLE))}.")
    try:
        amc.settings = Settings(**(amc.settings.model_dump() | changes))
    except ValidationError as wrong:
        raise Refusal(400, str(wrong)) from wrong
    return JSONResponse({name: getattr(amc.settings, name) for name in sorted(CHANGEABLE)})


async def reset(request: Request) -> Response:
    """POST /sandbox/reset: as on the first day."""
    runner_of(request).clear()
    amc = of(request)
    amc.reset()
    amc.settings = request.app.state.first_settings
    return JSONResponse({})
