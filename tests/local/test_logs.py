"""Logs: every line is a JSON object without a terminal, whoever wrote it."""

import json
import os
import subprocess
import sys
import time

import structlog
from structlog.testing import CapturingLogger

from domain import logs
from tests.local.processes import ROOT

EVERYBODY = """
import logging, threading, warnings
import structlog
from domain import logs

logs.configure()
structlog.contextvars.bind_contextvars(request_id="r1")
structlog.get_logger().info("ours", number=1)
structlog.get_logger().info("odd", value=object())
logging.getLogger("uvicorn.error").info("Started %s", "it")
logging.getLogger("uvicorn.error").info('%s - "WebSocket %s" [accepted]', "x", "/?secret")
logging.getLogger("httpx2").info("HTTP Request: GET https://x/secret")
logging.getLogger("dramatiq.worker").warning("told once")
logging.getLogger("dramatiq.worker").warning("told once")
warnings.warn("old")
try:
    secret = "s3cret"
    1 / 0
except ZeroDivisionError:
    logging.getLogger("library").exception("failed")
thread = threading.Thread(target=lambda: [][1])
thread.start()
thread.join()
raise RuntimeError("two\\nlines")
"""


def test_every_line_is_an_object_whoever_wrote_it():
    ended = subprocess.run(
        [sys.executable, "-c", EVERYBODY],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    lines = [json.loads(line) for line in ended.stderr.splitlines()]
    events = [line["event"].split("\n")[0] for line in lines]
    assert events[:4] == ["ours", "odd", "Started it", "told once"]
    assert "UserWarning: old" in events[4]
    assert events[5:] == ["failed", "process.bug", "process.bug"]
    assert all(line["level"] and line["timestamp"].endswith("Z") for line in lines)
    assert all(line["request_id"] == "r1" for line in lines if line["event"] != "process.bug")
    assert "ZeroDivisionError" in lines[5]["exception"]
    assert "IndexError" in lines[6]["exception"]
    assert "RuntimeError: two\nlines" in lines[7]["exception"]
    assert "s3cret" not in ended.stderr
    assert "?secret" not in ended.stderr


def test_a_lost_server_is_told_ever_less_often(monkeypatch):
    now = 0.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(logs, "_pauses", logs.Pauses())
    written = CapturingLogger()
    log = structlog.wrap_logger(written, processors=[logs._rarely, lambda *given: (given[2:], {})])
    for _ in range(1200):  # ten minutes, twice a second
        log.warning("clock.server_lost", error="OSError")
        log.warning("something.else")
        now += 0.5
    told = [call.args[0] for call in written.calls if call.args[0]["event"] == "clock.server_lost"]
    assert len(told) == 9
    assert told[-1]["times"] > 900
    assert sum(call.args[0]["event"] == "something.else" for call in written.calls) == 1200
    now += 3600.0
    log.warning("clock.server_lost", error="OSError")  # the next outage is told at once
    assert "times" not in written.calls[-1].args[0]
