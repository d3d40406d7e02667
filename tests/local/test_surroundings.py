"""Proxies, ports, disks and clocks that are in the way: each is told of, or does no harm."""

import socket
import subprocess
import sys
import threading
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import httpx2
import pytest

from local import ports, proxies
from local.doctor import servers as of_doctor
from local.doctor import surroundings
from local.doctor.findings import Machine
from local.environment import wrong_settings
from tests import servers
from tests.database.pooler import pooler
from tests.local.processes import ROOT

NOWHERE = "http://127.0.0.1:1"  # a proxy that is down


def machine(folder, **env):
    return Machine(folder, env, "127.0.0.1", 8000, None)


@pytest.fixture
def address():
    """The address of a server of this machine that answers 204."""

    class Quiet(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(204)
            self.end_headers()

        def log_message(self, *args):
            pass

    with HTTPServer(("127.0.0.1", 0), Quiet) as server:
        serving = threading.Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        serving.join()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY"])
def test_this_machine_is_reached_without_a_proxy(monkeypatch, address, name):
    monkeypatch.setenv("NO_PROXY", "intranet.example.com")
    monkeypatch.setenv(name, NOWHERE)
    with pytest.raises(httpx2.ConnectError):
        httpx2.get(address)
    env = {name: NOWHERE, "NO_PROXY": "intranet.example.com"}
    proxies.spare_this_machine(env)
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    assert httpx2.get(address).status_code == 204
    spared = "intranet.example.com,localhost,127.0.0.1,::1"
    assert (env["NO_PROXY"], env["no_proxy"]) == (spared, spared)


def test_addresses_of_the_settings_on_this_machine_are_spared_and_others_are_not():
    env = {
        "HTTPS_PROXY": NOWHERE,
        "AMC_API_URL": "http://127.0.0.5:8001",
        "AMC_TOKEN_URL": "https://api.amazon.com/auth",
        "PUBLIC_URL": "http://reports.localhost:8000",
    }
    proxies.spare_this_machine(env, "10.1.2.3")
    names = "localhost,127.0.0.1,::1,10.1.2.3,reports.localhost,127.0.0.5"
    assert env["NO_PROXY"] == names
    without: dict[str, str] = {}
    proxies.spare_this_machine(without)
    assert without == {}


def test_proxies_that_cannot_be_used_are_named_before_anything_starts(monkeypatch):
    monkeypatch.setattr(proxies, "find_spec", lambda name: None)
    assert proxies.wrong({"all_proxy": "socks5://ann:s3cret@host:1080", "HTTP_PROXY": "h:x"}) == [
        "HTTP_PROXY must be a URL such as http://proxy:3128.",
        "ALL_PROXY names a SOCKS proxy, which needs a package: pip install socksio. Or unset it, "
        "or name an HTTP proxy.",
    ]
    monkeypatch.setenv("HTTPS_PROXY", "ftp://s3cret")
    assert wrong_settings() == ["HTTPS_PROXY must be a URL such as http://proxy:3128."]


def test_the_doctor_finds_a_proxy_that_does_not_answer(tmp_path, address):
    found = surroundings.proxies(machine(tmp_path, https_proxy=f"{NOWHERE}/"))
    assert found.what.startswith("The proxy 127.0.0.1:1 of HTTPS_PROXY does not answer: ")
    assert found.mend == "correct HTTPS_PROXY, or unset it (also https_proxy)"
    assert surroundings.proxies(machine(tmp_path, HTTP_PROXY=address)).well


def test_the_doctor_finds_disks_that_are_small_or_can_only_be_read(tmp_path, monkeypatch):
    there = machine(tmp_path, TMPDIR=str(tmp_path), STORAGE_URL=f"file://{tmp_path}/results")
    looks = (surroundings.temporary, surroundings.results)
    assert [look(there).what for look in looks] == [
        f"{tmp_path} takes temporary files",
        f"{tmp_path}/results takes results",
    ]
    monkeypatch.setattr(surroundings, "TEMPORARY_BYTES", 10**18)
    assert all(f"{tmp_path} has " in look(there).what for look in looks)
    read_only = SimpleNamespace(f_flag=surroundings.os.ST_RDONLY)
    monkeypatch.setattr(surroundings.os, "statvfs", lambda path: read_only)
    told = f"{tmp_path} is on a disk that can only be read."
    assert [look(there).what for look in looks] == [told, told]
    assert [look(there).mend.split()[1] for look in looks] == ["TMPDIR", "STORAGE_URL"]
    gone = surroundings.temporary(machine(tmp_path, TMPDIR="/no/such/folder"))
    assert gone.what == "TMPDIR names /no/such/folder, which is no folder."


@pytest.mark.parametrize(("hours", "told"), [(1, "3600 seconds ahead of"), (-1, "behind")])
async def test_the_doctor_finds_clocks_that_differ(
    tmp_path, own_database, monkeypatch, hours, told
):
    class Elsewhere(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.now(tz) + timedelta(hours=hours)

    monkeypatch.setattr(of_doctor, "datetime", Elsewhere)
    url = servers.named(servers.SERVER_URL, servers.OWN)
    found = await of_doctor._examined(machine(tmp_path), url)
    assert told in found.what
    assert "timedatectl" in found.mend


async def test_the_doctor_finds_a_pooler_that_drops_the_role(tmp_path, own_database):
    async with pooler() as url:
        found = await of_doctor._examined(machine(tmp_path), url)
    told = "The database must see this process as amc_api, but sees it as postgres, a superuser."
    assert found.what == told
    assert "DATABASE_API_URL" in found.mend


def test_why_a_port_cannot_be_listened_on(monkeypatch):
    here = ports.loopback()
    assert ports.advice("203.0.113.7", 8000) == (
        f"203.0.113.7 is no address of this machine. Use another one: make up HOST={here}"
    )
    unknown = "There is no host no.such.host.invalid. Correct HOST"
    assert ports.advice("no.such.host.invalid", 8000).startswith(unknown)
    monkeypatch.setattr(ports, "refusal", lambda host, port: PermissionError(13, "denied"))
    assert "Port 80 needs rights that this user lacks." in ports.advice("127.0.0.1", 80)


def test_a_server_on_every_address_is_reached_on_this_machine():
    where = [ports.place(host, 8000) for host in ("0.0.0.0", "::", "::1", "localhost")]
    assert where == ["127.0.0.1:8000", "[::1]:8000", "[::1]:8000", "localhost:8000"]


def test_make_up_looks_at_the_port_before_it_installs_anything():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        taken, *odd = [
            subprocess.run(
                ["/bin/sh", ".ci/port", *given],
                cwd=ROOT,
                env={"PYTHON": sys.executable},
                capture_output=True,
                text=True,
                check=False,
            )
            for given in (("", port), ("", "abc"), ("127.0.0.1", "0"))
        ]
    assert taken.returncode == 1
    assert f"Nothing can listen on port {port} of 127.0.0.1" in taken.stderr
    assert f"make up PORT={int(port) + 1}" in taken.stderr
    assert [one.returncode for one in odd] == [1, 0]
    assert odd[0].stderr == "PORT must be a whole number, 65,535 or less.\n"
