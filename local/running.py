"""A running `up`, as other commands find it: its address, its token, its processes' settings."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from local.places import InUse, Lock

FOLDER = Path(".amc-reports")


@dataclass(frozen=True)
class Running:
    """What is written down of it, for its owner only: it has secrets in it."""

    pid: int
    address: str
    user: str = ""
    token: str = ""
    settings: dict[str, str] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Let others find it."""
        half = folder / "running.new"
        half.unlink(missing_ok=True)
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump(asdict(self), file)
        half.replace(folder / "running.json")


def find(folder: Path) -> Running | None:
    """The `up` that is running with this folder; None when there is none."""
    if not (folder / "lock").exists():
        return None
    try:
        Lock(folder / "lock").release()
    except InUse:
        pass
    else:
        return None
    try:
        return Running(**json.loads((folder / "running.json").read_text()))
    except (FileNotFoundError, ValueError):
        return Running(pid=0, address="")  # it is still starting


def adopt_settings(folder: Path = FOLDER) -> None:
    """Work with the servers of a running `up`, unless the environment names others."""
    running = find(folder)
    if running is not None and "DATABASE_URL" not in os.environ:
        for name, value in running.settings.items():
            os.environ.setdefault(name, value)
