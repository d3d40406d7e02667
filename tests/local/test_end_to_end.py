"""An analyst's first job over the real processes: API, worker, clock, PostgreSQL, Valkey, AMC."""

import json
import os
import re
import signal
import subprocess
import time

import pytest

from local import environment
from tests.local.running_system import READ, RUN, RunningSystem, running_system

pytestmark = pytest.mark.processes

WATCH = "subscription($id: ID!) { execution(id: $id) { status phase version rowCount } }"
ROWS = """
query($id: ID!) { execution(id: $id) {
  outcome rows(first: 3) { columns { name } rows totalCount } download { url }
} }
"""


async def test_an_analysts_first_job():
    with running_system(SANDBOX_MIN_SECONDS="0.2", SANDBOX_MAX_SECONDS="0.4") as system:
        report = await system.report()
        asked_at = time.monotonic()
        execution = (await system.ask(RUN, id=report))["id"]
        states = [answer["execution"] async for answer in system.client.watch(WATCH, id=execution)]
        took = time.monotonic() - asked_at

        assert states[-1]["status"] == "COMPLETED", system.logs()
        versions = [state["version"] for state in states]
        assert versions == sorted(set(versions))
        assert took < 30
        read = await system.ask(ROWS, id=execution)
        assert read["outcome"] == "DATA"
        assert read["rows"]["totalCount"] == states[-1]["rowCount"] > 0
        assert len(read["rows"]["rows"]) == 3
        assert (await system.ask(READ, id=execution))["phase"] == "DONE"
        assert system.amc()["executions_created"] == 1

        system.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        system.process.wait(15)
        assert time.monotonic() - began < 10
        assert system.process.returncode == 0
        check_logs(system)


def check_logs(system: RunningSystem) -> None:
    """Every line of every process is a JSON object, and none has a secret."""
    lines = {}
    for name in ("api", "worker", "clock", "sandbox"):
        text = (system.folder / "logs" / f"{name}.log").read_text()
        assert system.running.token not in text
        assert "refresh_token" not in text
        lines[name] = [json.loads(line) for line in text.splitlines()]
        assert all({"event", "level", "timestamp"} <= set(line) for line in lines[name])
    ran = [line for line in lines["api"] if line.get("kind") == "mutation"]
    assert {"http.request"} == {line["event"] for line in ran}
    assert all(line["request_id"] for line in lines["api"] if line["event"] == "http.request")
    assert all(line["person"].startswith("user_") and line["cost"] > 0 for line in ran)
    assert any(line["event"] == "socket.subscription" for line in lines["api"])
    assert any("worker.started" in line["event"] for line in lines["worker"])


def demo(system: RunningSystem, *options: str) -> subprocess.Popen[str]:
    """The demo as `up` starts it, without a terminal."""
    return subprocess.Popen(
        environment.command("demo", "--at", system.running.address, *options),
        env=dict(os.environ) | {"AMC_REPORTS_TOKEN": system.running.token},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_the_demo_collects_a_year_once_even_if_the_api_is_killed_meanwhile():
    with running_system(SANDBOX_MIN_SECONDS="0.2", SANDBOX_MAX_SECONDS="0.4") as system:
        first = demo(system)
        assert first.stdout is not None
        said = []
        for line in first.stdout:
            said.append(line)
            if " of 52 weeks · 0 %" in line:
                assert system.kill("api")
        told = "".join(said)
        assert first.wait(10) == 0, told + system.logs()
        assert told.count("Watching goes on once it does") == 1
        assert re.search(r"Collected  52 of 52 weeks, .*, [\d,]+ rows", told), told
        assert re.search(r"\d{4}-Q[1-4] +\d+ of \d+ days: ", told), told
        assert system.amc()["executions_created"] == 1 + 52

        told, _ = demo(system, "--reuse").communicate(timeout=60)
        assert re.search(r"Collected  52 of 52 weeks, .* rows, by an earlier demo: col_", told), (
            told
        )
        assert system.amc()["executions_created"] == 1 + 52 + 1
