"""Where a process computes and reads files: a few threads that people share fairly.

Whatever would hold the event loop for more than a moment is run here. Each person has a line of
their own, and those who wait get their turn one after the other, so nobody waits for all that
somebody else has asked. The event loop's default executor stays free for what must not wait,
such as the bus and DNS.
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
    """Have what this task runs from here on count as this person's."""
    ASKER.set(asker)


def asker() -> Hashable:
    """Whose share counts; None is the engine."""
    return ASKER.get()


async def run(work: Callable[Given, Result], *given: Given.args, **more: Given.kwargs) -> Result:
    """What the function returns, run on a thread of the pool for whoever the task acts for.

    Raises RateLimited where too much of theirs waits already. Work that waits is dropped when
    whoever awaits it is cancelled; work that has begun goes on to its end.
    """
    inside = contextvars.copy_context().run
    future = _pool().submit(asker(), partial(inside, work, *given, **more))
    try:
        return await asyncio.wrap_future(future)
    except asyncio.CancelledError:
        _pool().drop(asker(), future)
        raise


class Pool:
    """Threads that at most `threads` pieces of work run on at once, and `share` of one person.

    At most `waiting` pieces of one person wait. Work of nobody, which is the engine's own, may
    take all threads and wait in any number: it is bounded by the workers that do it.
    """

    def __init__(self, threads: int, share: int, waiting: int) -> None:
        self._threads, self._share, self._waiting = threads, share, waiting
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="pool")
        self._lock = threading.RLock()
        self._running: Counter[Hashable] = Counter()
        # By person; whose turn it is stands first.
        self._lines: OrderedDict[Hashable, deque[tuple[Future[Any], Callable[[], Any]]]] = (
            OrderedDict()
        )

    def submit(self, asker: Hashable, work: Callable[[], Result]) -> "Future[Result]":
        """Put the work in line. Raises RateLimited where the line is full."""
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
        """Take work out of the line that nobody waits for any more, unless it has begun."""
        with self._lock:
            line = self._lines.get(asker, deque())
            kept = deque(one for one in line if one[0] is not future)
            self._lines[asker] = kept
            if not kept:
                del self._lines[asker]

    def _begin(self) -> None:
        """Begin what there are threads for, one piece of each person in turn."""
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
