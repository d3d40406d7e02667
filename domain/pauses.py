"""Pauses between the tries of a step."""

import random
from datetime import timedelta

from domain.settings import settings


def growing(tries: int, factor: int, least: timedelta, most: timedelta) -> timedelta:
    """Return a pause that grows by `factor` with each try, with jitter, from `least` to `most`."""
    seconds = least.total_seconds() * factor ** min(tries, 16)
    return timedelta(seconds=min(seconds, most.total_seconds()) * random.uniform(0.75, 1.25))


def pause(tries: int) -> timedelta:
    """Return the pause after this many failures in a row."""
    return growing(tries, 2, settings.retry_min, settings.retry_max)
