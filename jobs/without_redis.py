"""Does what is due without the queues, for as long as Redis is away.

Each worker process then reads from the rows what is due, as the clock does, and takes the steps
itself. Claims are leases, so it does not matter how many processes find the same row.
"""

import asyncio
import contextlib
import inspect
import random
from functools import partial
from typing import Any

import dramatiq
import structlog
from dramatiq.asyncio import get_event_loop_thread

from domain import failures
from domain.bus import bus
from domain.bus.queues import Job
from domain.db import worker_transaction
from domain.settings import settings
from jobs import due

log = structlog.get_logger()

AT_ONCE = 8  # jobs of a process
ASKING = 5.0  # seconds between two questions whether Redis answers
EVERY = 1.0  # seconds between two looks while it does not


class Alone(dramatiq.Middleware):
    """Runs `run` in each worker process, on the event loop of its actors."""

    def after_worker_boot(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Begin to watch over Redis."""
        thread = get_event_loop_thread()
        if thread is not None:
            self._running = asyncio.run_coroutine_threadsafe(run(), thread.loop)

    def before_worker_shutdown(self, broker: dramatiq.Broker, worker: dramatiq.Worker) -> None:
        """Stop it, with the jobs that it runs. They run again when their leases have ended."""
        self._running.cancel()


async def run() -> None:
    """Ask now and then whether Redis answers, and do what is due while it does not."""
    under_way: dict[tuple[Job, str], asyncio.Task[None]] = {}
    is_alone = False
    try:
        while True:
            await asyncio.sleep(EVERY if is_alone else ASKING)
            was_alone, is_alone = is_alone, not await bus.ping()
            if is_alone and not was_alone:
                log.warning("worker.alone")
            if is_alone:
                await look(under_way)
    finally:
        for task in under_way.values():
            task.cancel()


async def look(under_way: dict[tuple[Job, str], asyncio.Task[None]]) -> None:
    """Begin the jobs that are due, in any order, as long as there is room for more."""
    try:
        async with worker_transaction() as session:
            due_now = list((await due.find(session)).jobs)
    except Exception as error:
        if failures.lacking(error) is None:
            log.exception("worker.bug")
        return
    random.shuffle(due_now)  # processes that look at the same moment begin with different rows
    for key in due_now:
        if key not in under_way and len(under_way) < AT_ONCE:
            under_way[key] = task = asyncio.create_task(do(*key))
            task.add_done_callback(partial(_forget, under_way, key))


def _forget(under_way: dict[Any, Any], key: Any, _: object) -> None:
    del under_way[key]


async def do(job: Job, subject: str) -> None:
    """Take a job here, without the queues. What it raises is logged."""
    actor = dramatiq.get_broker().get_actor(job)
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(settings.step_deadline.total_seconds()):
                await inspect.unwrap(actor.fn)(subject)
    except Exception:
        log.exception("worker.bug", job=job, subject=subject)
