"""The AMC client of a worker process."""

from functools import cache

from domain.amc.client import Amc


@cache
def amc() -> Amc:
    """Return the client. It is created on first use, on the process's own event loop."""
    return Amc()
