"""Fixtures of the front door: ask as somebody, let the engine work, and a local AMC to work with."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

import jobs.executions
import jobs.instances
from domain import bus, db, ids, models, work
from domain.access import Viewer
from domain.amc import Amc
from domain.amc_transport import Transport
from graph.context import Context
from graph.schema import schema
from jobs import clock
from tests.sandbox import SandboxServer

PATIENCE = 20.0  # seconds a test waits for the engine before it gives up

Ask = Callable[..., Awaitable[Any]]


@pytest.fixture(scope="session")
def amc_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    """The local AMC, over real HTTP, one for each test process."""
    server = SandboxServer.start(tmp_path_factory.mktemp("amc"))
    yield server
    server.stop()


@pytest.fixture
async def amc(
    amc_server: SandboxServer, instance: models.Instance, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Amc]:
    """A client of the local AMC, used by the actors; the local AMC begins empty and well."""
    amc_server.reset()
    client = Amc(Transport(amc_server.url, f"{amc_server.url}/auth/o2/token"))
    monkeypatch.setattr(jobs.executions, "amc", lambda: client)
    monkeypatch.setattr(jobs.instances, "amc", lambda: client)
    yield client
    await client.close()


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[bus.Job, str]]:
    """The jobs that were sent, instead of sending them."""
    found: list[tuple[bus.Job, str]] = []
    monkeypatch.setattr(bus, "enqueue", found.extend)
    return found


ACTORS = {
    bus.Job.STEP_EXECUTION: jobs.executions.step_execution.fn,
    bus.Job.DISPATCH_INSTANCE: jobs.instances.dispatch_instance.fn,
    bus.Job.POLL_INSTANCE: jobs.instances.poll_instance.fn,
    bus.Job.REMOVE_WORKFLOWS: jobs.instances.remove_workflows.fn,
}


@pytest.fixture
def do(sent: list[tuple[bus.Job, str]], amc: Amc) -> Callable[[], Awaitable[None]]:
    """Run the jobs sent so far, all at once, as workers would."""

    async def do_once() -> None:
        todo = list(dict.fromkeys(sent))
        sent.clear()
        await asyncio.gather(*(ACTORS[job](subject) for job, subject in todo))

    return do_once


async def open_executions() -> int:
    """How many are not done."""
    async with db.owner_transaction() as session:
        found = await session.scalar(
            text("SELECT count(*) FROM report_executions WHERE phase <> 'done'")
        )
    return int(found or 0)


@pytest.fixture
def work_until_done(
    do: Callable[[], Awaitable[None]], sent: list[tuple[bus.Job, str]]
) -> Callable[[], Awaitable[None]]:
    """Let clock and workers go on until every execution is done."""

    async def until_done() -> None:
        ends = time.monotonic() + PATIENCE
        while await open_executions():
            assert time.monotonic() < ends, "the engine did not come to an end"
            await clock.tick(tidy=False)
            await do()
            if not sent:
                await asyncio.sleep(0.005)

    return until_done


@pytest.fixture
def pass_time() -> Callable[[], Awaitable[None]]:
    """Make everything due that is open, and every lease old."""

    async def pass_it() -> None:
        async with db.owner_transaction() as session:
            for model in work.MODELS:
                await session.execute(
                    update(model)
                    .where(model.phase != "done")
                    .values(due_at=work.now(), lease_until=None)
                )

    return pass_it


async def execute(viewer: Viewer, operation: str, **variables: Any) -> Any:
    """What the schema answers this person."""
    return await schema.execute(operation, variable_values=variables, context_value=Context(viewer))


@pytest.fixture
def ask(alice: Viewer) -> Ask:
    """The data of an operation that must succeed, asked by Alice unless `by` says otherwise.

    With one root field its value is given, otherwise all of the data.
    """

    async def asked(operation: str, by: Viewer = alice, **variables: Any) -> Any:
        answer = await execute(by, operation, **variables)
        assert not answer.errors, answer.errors
        data = answer.data
        return next(iter(data.values())) if len(data) == 1 else data

    return asked


@pytest.fixture
def refused(alice: Viewer) -> Ask:
    """The refusal of an operation that must be refused: message and extensions in one."""

    async def asked(operation: str, by: Viewer = alice, **variables: Any) -> Any:
        answer = await execute(by, operation, **variables)
        assert answer.errors, answer.data
        error = answer.errors[0]
        return {"message": error.message, **(error.extensions or {})}

    return asked


@pytest.fixture
async def template() -> models.Template:
    """The built-in template most tests use."""
    async with db.owner_transaction() as session:
        found = await session.scalar(
            text("SELECT id FROM query_templates WHERE slug = 'campaign-performance'")
        )
        return await session.get_one(models.Template, found)


@pytest.fixture
async def report_input(template: models.Template, instance: models.Instance) -> dict[str, Any]:
    """What `reportCreate` takes."""
    return {
        "name": "Campaigns of the week",
        "templateId": ids.encode("tmpl", template.id),
        "instanceId": ids.encode("inst", instance.id),
        "parameters": {},
    }


CREATE = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"


@pytest.fixture
async def report(ask: Ask, report_input: dict[str, Any], sent: list[Any]) -> dict[str, Any]:
    """A report of Alice's."""
    made: dict[str, Any] = await ask(CREATE, report=report_input)
    return made


def made_of(folder: Path) -> list[str]:
    """The names of the files in a folder, below it too."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
