"""A bounded pool of threads for computing and reading files, shared fairly by person.

Work that would block the event loop for more than a few milliseconds runs here. Each person has a
line, and the lines take turns, so nobody waits for all the work of somebody else. The default
executor of asyncio stays free for what must not wait, such as the bus and DNS.
"""

import asyncio
import contextvars
import os
import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Hashable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from functools import cache, partial
from typing import Any, ParamSpec, TypeVar

from domain import moments
from domain.errors import RateLimited
from domain.settings import settings

Given = ParamSpec("Given")
Result = TypeVar("Result")

ASKER: contextvars.ContextVar[Hashable] = contextvars.ContextVar("asker", default=None)
SOON = timedelta(seconds=5)  # after which a line is likely to have room again


def act_for(asker: Hashable) -> None:
    """Count the work that this task runs from now on towards this person's share."""
    ASKER.set(asker)


def asker() -> Hashable:
    """Return whose share counts; None for the engine."""
    return ASKER.get()


async def run(work: Callable[Given, Result], *given: Given.args, **more: Given.kwargs) -> Result:
    """Run a function on a thread of the pool and return its result.

    Raises RateLimited if too much work of the same person is waiting. Cancelling the caller drops
    work that has not begun; work that has begun goes on to its end.
    """
    inside = contextvars.copy_context().run
    future = _pool().submit(asker(), partial(inside, work, *given, **more))
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        _pool().drop(asker(), future)
        raise


class Pool:
    """Runs at most `threads` pieces of work at once, and at most `share` of one person's.

    At most `waiting` pieces of one person wait. The engine's work (None) may use all threads and
    wait in any number: the number of workers bounds it.
    """

    def __init__(self, threads: int, share: int, waiting: int) -> None:
        self._threads, self._share, self._waiting = threads, share, waiting
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="pool")
        self._lock = threading.RLock()
        self._running: Counter[Hashable] = Counter()
        # By person; the next one is first.
        self._lines: OrderedDict[Hashable, deque[tuple[Future[Any], Callable[[], Any]]]] = (
            OrderedDict()
        )

    def submit(self, asker: Hashable, work: Callable[[], Result]) -> "Future[Result]":
        """Put work in its person's line. Raises RateLimited if the line is full."""
        future: Future[Result] = Future()
        with self._lock:
            line = self._lines.setdefault(asker, deque())
            if asker is not None and len(line) >= self._waiting:
                raise RateLimited(
                    f"{self._waiting} computations of yours are waiting already. "
                    "Ask again once some of them are answered, or ask for less at once.",
                    retry_after=moments.now() + SOON,
                )
            line.append((future, work))
            self._begin()
        return future

    def drop(self, asker: Hashable, future: "Future[Any]") -> None:
        """Remove work from its line, unless it has begun."""
        with self._lock:
            line = self._lines.get(asker, deque())
            kept = deque(one for one in line if one[0] is not future)
            self._lines[asker] = kept
            if not kept:
                del self._lines[asker]

    def _begin(self) -> None:
        """Start waiting work while threads are free, one piece of each person in turn."""
        while self._running.total() < self._threads:
            turn = next((one for one in self._lines if self._may(one)), _NOBODY)
            if turn is _NOBODY:
                return
            future, work = self._lines[turn].popleft()
            if self._lines[turn]:
                self._lines.move_to_end(turn)
            else:
                del self._lines[turn]
            self._running[turn] += 1
            self._executor.submit(self._do, turn, future, work)

    def _may(self, asker: Hashable) -> bool:
        return asker is None or self._running[asker] < self._share

    def _do(self, asker: Hashable, future: "Future[Any]", work: Callable[[], Any]) -> None:
        try:
            if future.set_running_or_notify_cancel():
                _fulfil(future, work)
        finally:
            with self._lock:
                self._running[asker] -= 1
                if not self._running[asker]:
                    del self._running[asker]
                self._begin()


_NOBODY = object()


def _fulfil(future: "Future[Any]", work: Callable[[], Any]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # noqa: BLE001 (whoever awaits it is told)
        future.set_exception(error)


@cache
def _pool() -> Pool:
    threads = settings.pool_threads or max(2, os.cpu_count() or 1)
    return Pool(threads, max(1, threads // 2), settings.pool_waiting)
