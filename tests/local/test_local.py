"""One machine: servers that end with their parent, and processes that are started again."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from local import children, environment, places, postgres, processes, running, valkey
from tests.local.processes import ROOT, gone, is_running

STARTS_SERVERS = """
    import sys, time
    from pathlib import Path
    from local import children, postgres, valkey
    if "--without-kernel" in sys.argv:
        children.LIBC = None  # as on macOS
    folder = Path(sys.argv[1])
    servers = postgres.start(folder / "postgres"), valkey.start(folder / "valkey", durable=True)
    print(servers[0].process.pid, servers[1].process.pid, servers[0].url, flush=True)
    time.sleep(600)
"""
SLEEPS = [sys.executable, "-c", "import time; print('awake', flush=True); time.sleep(600)"]
STARTS_ANOTHER = [
    sys.executable,
    "-c",
    "import subprocess, sys, time; print(subprocess.Popen(sys.argv[1:]).pid, flush=True);"
    "time.sleep(600)",
]
IGNORES_TERM = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('awake', flush=True); time.sleep(600)",
]


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


async def killed_parent(folder: Path, *options: str) -> tuple[int, int]:
    """Process ids of a PostgreSQL and a Valkey whose parent has been killed at work."""
    command = [sys.executable, "-c", textwrap.dedent(STARTS_SERVERS), str(folder), *options]
    parent = start(command)
    assert parent.stdout is not None
    database, cache, url = parent.stdout.readline().split()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    parent.kill()
    parent.communicate()
    return int(database), int(cache)


async def test_servers_end_with_a_killed_parent_and_start_again_on_their_data(folder):
    database, cache = await killed_parent(folder)
    assert gone(database, cache)

    again = postgres.start(folder / "postgres")
    try:
        assert await ask(again.url, "SELECT answer FROM kept") == 42
    finally:
        again.stop()


async def test_a_server_that_outlived_its_parent_is_ended_before_the_next_one_starts(folder):
    database, cache = await killed_parent(folder, "--without-kernel")
    assert is_running(database)
    assert is_running(cache)

    again = postgres.start(folder / "postgres")
    cached = valkey.start(folder / "valkey", durable=True)
    try:
        assert gone(database, cache, within=0)
        assert await ask(again.url, "SELECT answer FROM kept") == 42
    finally:
        again.stop()
        cached.stop()


async def test_a_killed_postgres_is_launched_again_under_the_same_address(folder):
    server = postgres.start(folder, durable=True)
    try:
        await ask(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.process is not None
        server.process.kill()
        server.process.wait()
        server.launch()
        assert await ask(server.url, "SELECT answer FROM kept") == 42
    finally:
        server.stop()


async def test_the_process_id_of_a_dead_server_may_by_now_be_anybodys(folder):
    postgres.start(folder).stop()
    stranger = start(SLEEPS)
    try:
        note = (folder / "data").resolve() / "postmaster.pid"
        note.write_text(f"{stranger.pid}\n{note.parent}\n")
        postgres.start(folder).stop()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.communicate()


async def test_root_keeps_data_where_the_servers_user_gets_to_them(folder, monkeypatch):
    monkeypatch.setattr(places, "STATE", folder / "state")
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    for answer in (None, "it is kept"):
        server = postgres.start(closed / "postgres")
        try:
            assert await ask(server.url, "SELECT obj_description('pg_class'::regclass)") == answer
            await ask(server.url, "COMMENT ON TABLE pg_class IS 'it is kept'")
        finally:
            server.stop()
    assert closed.stat().st_mode & 0o777 == 0o700
    assert (closed / "postgres" / "data" / "PG_VERSION").exists()


def test_no_two_servers_work_on_one_folder(folder):
    server = valkey.start(folder)
    try:
        with pytest.raises(places.InUse, match=f"{folder} is in use by process {os.getpid()}"):
            valkey.start(folder)
    finally:
        server.stop()


def test_a_stopped_server_leaves_no_sockets_behind(folder):
    server = valkey.start(folder)
    place = Path(server.url.removeprefix("unix://")).parent.parent
    assert len(server.url) < 100
    server.stop()
    assert not place.exists()


def test_data_of_another_version_are_refused_by_name(folder):
    postgres.start(folder).stop()
    (folder / "data").resolve().joinpath("PG_VERSION").write_text("13\n")
    with pytest.raises(children.CannotStart, match="made by PostgreSQL 13"):
        postgres.start(folder)


def test_servers_are_looked_for_where_the_environment_says(folder, monkeypatch):
    monkeypatch.setenv("AMC_REPORTS_POSTGRES_BIN", str(folder))
    with pytest.raises(children.CannotStart, match="has no program 'initdb'"):
        postgres.find_programs()
    monkeypatch.setenv("AMC_REPORTS_VALKEY_BIN", str(folder / "none"))
    with pytest.raises(children.CannotStart, match="is no program"):
        valkey.find_program()


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[tuple[processes.Supervisor, list[str]]]:
    """A supervisor and what it says."""
    said: list[str] = []
    made = processes.Supervisor(tmp_path, said.append)
    yield made, said
    made.stop()


def program(tmp_path: Path, command: list[str]) -> processes.Program:
    return processes.Program(command, dict(os.environ), tmp_path / "logs" / "it.log")


def test_a_process_that_dies_is_started_again_after_a_pause(supervisor, tmp_path):
    watcher, said = supervisor
    it = program(tmp_path, SLEEPS)
    watcher.add("it", it)
    first = it.process.pid
    os.kill(first, signal.SIGKILL)

    def is_back() -> bool:
        watcher.watch()
        return it.process.pid != first and it.process.poll() is None

    assert children.wait_until(is_back, 5)
    assert said[0].startswith("it was ended by SIGKILL; starting it again in")


def test_the_pause_grows_while_a_process_keeps_dying(supervisor, tmp_path):
    watcher, said = supervisor
    watcher.add("it", program(tmp_path, [sys.executable, "-c", "print('no good'); exit(3)"]))

    def thrice() -> bool:
        watcher.watch()
        return len(said) == 3

    assert children.wait_until(thrice, 10)
    assert [line.splitlines()[0] for line in said] == [
        f"it ended with status 3; starting it again in {pause} s" for pause in (0.4, 0.8, 1.6)
    ]
    assert said[0].splitlines()[1] == "no good"


def test_what_does_not_heed_a_request_to_end_is_killed_in_time(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "GRACE", 0.5)
    watcher, _ = supervisor
    deaf, heeding = program(tmp_path, IGNORES_TERM), program(tmp_path, SLEEPS)
    for name, it in (("deaf", deaf), ("heeding", heeding)):
        watcher.add(name, it)
    assert children.wait_until(lambda: deaf.log.read_text().count("awake") == 2, 5)
    pids = deaf.process.pid, heeding.process.pid
    began = time.monotonic()
    watcher.stop()
    assert time.monotonic() - began < 10
    assert gone(*pids, within=0)


def test_what_a_program_started_ends_with_it(supervisor, tmp_path):
    watcher, _ = supervisor
    it = program(tmp_path, [*STARTS_ANOTHER, *IGNORES_TERM])
    watcher.add("it", it)
    assert children.wait_until(lambda: "awake" in it.log.read_text(), 5)
    grandchild = int(it.log.read_text().split()[0])
    watcher.stop()
    assert gone(grandchild)


def test_the_logs_are_followed_line_by_line(tmp_path):
    (tmp_path / "api.log").write_text("old\n")
    follower = processes.Follower(tmp_path)
    with (tmp_path / "api.log").open("a") as log:
        log.write("new\nhalf a li")
    assert list(follower.lines()) == ["api      | new"]
    with (tmp_path / "api.log").open("a") as log:
        log.write("ne\n")
    assert list(follower.lines()) == ["api      | half a line"]


def test_secrets_are_made_once_and_only_for_their_owner(tmp_path):
    made = environment.kept_secrets(tmp_path)
    assert environment.kept_secrets(tmp_path) == made
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600
    assert len(made["TOKEN_SECRET"]) >= 32


def test_a_broken_file_of_secrets_is_not_replaced_silently(tmp_path):
    (tmp_path / "secrets.env").write_text("# ours\nENCRYPTION_KEYS\n")
    with pytest.raises(children.CannotStart, match="line 2, is not NAME=value"):
        environment.kept_secrets(tmp_path)


def test_a_running_system_is_found_while_its_process_lives(tmp_path):
    assert running.find(tmp_path) is None
    lock = places.Lock(tmp_path / "lock")
    running.Running(os.getpid(), "http://127.0.0.1:8000", token="a token").write(tmp_path)
    found = running.find(tmp_path)
    assert found is not None
    assert found.address == "http://127.0.0.1:8000"
    assert (tmp_path / "running.json").stat().st_mode & 0o777 == 0o600
    lock.release()
    assert running.find(tmp_path) is None


def test_a_start_removes_abandoned_places_and_no_other_folder(tmp_path: Path, monkeypatch):
    """Folders of workers and of test runs hold no lock, and may be in use however old they are."""
    monkeypatch.setattr(places, "_short_base", lambda: tmp_path)
    long_ago = time.time() - 3600
    in_use = ["amc-reports-k2j4h6g8", "amc-reports-test-k2j4h6g8", "amc-reports-system-k2j4h6g8"]
    for name in [*in_use, f"{places.PREFIX}abandon1"]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "result.csv").write_text("a,b")
        os.utime(tmp_path / name, (long_ago, long_ago))

    place = places.Place()

    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*in_use, place.path.name])
    assert all((tmp_path / name / "result.csv").exists() for name in in_use)
    place.remove()
