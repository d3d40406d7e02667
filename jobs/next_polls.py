"""The next poll of an instance: the worker that has polled it, or submitted to it, polls it again.

That saves the clock and the queues a job for each poll. Nothing depends on it: if the process ends,
the clock finds what is due a second later (`jobs/due.py`).
"""

import asyncio
from datetime import timedelta
from typing import Any

import dramatiq
from dramatiq.asyncio import get_event_loop_thread

from domain.bus.queues import Job
from domain.settings import settings
from jobs.without_redis import do

AFTER = 0.005  # seconds after an execution is due: our clock may differ from the database's
GRACE = 3.0  # seconds for running polls at the end of the process


class NextPolls:
    """The polls that a process has before it, on its event loop: one for each instance."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._under_way: set[asyncio.Task[None]] = set()

    def plan(self, instance_id: str, wait: timedelta) -> None:
        """Poll the instance after a while, or earlier if that is planned."""
        at = self._loop.time() + wait.total_seconds() + AFTER
        known = self._timers.get(instance_id)
        if known is not None and known.when() <= at:
            return
        if known is not None:
            known.cancel()
        self._timers[instance_id] = self._loop.call_at(at, self._begin, instance_id)

    def _begin(self, instance_id: str) -> None:
        del self._timers[instance_id]
        if len(self._under_way) >= settings.threads:
            return  # there is enough to do here: the clock gives it to another process
        task = self._loop.create_task(do(Job.POLL_INSTANCE, instance_id))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def end(self) -> None:
        """Begin no more polls, and give those that run a while to end."""
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=GRACE)


_own: list[NextPolls] = []  # of this process, if it is a worker


def plan(instance_id: str, wait: timedelta) -> None:
    """Poll the instance after a while, if this process is a worker."""
    for polls in _own:
        polls.plan(instance_id, wait)


class Planning(dramatiq.Middleware):
    """Has a worker process plan its next polls."""

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Begin."""
        self._on_loop(self._begin())

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """End, after what is under way."""
        self._on_loop(self._end())

    async def _begin(self) -> None:
        _own.append(NextPolls())

    async def _end(self) -> None:
        while _own:
            await _own.pop().end()

    def _on_loop(self, work: Any) -> None:
        thread = get_event_loop_thread()
        if thread is None:
            work.close()
        else:
            asyncio.run_coroutine_threadsafe(work, thread.loop).result(2 * GRACE)
