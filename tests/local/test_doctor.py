"""The doctor: every ill has its sentence, and what to do about it."""

import os
import pickle
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local import ports
from local.doctor import doctor, surroundings
from local.doctor import servers as of_doctor
from local.doctor.findings import Finding, Machine
from tests import servers

NOWHERE = "postgresql://ann:s3cret@127.0.0.1:1/reports"


def machine(folder: Path, port: int = 0, **env: str) -> Machine:
    return Machine(folder, env, "127.0.0.1", port or ports.free_port("127.0.0.1"), None)


def wrong(examined: Machine) -> list[Finding]:
    return [finding for finding in doctor.examine(examined) if not finding.well]


@pytest.fixture
def listener() -> Iterator[int]:
    """A port that somebody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_nothing_is_wrong_with_a_machine_that_is_well(tmp_path):
    assert wrong(machine(tmp_path)) == []


def test_the_doctor_says_all_of_it_and_how_to_mend_it(tmp_path, listener, capsys, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", NOWHERE)
    assert doctor.run("127.0.0.1", listener, tmp_path) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith("ok    Python 3.")
    assert sum(line.startswith("WRONG") for line in told) == 2
    assert sum(line.startswith("      To fix it:") for line in told) == 2
    assert told[-1] == "2 of 13 checks failed."


def test_a_port_that_is_taken_is_told_with_who_has_it(tmp_path, listener):
    (found,) = wrong(machine(tmp_path, listener))
    assert f"Port {listener} of 127.0.0.1 is taken by process {os.getpid()}" in found.what
    assert f"kill {os.getpid()}" in found.mend
    assert f"PORT={listener + 1}" in found.mend


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path):
    (found,) = wrong(machine(tmp_path, DATABASE_URL=NOWHERE))
    assert found.what.startswith("The database at 127.0.0.1:1 does not answer")
    assert "s3cret" not in found.what
    assert "DATABASE_URL" in found.mend


def test_a_database_that_is_not_there_is_told(tmp_path):
    url = servers.named(servers.SERVER_URL, "nowhere")
    (found,) = wrong(machine(tmp_path, DATABASE_URL=url))
    assert 'database "nowhere" does not exist' in found.what


def test_an_empty_database_is_to_be_migrated(tmp_path):
    url = servers.named(servers.SERVER_URL, "postgres")
    (found,) = wrong(machine(tmp_path, DATABASE_URL=url))
    assert "is empty, not at" in found.what
    assert found.mend == "make migrate"


async def test_a_migrated_database_is_well(tmp_path, own_database):
    url = servers.named(servers.SERVER_URL, servers.OWN)
    found = await of_doctor._examined(machine(tmp_path), url)
    assert found.well


def test_a_redis_and_an_amc_that_do_not_answer_are_told(tmp_path):
    found = wrong(
        machine(tmp_path, REDIS_URL="redis://127.0.0.1:1", AMC_API_URL="http://127.0.0.1:1")
    )
    assert [one.what.split(" does not")[0] for one in found] == [
        "Redis at 127.0.0.1:1",
        "AMC at 127.0.0.1:1",
    ]


def test_a_folder_that_cannot_be_written_to_is_told_with_its_owner(folder):
    owned = folder / "owned"
    owned.mkdir(mode=0o555)
    (found,) = as_somebody_else(lambda: [surroundings.folder(machine(owned / "data", 1))])
    assert not found.well
    assert "cannot be written to by user" in found.what
    assert found.mend.startswith("sudo chown -R")


def as_somebody_else(look: Callable[[], list[Finding]]) -> list[Finding]:
    """What an ordinary user finds; root may write anywhere."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            if os.geteuid() == 0:
                os.setuid(65534)
            os.write(writer, pickle.dumps(look()))
            status = 0
        finally:
            os._exit(status)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        told = pipe.read()
    assert os.waitpid(child, 0)[1] == 0
    found: list[Finding] = pickle.loads(told)
    return found


def test_secrets_that_others_can_read_or_that_are_no_keys_are_told(tmp_path):
    secrets = tmp_path / "secrets.env"
    secrets.write_text("ENCRYPTION_KEYS=k1:short\nSIGNING_SECRET=x\nTOKEN_SECRET=x\n")
    secrets.chmod(0o644)
    assert [one.mend for one in wrong(machine(tmp_path))] == [f"chmod 600 {secrets}"]
    secrets.chmod(0o600)
    assert [one.what for one in wrong(machine(tmp_path))] == [
        "ENCRYPTION_KEYS has an entry 1 that is not an id, a colon and the base64 of 32 bytes."
    ]
    secrets.write_text("ENCRYPTION_KEYS\n")
    assert "line 1, is not NAME=value" in wrong(machine(tmp_path))[0].what


def test_a_python_that_is_too_old_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    (found,) = wrong(machine(tmp_path))
    assert found.what == "Python 3.10.4 is too old; 3.11 or newer is needed."


def test_a_missing_package_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(surroundings, "PACKAGES", ("uvicorn", "no_such_package"))
    (found,) = wrong(machine(tmp_path))
    assert found.what == "Packages are missing: no_such_package."
    assert found.mend == "make setup"


def test_a_full_disk_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(surroundings, "NEEDED_BYTES", 10**18)
    (found,) = wrong(machine(tmp_path))
    assert "GB free" in found.what
