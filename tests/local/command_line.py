"""The command line: each command runs in a process of its own, as a shell would start it.

The processes are forked from one that has imported the libraries, as importing takes five times as
long as the commands.
"""

import multiprocessing
import os
import subprocess
import tempfile
from pathlib import Path

from local import environment
from tests.local import forked_command
from tests.local.processes import ROOT

PATIENCE = 60.0  # seconds
LIBRARIES = [
    *("alembic.command", "asyncpg", "cryptography.hazmat.primitives.ciphers.aead", "dramatiq"),
    *("duckdb", "httpx2", "joserfc.jwt", "jsonschema", "obstore", "orjson", "pydantic_settings"),
    *("redis.asyncio", "sqlalchemy.dialects.postgresql.asyncpg", "sqlalchemy.ext.asyncio"),
    *("sqlglot", "starlette.applications", "strawberry", "structlog"),
]
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(LIBRARIES)


def amc_reports(*arguments: object, told: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """The output and exit status of a command. It reads `told` from its standard input."""
    _, *command = environment.command(*map(str, arguments))
    with tempfile.TemporaryDirectory(prefix="amc-reports-command-") as name:
        streams = [Path(name) / stream for stream in ("stdin", "stdout", "stderr")]
        streams[0].write_text(told)
        process = PROCESSES.Process(
            target=forked_command.run, args=(command, os.environ | env, ROOT, streams)
        )
        process.start()
        process.join(PATIENCE)
        if process.exitcode is None:
            process.kill()
            raise TimeoutError(f"{command} takes more than {PATIENCE:g} seconds")
        _, stdout, stderr = (stream.read_text() for stream in streams)
    return subprocess.CompletedProcess(command, process.exitcode, stdout, stderr)
