"""What the doctor finds: results of checks, and the machine that is checked."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from local import ports, running

SECONDS = 5.0  # that a server has to answer


@dataclass(frozen=True)
class Finding:
    """The result of a check. `mend` says how to fix it."""

    well: bool
    what: str
    mend: str = ""


@dataclass(frozen=True)
class Machine:
    """The machine and the settings that are checked."""

    folder: Path
    env: Mapping[str, str]
    host: str
    port: int
    up: running.Running | None  # a running `up`, whose servers are then checked

    def setting(self, name: str) -> str:
        """A setting of the environment, else of the running `up`. Empty if neither has it."""
        return self.env.get(name) or (self.up.settings.get(name, "") if self.up else "")


def nearest(path: Path) -> Path:
    """The folder, or its nearest parent that exists."""
    # pathlib's exists() raises if a parent folder cannot be entered.
    return next(one for one in (path, *path.parents) if os.path.exists(one))


def place(url: str) -> str:
    """The URL without user and password."""
    parts = urlsplit(url)
    where = parts.hostname or parts.query.removeprefix("host=") or parts.path
    return ports.place(where, parts.port) if parts.port else where


def words(error: Exception) -> str:
    """The words of an error, without a full stop."""
    return str(error).strip().rstrip(".") or type(error).__name__
