"""A token bucket per instance, with a steady rate of requests per second and a burst."""

import math
import time
from collections.abc import Callable

from sandbox.engine.refusals import Refusal


class Throttle:
    """Refuses requests beyond an instance's rate with 429 and Retry-After."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}

    def spend(self, key: str, rate: float, burst: int) -> None:
        """Takes one request from the bucket of `key`. Raises Refusal if it is empty."""
        if rate <= 0:
            return
        now = self._clock()
        left, since = self._buckets.get(key, (float(burst), now))
        left = min(float(burst), left + (now - since) * rate)
        if left < 1:
            self._buckets[key] = (left, now)
            wait = math.ceil((1 - left) / rate)
            raise Refusal(429, "Too Many Requests", headers={"Retry-After": str(wait)})
        self._buckets[key] = (left - 1, now)
