"""What time it is, by the database's clock.

Hosts may disagree about the time by minutes. So deadlines, quotas and due moments are all judged by
one clock: the database's. Each new or rested connection asks it for the time, and this module
counts on from there.
"""

import time
from datetime import UTC, datetime, timedelta


def _elapsed() -> float:
    """Seconds, those in which the machine was suspended included where the system counts them."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Clock:
    """The database's time at one moment of this process, and how long ago that was."""

    def __init__(self) -> None:
        self.heard: datetime | None = None
        self.at = 0.0

    def now(self) -> datetime:
        if self.heard is None:
            return datetime.now(UTC)
        return self.heard + timedelta(seconds=_elapsed() - self.at)


_clock = _Clock()


def heard(moment: datetime) -> None:
    """Take over the time that the database has just told."""
    _clock.heard, _clock.at = moment.astimezone(UTC), _elapsed()


def now() -> datetime:
    """The time by the database's clock, exact to the time a message takes to get there.

    Before the first connection it is this machine's time.
    """
    return _clock.now()
