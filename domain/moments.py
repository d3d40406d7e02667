"""The current time, by the database's clock.

The clocks of hosts may differ by minutes. So one clock judges deadlines, quotas and due moments:
the database's. Each new or rested connection asks it for the time, and this module counts on from
there.
"""

import time
from datetime import UTC, datetime, timedelta


def _elapsed() -> float:
    """Return seconds that, where the system allows it, include those in which it was suspended."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class _Clock:
    """The database's time at one moment of this process, and when that moment was."""

    def __init__(self) -> None:
        self.heard: datetime | None = None
        self.at = 0.0

    def now(self) -> datetime:
        if self.heard is None:
            return datetime.now(UTC)
        return self.heard + timedelta(seconds=_elapsed() - self.at)


_clock = _Clock()


def heard(moment: datetime) -> None:
    """Set the clock to the time that the database has just told."""
    _clock.heard, _clock.at = moment.astimezone(UTC), _elapsed()


def now() -> datetime:
    """Return the time by the database's clock, exact to the latency of one message.

    Before the first connection it is this machine's time.
    """
    return _clock.now()
