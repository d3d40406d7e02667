"""PostGraphile 5 over a database, as a process beside the API."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from local import ports

HERE = Path(__file__).parent.parent / "postgraphile"
FILES = ("package.json", "server.mjs")


@dataclass(frozen=True)
class Rival:
    """A running PostGraphile: its URL and its process."""

    address: str
    pid: int


@contextmanager
def postgraphile(database: str, user: str) -> Iterator[Rival]:
    """Serve this database to this user. Installs PostGraphile if needed."""
    with tempfile.TemporaryDirectory(prefix="amc-reports-postgraphile-") as name:
        folder = HERE if (HERE / "node_modules").exists() else _installed(Path(name))
        port = ports.free_port("127.0.0.1", 17000 + os.getpid() % 1000)
        given = {"DATABASE_URL": database, "USER_ID": user, "PORT": str(port)}
        process = subprocess.Popen(
            [folder / "node_modules/node/bin/node", "server.mjs"],
            cwd=folder,
            env=os.environ | given | {"NODE_ENV": "production", "GRAPHILE_ENV": "production"},
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout is not None
            assert process.stdout.readline().strip() == "listening", "PostGraphile does not start"
            yield Rival(f"http://127.0.0.1:{port}", process.pid)
        finally:
            process.kill()
            process.wait()


def _installed(folder: Path) -> Path:
    for name in FILES:
        shutil.copy(HERE / name, folder)
    subprocess.run(
        ["npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--silent"],
        cwd=folder,
        check=True,
    )
    return folder
