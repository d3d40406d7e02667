"""The one client of AMC in a worker process."""

from functools import cache

from domain.amc.client import Amc


@cache
def amc() -> Amc:
    """Made when it is first needed, on the process's own event loop."""
    return Amc()
