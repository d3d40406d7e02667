"""A machine without IPv4: everything listens on ::1, and servers are reached there."""

import asyncio
import os
import shutil
import socket
import subprocess
import sys

import pytest
from sqlalchemy import make_url

from tests.lines import Line, to_postgres, to_valkey
from tests.local.command_line import amc_reports
from tests.local.processes import ROOT

WITHOUT_IPV4 = "ip link set lo up && ip address delete 127.0.0.1/8 dev lo && exec "
JOB = "tests/local/test_end_to_end.py::test_an_analysts_first_job"


def _has_ipv6() -> bool:
    """Whether this machine has the address ::1."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


def _has_networks() -> bool:
    """Whether a process may have a network of its own here, with ::1 alone."""
    if not _has_ipv6() or shutil.which("unshare") is None or shutil.which("ip") is None:
        return False
    tried = ["unshare", "--net", "sh", "-c", f"{WITHOUT_IPV4}true"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


@pytest.mark.processes
def test_an_analysts_first_job_is_done_without_ipv4():
    """The API, workers, clock, servers and the local AMC, in a network that has ::1 alone."""
    if not _has_networks():
        pytest.skip("No process may have a network of its own here.")
    env = {name: value for name, value in os.environ.items() if "TEST" not in name}
    inside = f"{WITHOUT_IPV4}{sys.executable} -m pytest -n 0 -q {JOB}"
    ended = subprocess.run(
        ["unshare", "--net", "sh", "-c", inside],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert ended.returncode == 0, ended.stdout[-6000:]


@pytest.mark.skipif(not _has_ipv6(), reason="This machine has no ::1.")
async def test_the_doctor_reaches_every_server_by_its_ipv6_address(own_database, served_amc):
    target, number = to_valkey()
    _, _, amc_port = served_amc.url.rpartition(":")
    async with (
        Line(to_postgres()).serve("::1") as postgres,
        Line(target).serve("::1") as valkey,
        Line(("127.0.0.1", int(amc_port))).serve("::1") as amc,
    ):
        url = make_url(os.environ["DATABASE_URL"])
        given = {
            "DATABASE_URL": url.set(host="::1", port=postgres.port, query={}).render_as_string(
                False
            ),
            "REDIS_URL": f"redis://[::1]:{valkey.port}/{number}",
            "AMC_API_URL": f"http://[::1]:{amc.port}",
            "AMC_TOKEN_URL": f"http://[::1]:{amc.port}/auth/o2/token",
        }
        found = await asyncio.to_thread(
            amc_reports, "doctor", "--host", "::1", "--port", 0, **given
        )
    for what in (
        f"The database at [::1]:{postgres.port} is up to date",
        f"Redis at [::1]:{valkey.port} answers",
        f"AMC at [::1]:{amc.port} answers",
    ):
        assert f"ok    {what}" in found.stdout, found.stdout + found.stderr
