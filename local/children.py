"""Child processes that end with their parent, however it ends."""

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from signal import Signals
from typing import IO

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None


class CannotStart(Exception):
    """Raised if a server or process could not be started. The message says why and what helps."""


def die_with(parent: int, by: Signals) -> None:
    """Ask the kernel to send this process a signal when its parent dies. Linux only."""
    if LIBC is None:
        return
    LIBC.prctl(PR_SET_PDEATHSIG, int(by), 0, 0, 0)
    if os.getppid() != parent:  # the parent has died already
        os._exit(1)


def start(
    command: Sequence[str | Path],
    *,
    dies_by: Signals,
    output: int | IO[bytes] | None,
    user: pwd.struct_passwd | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start a process in a session of its own. It gets this signal when its parent dies."""
    if LIBC and threading.current_thread() is not threading.main_thread():
        # The kernel ties this signal to the thread that forks, not to its process.
        raise CannotStart("Servers are started from the main thread: they end when theirs does.")
    parent = os.getpid()
    return subprocess.Popen(
        [str(part) for part in command],
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=env,
        cwd=cwd,
        start_new_session=True,  # Ctrl-C must reach only us
        # Python changes the user before it calls preexec_fn, and changing the user clears the
        # signal.
        preexec_fn=lambda: die_with(parent, dies_by),  # noqa: PLW1509
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
    )


def stop(process: subprocess.Popen[bytes], *steps: tuple[Signals, float]) -> None:
    """Send each signal and wait that many seconds for the end. Then kill the process group."""
    for by, seconds in steps:
        if process.poll() is None:
            process.send_signal(by)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def command_of(pid: int) -> str:
    """The command line of a running process. Empty if there is none or it is not visible."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except (FileNotFoundError, ProcessLookupError, PermissionError):
        if sys.platform == "linux":
            return ""
    found = subprocess.run(
        ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)], capture_output=True, check=False
    )
    return found.stdout.decode().strip()


def end_leftover(pid: int, mark: str, *steps: tuple[Signals, float]) -> None:
    """End a server that an earlier run left behind. Its command line must contain `mark`."""
    for by, seconds in (*steps, (signal.SIGKILL, 5.0)):
        if mark not in command_of(pid):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, by)
        wait_until(lambda: mark not in command_of(pid), seconds)
    if mark in command_of(pid):
        raise CannotStart(f"Process {pid} of an earlier start does not end. Stop it: kill -9 {pid}")


def wait_until(happened: Callable[[], bool], seconds: float, *, every: float = 0.01) -> bool:
    """Wait until the condition holds or the time is up. Returns whether it holds."""
    until = time.monotonic() + seconds
    while not happened():
        if time.monotonic() > until:
            return False
        time.sleep(every)
    return True
