"""The whole system as processes, started by `amc-reports up`, for tests that use or attack it."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.support.processes import family
from local import ports
from local.client import Client
from local.running import Running, find

ROOT = Path(__file__).parents[2]
PATIENCE = 120.0  # seconds until everything is up
FEW_EVENTS = "20000"
LIMITLESS = {  # tests and benchmarks make, start and watch more than a person does
    "EXECUTIONS_PER_MINUTE": "0",
    "REPORTS_PER_HOUR": "0",
    "BUDGET_MAXIMUM": "0",
    "SOCKETS_PER_PERSON": "0",
    "OPERATIONS_PER_PERSON": "0",
}
OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "STORAGE_URL",
    "ENCRYPTION_KEYS",
    "SIGNING_SECRET",
    "TOKEN_SECRET",
    "AMC_API_URL",
    "AMC_TOKEN_URL",
)

CONTEXT = """
{ instances { nodes { id name } } templates(first: 100) { nodes { id slug } } }
"""
CREATE = "mutation($report: ReportInput!) { reportCreate(report: $report) { id } }"
RUN = "mutation($id: ID!, $key: String) { reportRun(id: $id, idempotencyKey: $key) { id } }"
READ = "query($id: ID!) { execution(id: $id) { id status phase outcome errorMessage rowCount } }"


class RunningSystem:
    """A running system: its client, its processes, its local AMC."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], running: Running) -> None:
        self.folder, self.process, self.running = folder, process, running
        self.client = Client(running.address, running.token)

    def pids(self) -> dict[str, int]:
        """The ids of the present processes, by name."""
        try:
            note = json.loads((self.folder / "processes.json").read_text())
        except (FileNotFoundError, ValueError):
            return {}
        return {name: pid for name, (pid, _) in note.items()}

    def kill(self, name: str) -> bool:
        """Kill a process as a power failure would. Returns whether it was running."""
        pid = self.pids().get(name)
        if pid is None:
            return False
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    def family(self, name: str) -> list[int]:
        """A process with all of its descendants."""
        pid = self.pids().get(name)
        return [] if pid is None else family(pid)

    async def freeze(self, name: str, seconds: float) -> None:
        """Stop a process and its children for a while, as an overloaded machine does."""
        frozen = self.family(name)
        self._signal(frozen, signal.SIGSTOP)
        try:
            await asyncio.sleep(seconds)
        finally:
            self._signal(frozen, signal.SIGCONT)

    @staticmethod
    def _signal(pids: list[int], number: int) -> None:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)

    def amc(self) -> dict[str, Any]:
        """The counts of the local AMC."""
        url = self.running.settings["AMC_API_URL"]
        return dict(httpx2.get(f"{url}/sandbox/stats", timeout=10).json())

    async def ask(self, query: str, patience: float = 60.0, **variables: Any) -> Any:
        """The answer's only field. Asks again while the API or its servers are down."""
        until = time.monotonic() + patience
        while True:
            try:
                answer = await self.client.ask(query, **variables)
            except Exception:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.2)
            else:
                return next(iter(answer.values())) if len(answer) == 1 else answer

    async def report(self) -> str:
        """Create a report on the first instance, and return its id."""
        context = await self.ask(CONTEXT)
        templates = {one["slug"]: one["id"] for one in context["templates"]["nodes"]}
        made = await self.ask(
            CREATE,
            report={
                "name": "House",
                "templateId": templates["campaign-performance"],
                "instanceId": context["instances"]["nodes"][0]["id"],
            },
        )
        return str(made["id"])

    def logs(self) -> str:
        """The ends of all logs, for a test that failed."""
        tails = [
            f"== {log.name}\n{log.read_text(errors='replace')[-2000:]}"
            for log in [self.folder / "up.log", *sorted((self.folder / "logs").glob("*.log"))]
        ]
        return "\n".join(tails)


@contextmanager
def running_system(**environment: str) -> Iterator[RunningSystem]:
    """Start everything in a folder of its own, and stop it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="amc-reports-system-"))
    folder.chmod(0o755)  # where root starts PostgreSQL as another user
    host = ports.loopback()
    port = ports.free_port(host, 18000 + os.getpid() % 10000)
    env = {name: value for name, value in os.environ.items() if name not in OURS}
    env |= {"SANDBOX_EVENTS": FEW_EVENTS, **LIMITLESS, **environment}
    command = [sys.executable, str(ROOT / "cli.py"), "up", "--no-demo"]
    command += ["--folder", str(folder), "--host", host, "--port", str(port)]
    output = (folder / "up.log").open("wb")
    process = subprocess.Popen(command, cwd=folder, env=env, stdout=output, stderr=output)
    system = None
    try:
        system = RunningSystem(folder, process, _until_up(folder, process))
        yield system
    except Exception:
        if system is not None:  # pytest shows it with the failure
            print(f"up: {process.poll()}, {system.pids()}\n{system.logs()}")
        raise
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(15)
        finally:
            process.kill()
            output.close()
            shutil.rmtree(folder, ignore_errors=True)


def _until_up(folder: Path, process: subprocess.Popen[bytes]) -> Running:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        running = find(folder)
        if running is not None and running.address:
            return running
        time.sleep(0.1)
    raise AssertionError((folder / "up.log").read_text())


VICTIMS = ("api", "worker", "clock", "valkey", "postgres")
QUICK = {
    "AMC_REQUEST_TIMEOUT": "3",
    "AMC_ADOPT_AFTER": "2",
    "AMC_POLL_MIN": "0.3",
    "LEASE": "8",
    "SANDBOX_MIN_SECONDS": "1",
    "SANDBOX_MAX_SECONDS": "3",
}
