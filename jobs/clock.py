"""The clock: every second it asks the database which rows are due, and sends their jobs.

Any number of clocks may run. A job too many finds nothing to claim and changes nothing.
"""

import asyncio
import contextlib
import signal
import time
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain import bus, failures, health, logs
from domain.collections import collections, steps
from domain.db import dispose, worker_transaction
from domain.executions import cleaning, dispatch, files, states
from domain.exports import making
from domain.insights import insights
from domain.notices import notices
from domain.questions import wording
from domain.retention import retention
from domain.roles import WrongRole
from domain.schedules import ticks
from domain.settings import settings
from domain.views import pending

log = structlog.get_logger()

# The jobs that this clock has sent, each with since when its row is due, and when it was sent.
_sent: dict[tuple[tuple[bus.Job, str], datetime], float] = {}
AT_ONCE = 1000  # rows of each sort per tick
QUIET = 5.0  # seconds in which this clock does not send the same job again
TIDY_EVERY = 30.0  # seconds
SHORTEST = 0.1  # seconds between two ticks


async def find(session: AsyncSession) -> dict[tuple[bus.Job, str], datetime]:
    """Return the jobs of all rows that are due and not leased, and since when they are due."""
    due = await states.overdue(session, AT_ONCE) | await steps.overdue(session, AT_ONCE)
    due |= await notices.due(session, AT_ONCE) | await ticks.overdue(session, AT_ONCE)
    due |= await pending.overdue(session, AT_ONCE) | await files.due(session)
    due |= await insights.due(session, AT_ONCE)
    due |= await making.due(session) | await retention.due(session)
    due |= await wording.due(session, AT_ONCE)
    return due


async def tick(*, tidy: bool = True) -> float:
    """Send a job for everything that is due and not leased. Return the seconds until the next."""
    async with worker_transaction() as session:
        due = await find(session)
        nudges = list(await cleaning.due(session)) if tidy else []
        if tidy:
            await dispatch.expire_waiting(session)
            await cleaning.forget_keys(session)
            await files.forget(session)
            await making.expire(session)
            await collections.forget_starts(session)
        soon = await states.next_due(session)
        polls = [since for (job, _), since in due.items() if job is bus.Job.POLL_INSTANCE]
        await health.beat(session, min(polls, default=None))
    _forget_sent()
    # Once a row has been worked on, it is due at another moment. So its next job is a new one.
    fresh = [one for one in due.items() if one not in _sent]
    nudges += [job for job, _ in fresh]
    if nudges:
        await asyncio.to_thread(bus.enqueue, nudges)
        _sent.update(dict.fromkeys(fresh, time.monotonic()))
    return soon


def _forget_sent() -> None:
    before = time.monotonic() - QUIET
    for one in [one for one, at in _sent.items() if at < before]:
        del _sent[one]


async def run(stopping: asyncio.Event) -> None:
    """Tick until told to stop.

    If a server is unreachable, it is logged and the next tick retries.
    """
    tidied = 0.0
    while not stopping.is_set():
        tidy = time.monotonic() - tidied > TIDY_EVERY
        longest = settings.clock_interval.total_seconds()
        try:
            longest = max(SHORTEST, min(longest, await tick(tidy=tidy)))
            tidied = time.monotonic() if tidy else tidied
        except WrongRole:
            raise
        except Exception as error:
            if isinstance(error, bus.LOST) or failures.lacking(error) is not None:
                log.warning("clock.server_lost", error=type(error).__name__)
            else:
                log.exception("clock.bug")  # the other rows are due all the same
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(longest):
                await stopping.wait()
    await bus.close()
    await dispose()


async def main() -> None:
    """Run until SIGTERM or SIGINT."""
    logs.configure()
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    await run(stopping)


if __name__ == "__main__":
    asyncio.run(main())
