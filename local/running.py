"""The file by which commands find a running `up`: its URL, its token, its settings."""

import contextlib
import json
import os
import shutil
import signal
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local import children
from local.places import InUse, Lock

PATIENCE = 15.0  # seconds; stopping takes at most ten


@dataclass(frozen=True)
class Running:
    """The content of that file. Only its owner can read it, as it contains secrets."""

    pid: int
    address: str
    user: str = ""
    token: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write the file."""
        half = folder / "running.new"
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file)
        half.replace(folder / "running.json")


def find(folder: Path) -> Running | None:
    """The `up` that is running with this folder. None if there is none."""
    if not (folder / "lock").exists():
        return None
    try:
        Lock(folder / "lock").release()
    except InUse as taken:
        holder = int(taken.holder or 0)
    else:
        return None
    try:
        return Running(**json.loads((folder / "running.json").read_text()))
    except (FileNotFoundError, ValueError):
        return Running(pid=holder, address="")  # it is still starting


def adopt_settings(folder: Path) -> None:
    """Use the servers of a running `up`, unless the environment names others."""
    running = find(folder)
    if running is not None and "DATABASE_URL" not in os.environ:
        for name, value in running.settings.items():
            os.environ.setdefault(name, value)


def stop(folder: Path) -> int:
    """Stop the `up` of this folder and wait for its end. Returns 1 if it does not end."""
    running = find(folder)
    if running is None:
        print("Nothing is running.")
        return 0
    with contextlib.suppress(ProcessLookupError):
        os.kill(running.pid, signal.SIGTERM)
    if not children.wait_until(lambda: find(folder) is None, PATIENCE, every=0.1):
        print(f"Process {running.pid} does not end. To end it by force: kill -9 {running.pid}")
        return 1
    print("Stopped. The data is kept.")
    return 0


def remove(folder: Path, *, sure: bool) -> int:
    """Remove the data after a confirmation. Returns 1 if nothing was removed."""
    if not folder.exists():
        print(f"There is no {folder}.")
        return 0
    if find(folder) is not None:
        print("It is running. Stop it first: make down")
        return 1
    if not sure and not (sys.stdin.isatty() and _agreed(folder)):
        print("Nothing was removed. Without a terminal: amc-reports clean --yes")
        return 1
    elsewhere = folder / "postgres" / "data"
    if elsewhere.is_symlink():  # where the unprivileged user can reach it
        shutil.rmtree(elsewhere.resolve().parent, ignore_errors=True)
    shutil.rmtree(folder)
    print(f"{folder} was removed.")
    return 0


def _agreed(folder: Path) -> bool:
    what = "the database, all results, the secrets"
    return input(f"Remove {folder.absolute()} ({what}) for good? [y/N] ").strip().lower() == "y"
