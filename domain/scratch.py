"""Folders for files of the moment. What a process that was killed leaves behind is removed.

All of them lie in one folder of the process, which the process has locked. The lock ends with the
process, so a folder without a lock belongs to nobody: the next process that begins removes it.
"""

import atexit
import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

PREFIX = "amc-reports-scratch-"


@contextmanager
def folder() -> Iterator[Path]:
    """Give an empty folder, which is removed afterwards."""
    with tempfile.TemporaryDirectory(dir=root()) as name:
        yield Path(name)


def root() -> Path:
    """Return the folder of this process for files of the moment."""
    found = _root(os.getpid(), tempfile.gettempdir())
    if not found.is_dir():  # somebody has cleaned up
        _root.cache_clear()
        found = _root(os.getpid(), tempfile.gettempdir())
    return found


@lru_cache(maxsize=1)
def _root(process: int, place: str) -> Path:
    """Make the folder of this process. A fork makes one of its own."""
    sweep()
    path = _locked()
    atexit.register(_remove, path, process)
    return path


def _locked() -> Path:
    """Make a folder and lock it for good. Another process may remove it before it is locked."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY)
            fcntl.flock(lock, fcntl.LOCK_EX)
            if path.is_dir():
                return path
            os.close(lock)


def _remove(path: Path, process: int) -> None:
    if os.getpid() == process:  # and not a fork of it
        shutil.rmtree(path, ignore_errors=True)


def sweep() -> None:
    """Remove the folders of processes of this machine that have ended."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # it is in use, or another process removes it
            lock = os.open(path, os.O_RDONLY)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)
