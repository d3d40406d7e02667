"""Every client people use does the same job here: list, create, run, watch, dashboard, error."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from domain.people import tokens
from jobs import clock

HERE = Path(__file__).parent
CLIENTS = HERE.parents[1] / ".venv" / "clients" / "bin"
JOB = ["list", "create", "run", "watch", "dashboard", "error"]
LONGEST = 120  # seconds
CODEGEN = """
[tool.ariadne-codegen]
schema_path = "{schema}"
queries_path = "{here}/queries.graphql"
target_package_name = "reports_client"
target_package_path = "{target}"
[tool.ariadne-codegen.scalars.DateTime]
type = "datetime.datetime"
[tool.ariadne-codegen.scalars.Date]
type = "datetime.date"
[tool.ariadne-codegen.scalars.Decimal]
type = "decimal.Decimal"
[tool.ariadne-codegen.scalars.BigInt]
type = "int"
[tool.ariadne-codegen.scalars.JSON]
type = "typing.Any"
"""


@pytest.fixture
async def address(api_place, alice, shown, do, sent) -> AsyncIterator[str]:
    """Where the API answers, with Alice's dashboard and an engine that works by itself."""

    async def go_on() -> None:
        while True:
            await clock.tick(tidy=False)
            await do()
            await asyncio.sleep(0.02)

    working = asyncio.create_task(go_on())
    yield f"http://{api_place}/graphql"
    working.cancel()
    await asyncio.wait({working})


@asynccontextmanager
async def running(
    *command: str | Path, **environment: str
) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program of somebody who is signed in as Alice."""
    token = tokens.issue("alice@example.com", "alice@example.com")
    process = await asyncio.create_subprocess_exec(
        *command,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=HERE,
        env={**os.environ, "TOKEN": token, **environment},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def run(*command: str | Path, **environment: str) -> list[str]:
    """What a program prints, line by line. It must end well."""
    async with asyncio.timeout(LONGEST), running(*command, **environment) as process:
        told, complained = await process.communicate()
    assert process.returncode == 0, complained.decode() or told.decode()
    return told.decode().splitlines()


@pytest.mark.clients
@pytest.mark.parametrize(
    ("script", "more"),
    [
        ("graphql_ws.mjs", []),
        ("graphql_sse.mjs", []),
        ("apollo.mjs", ["persisted", "cache"]),
        ("urql.mjs", ["no warnings"]),
    ],
)
async def test_a_client_of_node_does_the_job(address, script, more):
    assert await run("node", script, API=address) == [*JOB, *more]


@pytest.mark.clients
async def test_relay_compiles_its_documents_and_does_the_job(address):
    (HERE / "relay" / "__generated__").mkdir(exist_ok=True)
    await run(HERE / "node_modules" / ".bin" / "relay-compiler")
    assert await run("node", "relay.mjs", API=address) == [*JOB, "connection"]


@pytest.mark.clients
async def test_gql_does_the_job(address):
    assert await run(CLIENTS / "python", "with_gql.py", API=address) == JOB


@pytest.mark.clients
async def test_a_generated_python_client_does_the_job(address, tmp_path):
    config = tmp_path / "codegen.toml"
    where = {"schema": HERE.parents[1] / "schema.graphql", "here": HERE, "target": tmp_path}
    config.write_text(CODEGEN.format(**where))
    await run(CLIENTS / "ariadne-codegen", "--config", config, "client")
    told = await run(CLIENTS / "python", "with_codegen.py", API=address, GENERATED=str(tmp_path))
    assert told == JOB


@pytest.mark.java
async def test_java_does_the_job_with_what_it_brings(address):
    assert await run("java", "Job.java", API=address) == JOB
