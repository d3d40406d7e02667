"""The command line, as whoever types it sees it."""

import base64
import os
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import undefer

from domain import db, secrets
from domain.models import Account, Instance
from domain.people import tokens
from domain.settings import settings
from domain.viewer import Viewer
from local import children, environment, places
from local.running import Running
from tests.local.command_line import amc_reports
from tests.local.processes import ROOT


def test_every_command_is_in_the_help_with_what_it_does():
    told = amc_reports("--help").stdout
    listed = re.findall(r"^    (\w+)\b", told, re.MULTILINE)
    assert {"up", "api", "worker", "clock", "sandbox", "migrate", "token", "schema"} <= set(listed)
    assert {"doctor", "demo", "account", "instances", "user", "member"} <= set(listed)


def test_a_python_that_is_too_old_is_told_so_in_a_sentence():
    old = f"import sys, runpy; sys.version_info = (3, 10, 0); runpy.run_path({environment.CLI!r})"
    ended = subprocess.run([sys.executable, "-c", old], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.startswith("amc-reports needs Python 3.11 or newer; this is ")


def test_set_up_says_that_no_python_is_new_enough(tmp_path):
    old = tmp_path / "python3"
    old.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
    old.chmod(0o755)
    command = ["/bin/sh", str(ROOT / ".ci" / "python"), str(tmp_path / "venv")]
    env = {"PATH": str(tmp_path)}
    ended = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "Python 3.11 or newer is needed, and Python 3.9.2 was found." in ended.stderr
    assert not (tmp_path / "venv").exists()


def test_make_alone_says_what_there_is():
    told = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    targets = set(re.findall(r"^  make ([a-z]+) ", told, re.MULTILINE))
    assert {"setup", "up", "demo", "down", "test", "check", "schema", "migration"} <= targets
    assert {"doctor", "chaos", "clean"} <= targets


def test_the_schema_can_be_written_and_checked(tmp_path):
    written = tmp_path / "schema.graphql"
    assert amc_reports("schema", written, "--check").returncode == 1
    assert amc_reports("schema", written).returncode == 0
    assert amc_reports("schema", written, "--check").stdout == f"{written} is current\n"


def test_models_and_migrations_are_compared_on_a_server_of_their_own():
    ended = amc_reports("migrate", "--models", DATABASE_URL="postgresql://127.0.0.1:1/nowhere")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.endswith("Models and migrations agree.\n")


async def test_somebody_added_can_sign_in_with_a_token_printed(instance: Instance):
    email = "dora@example.com"
    added = amc_reports("user", "add", email, "--name", "Dora")
    assert added.stdout.startswith("user_")
    joined = amc_reports("member", "add", email, instance.instance_id, "--role", "viewer")
    assert joined.stdout == f"{email} is viewer of {instance.instance_id}\n"
    claims = await tokens.verify(amc_reports("token", email).stdout.strip())
    assert claims.email == email


async def test_operators_change_members_people_and_instances(alice: Viewer, instance: Instance):
    place = instance.instance_id
    for command, told in (
        (("member", "role", alice.email, place, "--role", "admin"), f"is admin of {place}"),
        (("member", "remove", alice.email, place), f"is no member of {place} any more"),
        (("user", "deactivate", alice.email), "may no longer sign in"),
        (("user", "activate", alice.email), "may sign in"),
        (("instances", "pause", place), "Acme is paused"),
        (("instances", "resume", place), "Acme goes on"),
        (
            ("instances", "limit", place, "--at-once", 3, "--daily-quota", 7),
            "Acme runs 3 at a time, 0 of them reserved for schedules, 7 a day",
        ),
        (("instances", "limit", place, "--no-quota"), "no daily quota"),
    ):
        ended = amc_reports(*command)
        assert (ended.returncode, ended.stdout.strip().endswith(told)) == (0, True), ended
    for command, told in (
        (("member", "remove", alice.email, place), f"{alice.email} is no member of Acme.\n"),
        (("instances", "limit", place), "Give at least one limit to change.\n"),
        (("instances", "limit", place, "--at-once", 0), "'max_concurrent'"),
    ):
        ended = amc_reports(*command)
        assert (ended.returncode, told in ended.stderr) == (1, True), ended


async def test_refusals_are_sentences(alice: Viewer):
    again = amc_reports("user", "add", alice.email, "--name", "Alice")
    unknown = amc_reports("member", "add", alice.email, "nowhere", "--role", "viewer")
    nobody = amc_reports("token", "nobody@example.com")
    assert [one.returncode for one in (again, unknown, nobody)] == [1, 1, 1]
    assert again.stderr == f"A person with the address {alice.email} already exists.\n"
    assert unknown.stderr == "There is no instance 'nowhere'.\n"
    assert nobody.stderr == "There is nobody with the address nobody@example.com.\n"


async def test_an_accounts_refresh_token_is_read_from_the_terminal_and_sealed(clean_database):
    added = amc_reports("account", "add", "ENTITY1", "--name", "Acme", told="Atzr|secret\n")
    assert added.stdout.endswith("  Acme\n")
    assert "secret" not in added.stdout + added.stderr
    async with db.owner_transaction() as session:
        asked = select(Account).options(undefer(Account.refresh_token))
        kept = (await session.scalars(asked)).one()
    assert b"secret" not in kept.refresh_token
    place = ("amc_accounts", kept.id, "refresh_token")
    assert secrets.decrypt(kept.refresh_token, *place) == "Atzr|secret"


async def test_secrets_are_sealed_again_with_the_newest_key(clean_database):
    amc_reports("account", "add", "ENTITY1", "--name", "Acme", told="Atzr|secret\n")
    old = settings.encryption_keys.get_secret_value()
    newest = f"newest:{base64.b64encode(bytes(range(32))).decode()}"
    again = [amc_reports("keys", "rotate", ENCRYPTION_KEYS=f"{newest},{old}") for _ in range(2)]
    assert [one.stdout.split()[0] for one in again] == ["1", "0"]


def test_a_database_that_is_away_is_a_sentence_too():
    ended = amc_reports("token", DATABASE_URL="postgresql://ann:s3cret@127.0.0.1:1/x")
    assert ended.returncode == 1
    assert ended.stderr.startswith("The database cannot be used:")
    assert "s3cret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_settings_that_cannot_be_read_are_named_without_their_values():
    ended = amc_reports("token", LEASE="s3cret", DATABASE_URL="s3cret", PORT="abc")
    assert ended.returncode == 1
    assert ended.stderr.splitlines() == [
        "DATABASE_URL must be a URL such as postgresql://user:password@host:5432/name.",
        "PORT must be a whole number.",
        "LEASE must be a number of seconds.",
    ]


def test_up_refuses_a_port_that_is_taken_and_says_what_to_do(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ended = amc_reports("up", "--folder", tmp_path, "--port", port)
    assert ended.returncode == 1
    assert f"Port {port} of 127.0.0.1 is taken by process {os.getpid()}" in ended.stdout
    assert f"make up PORT={port + 1}" in ended.stdout


def test_up_refuses_a_folder_that_cannot_be_written_to(folder):
    closed = folder / "closed"
    closed.mkdir(mode=0o555)
    child = (  # all is imported first: an ordinary user may not get to root's Python
        "import os, sys, dotenv; from local import up; from pathlib import Path;"
        "os.geteuid() or os.setuid(65534);"
        "sys.exit(up.run(up.Options(Path(sys.argv[1]), '127.0.0.1', 1)))"
    )
    command = [sys.executable, "-c", child, str(closed / "data")]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert f"{closed} cannot be written to by user" in ended.stdout
    assert "sudo chown -R" in ended.stdout


def test_a_second_up_names_the_address_of_the_first(tmp_path):
    lock = places.Lock(tmp_path / "lock")
    Running(os.getpid(), "http://127.0.0.1:8123").write(tmp_path)
    ended = amc_reports("up", "--folder", tmp_path)
    lock.release()
    assert ended.returncode == 1
    where = f"http://127.0.0.1:8123 (process {os.getpid()})"
    assert f"The system is running already: {where}" in ended.stdout


def test_down_ends_what_is_running_and_nothing_else(tmp_path):
    assert amc_reports("down", "--folder", tmp_path).stdout == "Nothing is running.\n"
    holds = (
        "import sys, time; from pathlib import Path; from local.places import Lock;"
        "lock = Lock(Path(sys.argv[1]) / 'lock'); print('held', flush=True); time.sleep(600)"
    )
    command = [sys.executable, "-c", holds, str(tmp_path)]
    up = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert up.stdout is not None
    up.stdout.readline()
    assert amc_reports("down", "--folder", tmp_path).stdout == "Stopped. The data is kept.\n"
    up.communicate()
    assert up.returncode < 0


def test_clean_removes_only_when_told_so(tmp_path):
    folder = tmp_path / "data"
    environment_of(folder)
    asked = amc_reports("clean", "--folder", folder)
    assert asked.returncode == 1
    assert "Nothing was removed" in asked.stdout
    assert amc_reports("clean", "--folder", folder, "--yes").returncode == 0
    assert not folder.exists()


def environment_of(folder: Path) -> None:
    folder.mkdir()
    environment.kept_secrets(folder)
    assert stat.S_IMODE((folder / "secrets.env").stat().st_mode) == 0o600


def test_a_demo_that_finds_no_api_fails_with_a_sentence(tmp_path):
    ended = amc_reports("demo", "--at", "http://127.0.0.1:1", "--folder", tmp_path)
    assert ended.returncode == 1
    assert "the API at http://127.0.0.1:1 does not answer" in ended.stdout


@pytest.mark.processes
def test_a_worker_that_is_killed_leaves_no_process_behind():
    worker = subprocess.Popen(
        environment.command("worker", "--processes", "1", "--threads", "1"),
        cwd=ROOT,
        env=os.environ | {"AMC_CLIENT_ID": "ours", "AMC_CLIENT_SECRET": "ours"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    found = Path(f"/proc/{worker.pid}/task/{worker.pid}/children")
    assert children.wait_until(lambda: len(found.read_text().split()) > 0, 20)
    forked = [int(pid) for pid in found.read_text().split()]
    worker.kill()
    worker.wait()
    assert children.wait_until(lambda: not any(map(children.command_of, forked)), 60)
