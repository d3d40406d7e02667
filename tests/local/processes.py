"""Processes of this machine, for tests that start and end them."""

from pathlib import Path

from local import children

ROOT = Path(__file__).parents[2]


def is_running(pid: int) -> bool:
    """True if the process exists and is no zombie."""
    return bool(children.command_of(pid))


def gone(*pids: int, within: float = 5.0) -> bool:
    """True if all of them end within this time."""
    return children.wait_until(lambda: not any(map(is_running, pids)), within)
