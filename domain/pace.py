"""Gaps for other people's requests while a heavy operation keeps the event loop busy.

An operation runs in steps, from one wait to the next. A small request waits about ten times, and
each wait would last as long as a step of every heavy operation together. So a heavy operation rests
before its next step.
"""

import asyncio
import time
from collections.abc import Callable
from contextvars import ContextVar

BUSY = 0.01  # seconds of CPU of the event loop, after which a heavy operation rests
REST = 1.0  # seconds of rest for each second that it was busy
LONGEST = 0.05  # seconds of rest at a time


def _never() -> bool:
    return False


is_heavy: ContextVar[Callable[[], bool]] = ContextVar("is_heavy", default=_never)


class _Loop:
    """When the event loop had its last gap, and how many gaps there were."""

    cpu = 0.0
    gaps = 0


async def breathe() -> None:
    """Rest if this operation is heavy and the event loop is busy. Return at once otherwise."""
    if not is_heavy.get()():
        return
    while (busy := time.thread_time() - _Loop.cpu) > BUSY:
        gaps = _Loop.gaps
        await asyncio.sleep(min(busy * REST, LONGEST))
        if gaps == _Loop.gaps:  # the first to wake goes on, and the others rest once more
            _Loop.gaps += 1
            _Loop.cpu = time.thread_time()
