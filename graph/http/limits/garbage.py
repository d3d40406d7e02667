"""When garbage in cycles is looked for: when the process has grown, and not all the time.

What requests allocate is hardly ever in cycles. Python would look for them among all objects of
large answers again and again, which takes 0.1 to 0.4 s each time, on the event loop. It still looks
at new objects by itself, a few thousand at a time.
"""

import asyncio
import gc
import time
from contextlib import suppress
from pathlib import Path

import structlog

NEW, SOON, NEVER = 2_000, 2, 1_000_000_000  # thresholds of Python's three generations
LOOK = 1.0  # seconds between two looks at the memory of the process, while it is asked something
REST = 10.0  # seconds between two looks, while it is not
GROWN = 50_000_000  # bytes after which all objects are looked at
QUIET = 60.0  # seconds without that, after which memory that was given back counts
STATM = Path("/proc/self/statm")
IS_TOLD = STATM.exists()  # on Linux
PAGE = 4096  # bytes

log = structlog.get_logger()
_watching: set[asyncio.Event] = set()  # set when the process is asked something


class Garbage:
    """Looks at how much the process has grown since all objects were looked at."""

    def __init__(self) -> None:
        self._after, self._at = resident(), time.monotonic()

    def look(self) -> None:
        """Collect garbage if the process has grown."""
        now = resident()
        if now - self._after > GROWN:
            gc.collect()
            self._after, self._at = resident(), time.monotonic()
            log.debug("garbage.collected", before=now, after=self._after)
        elif time.monotonic() - self._at > QUIET:
            self._after = min(self._after, now)


def resident() -> int:
    """Bytes of memory that the process has."""
    return int(STATM.read_text().split()[1]) * PAGE


def asked() -> None:
    """Note that the process was asked something, so that it may grow."""
    for one in _watching:
        one.set()


async def watch() -> None:
    """Look for garbage when the process has grown, until it is cancelled.

    Where the memory cannot be told, Python looks for it by its own rules.
    """
    if not IS_TOLD:
        return
    usual = gc.get_threshold()
    gc.set_threshold(NEW, SOON, NEVER)
    is_asked = asyncio.Event()
    _watching.add(is_asked)
    try:
        garbage = Garbage()
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(is_asked.wait(), REST)
            is_asked.clear()
            await asyncio.sleep(LOOK)
            garbage.look()
    finally:
        _watching.discard(is_asked)
        gc.set_threshold(*usual)
