"""Processes at rest: none wakes up to look whether there is something to do."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime
from pathlib import Path

import httpx2
import pytest

from benchmarks.support.processes import family, wakeups
from domain.bus import queues
from domain.bus.queues import Job
from local import children, environment, ports
from tests.local.processes import ROOT, gone

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="read from /proc"),
]
AWHILE = 1.5  # seconds in which wake-ups are counted
AMAZON = {"AMC_CLIENT_ID": "nobody", "AMC_CLIENT_SECRET": "a secret"}  # nobody asks it
TIDIED = (Job.TIDY, "all")


@contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours, which is killed at the end."""
    command, env = environment.command(*arguments), os.environ | AMAZON
    process = children.start(command, dies_by=signal.SIGTERM, output=None, cwd=ROOT, env=env)
    try:
        yield process
    finally:
        children.stop(process)


def woken(process: subprocess.Popen[bytes]) -> float:
    """How often the process and its children wake up in a second."""
    before = wakeups(process.pid)
    time.sleep(AWHILE)
    return (wakeups(process.pid) - before) / AWHILE


def at_rest(process: subprocess.Popen[bytes], most: float) -> float:
    """How often they wake up in a second at rest: what they have to do first may last a while."""
    rates = [woken(process)]
    while min(rates) >= most and len(rates) < 8:
        rates.append(woken(process))
    return min(rates)


def taken() -> bool:
    """True once no message is left in the queue of short jobs."""
    return bool(queues.broker().do_qsize(Job.TIDY.queue) == 0)


def test_a_web_server_sleeps_until_it_is_asked_and_tells_the_present_time(tmp_path):
    page, smtp = (ports.free_port("127.0.0.1") for _ in range(2))
    where = ("--folder", str(tmp_path), "--page-port", str(page), "--smtp-port", str(smtp))

    def answers() -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{page}/").is_success
        except httpx2.ConnectError:
            return False

    with started("mailbox", *where) as process:
        assert children.wait_until(answers, 20)
        assert at_rest(process, 2) < 2
        told = httpx2.get(f"http://127.0.0.1:{page}/").headers["date"]
        assert abs(parsedate_to_datetime(told).timestamp() - time.time()) < AWHILE
        process.terminate()
        assert process.wait(5) in (0, -signal.SIGTERM)


def test_a_worker_sleeps_until_a_job_comes_and_ends_at_once():
    queues.broker().flush_all()
    queues.begun(*TIDIED)
    with started("worker", "--processes", "2", "--threads", "8") as process:
        queues.enqueue([TIDIED])
        assert children.wait_until(taken, 30)  # it has started
        assert at_rest(process, 12) < 12

        queues.enqueue([TIDIED])
        assert children.wait_until(taken, queues.ASKING / 2)
        of_it = family(process.pid)
        process.terminate()
        assert process.wait(queues.ASKING / 2) == 0
        assert gone(*of_it)


def test_a_worker_ends_with_any_of_its_processes():
    with started("worker", "--processes", "2", "--threads", "1") as process:
        assert children.wait_until(lambda: len(family(process.pid)) == 3, 20)
        os.kill(family(process.pid)[-1], signal.SIGKILL)
        assert process.wait(20) == 1
