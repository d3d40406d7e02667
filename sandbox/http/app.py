"""The local AMC as a web application: AMC's own paths, and /sandbox for control."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.routing import Route

from sandbox.engine.local_amc import Amc
from sandbox.engine.refusals import Refusal, answer
from sandbox.engine.runner import Compute, Runner
from sandbox.engine.settings import Settings
from sandbox.events.warehouse import Warehouse
from sandbox.http import control, downloads, executions, instances, tokens, workflows
from sandbox.sql import query

BASE = "/amc/reporting/{instance_id}"
EXECUTION = BASE + "/workflowExecutions/{execution_id}"
AMC = [
    Route("/auth/o2/token", tokens.token, methods=["POST"]),
    Route("/amc/accounts", instances.accounts),
    Route("/amc/instances", instances.instances),
    Route("/amc/instances/{instance_id}", instances.instance),
    Route("/amc/instances/{instance_id}/advertisers", instances.advertisers),
    Route(BASE + "/dataSources", instances.data_sources),
    Route(BASE + "/dataSources/{data_source_id}", instances.data_sources),
    Route(BASE + "/workflows", workflows.workflows, methods=["GET", "POST"]),
    Route(
        BASE + "/workflows/{workflow_id}",
        workflows.workflow,
        methods=["GET", "PUT", "DELETE"],
    ),
    Route(BASE + "/workflowExecutions", executions.listing, methods=["GET"]),
    Route(BASE + "/workflowExecutions", executions.create, methods=["POST"]),
    Route(EXECUTION, executions.get, methods=["GET"]),
    Route(EXECUTION, executions.update, methods=["PUT"]),
    Route(EXECUTION + "/downloadUrls", downloads.links),
    Route("/results/{token}", downloads.result),
]
CONTROL = [
    Route("/sandbox/stats", control.stats),
    Route("/sandbox/faults", control.faults, methods=["GET", "POST", "DELETE"]),
    Route("/sandbox/settings", control.settings, methods=["POST"]),
    Route("/sandbox/reset", control.reset, methods=["POST"]),
]


def create_app(
    settings: Settings, warehouse: Warehouse | None = None, compute: Compute = query.run
) -> Starlette:
    """The application over these events, or over those of the settings' folder."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        events = warehouse or Warehouse.open(
            settings.folder,
            events=settings.events,
            seed=settings.seed,
            today=datetime.now(UTC).date(),
        )
        app.state.amc = Amc(settings, events)
        app.state.first_settings = settings
        app.state.runner = Runner(app.state.amc, compute)
        app.state.runner.resume()
        yield
        app.state.runner.stop()
        app.state.amc.state.close()

    return Starlette(
        lifespan=lifespan, exception_handlers={Refusal: answer}, routes=[*AMC, *CONTROL]
    )


def create_app_from_environment() -> Starlette:
    """The application as SANDBOX_ variables describe it."""
    return create_app(Settings())
