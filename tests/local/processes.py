"""Processes of this machine, for tests that start and end them."""

from pathlib import Path

from local import children

ROOT = Path(__file__).parents[2]


def is_running(pid: int) -> bool:
    """Whether there is such a process, and no mere memory of one."""
    return bool(children.command_of(pid))


def gone(*pids: int, within: float = 5.0) -> bool:
    """Whether all of them have ended, or do so within this time."""
    return children.wait_until(lambda: not any(map(is_running, pids)), within)
