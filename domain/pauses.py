"""Moments and pauses: the worker's own clock, and how long to wait before another try."""

import random
from datetime import UTC, datetime, timedelta

from domain.settings import settings


def growing(tries: int, factor: int, least: timedelta, most: timedelta) -> timedelta:
    """A pause that is `factor` times longer after each try, with jitter, bounded."""
    seconds = least.total_seconds() * factor ** min(tries, 16)
    return timedelta(seconds=min(seconds, most.total_seconds()) * random.uniform(0.75, 1.25))


def pause(tries: int) -> timedelta:
    """How long to wait after so many failures in a row."""
    return growing(tries, 2, settings.retry_min, settings.retry_max)


def now() -> datetime:
    """The worker's clock, for deadlines and pauses; what is due is asked of the database's."""
    return datetime.now(UTC)
