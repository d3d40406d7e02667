"""Runs one command of the command line in a process that was forked for it.

No module of ours is imported before the fork, as a command reads its settings from its own
environment.
"""

import atexit
import os
import runpy
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path


def run(command: Sequence[str], env: Mapping[str, str], cwd: Path, streams: Sequence[Path]) -> None:
    """Become this command: a script with its arguments, and files for stdin, stdout and stderr."""
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    for number, (path, mode) in enumerate(zip(streams, ("rb", "wb", "wb"), strict=True)):
        with path.open(mode) as file:
            os.dup2(file.fileno(), number)
    sys.stdin = os.fdopen(0)
    sys.argv = list(command)
    try:
        runpy.run_path(command[0], run_name="__main__")
    finally:
        atexit._run_exitfuncs()  # multiprocessing would not flush them
