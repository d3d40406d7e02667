"""The clock: every second it asks the database which rows are due, and sends their jobs.

Any number of clocks may run. A job too many finds nothing to claim and changes nothing. It imports
little: it is the process that is always busy.
"""

import asyncio
import signal
import time
from datetime import datetime

import structlog

from domain import db, failures, health, logs
from domain.bus import bus, queues
from domain.bus.queues import Job
from domain.roles import WrongRole
from domain.settings import settings
from jobs import due

log = structlog.get_logger()

QUIET = 5.0  # seconds in which this clock does not send the same job again
BEAT_EVERY = 4.5  # seconds: with each tick at rest
TIDY_EVERY = 30.0  # seconds
SHORTEST = 0.1  # seconds between two ticks
RESTING = 5.0  # seconds between two ticks at most, while nothing is due and nobody works
LATE = 1.0  # seconds after which it sees to what workers look after by themselves
# The jobs that this clock has sent, each with since when its row is due, and when it was sent.
_sent: dict[tuple[tuple[Job, str], datetime], float] = {}


async def tick(*, tidy: bool = True, beat: bool = True, late: float = 0.0) -> float:
    """Send a job for everything that is due and not leased. Return the seconds until the next.

    `late` is in seconds, for what workers look after by themselves (`jobs/next_polls.py`).
    """
    async with db.engine_statements() as connection:
        found = await due.find(connection, late)
        if beat:
            await health.beat(connection, found.polls_since)
    _forget_sent()
    # Once a row has been worked on, it is due at another moment. So its next job is a new one.
    fresh = [one for one in found.jobs.items() if one not in _sent]
    nudges = [job for job, _ in fresh] + ([(Job.TIDY, "all")] if tidy else [])
    if nudges:
        await asyncio.to_thread(queues.enqueue, nudges)
        _sent.update(dict.fromkeys(fresh, time.monotonic()))
    if found.rests_for > settings.clock_interval.total_seconds():
        return min(found.rests_for, RESTING)
    return min(found.next_in, settings.clock_interval.total_seconds())


def _forget_sent() -> None:
    before = time.monotonic() - QUIET
    for one in [one for one, at in _sent.items() if at < before]:
        del _sent[one]


async def run(stopping: asyncio.Event) -> None:
    """Tick until told to stop.

    If a server is unreachable, it is logged and the next tick retries.
    """
    tidied = beaten = 0.0
    alarm = bus.Alarm()
    while not stopping.is_set():
        tidy = time.monotonic() - tidied > TIDY_EVERY
        beat = time.monotonic() - beaten > BEAT_EVERY
        pause = settings.clock_interval.total_seconds()
        try:
            pause = max(SHORTEST, await tick(tidy=tidy, beat=beat, late=LATE))
            tidied = time.monotonic() if tidy else tidied
            beaten = time.monotonic() if beat else beaten
        except WrongRole:
            raise
        except Exception as error:
            if isinstance(error, queues.LOST) or failures.lacking(error) is not None:
                log.warning("clock.server_lost", error=type(error).__name__)
            else:
                log.exception("clock.bug")  # the other rows are due all the same
        await _pause(stopping, alarm, pause)
    await alarm.close()
    await bus.close()
    await db.dispose()


async def _pause(stopping: asyncio.Event, alarm: bus.Alarm, seconds: float) -> None:
    """Wait for so many seconds, or until told to stop. Whoever rings ends a long wait."""
    usual = settings.clock_interval.total_seconds()
    waits = alarm.sleep(seconds, usual) if seconds > usual else asyncio.sleep(seconds)
    ends = [asyncio.ensure_future(stopping.wait()), asyncio.ensure_future(waits)]
    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
    for one in ends:
        one.cancel()
    await asyncio.wait(ends)


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
