"""The command line, run as a process."""

import os
import subprocess

from local import environment
from tests.local.processes import ROOT


def amc_reports(*arguments: object, told: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    """What a command prints, and how it ends."""
    return subprocess.run(
        environment.command(*map(str, arguments)),
        input=told,
        env=os.environ | env,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
