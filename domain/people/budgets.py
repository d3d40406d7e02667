"""The budget of a person: a bucket of points that operations take from and that refills with time.

The bucket is kept in Redis, so all processes share it. Each process remembers the last balance.
While more than half of a bucket is left, the process takes from what it remembers, and tells Redis
a moment later; so in that moment, each process may take up to a quarter of a bucket unseen.
While Redis is away or slow, the process counts on from there, and asks Redis again once a second.
"""

import asyncio
import math
import time
from collections import OrderedDict
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import structlog

from domain import moments
from domain.bus import bus
from domain.bus.bus import Away
from domain.errors import RateLimited
from domain.settings import settings

log = structlog.get_logger()

PATIENCE = 0.05  # seconds that Redis has for its answer
AT_ONCE = 4  # questions to Redis; each has a connection
PAUSE = 1.0  # seconds until it is asked again after it gave none
REMEMBERED = 10_000  # people, by each process
SETTLED = 0.1  # seconds until Redis is told what was taken without asking

# Takes what is owed, and then points if there are enough of them; answers whether, and how many
# are left. Points below zero are given back. The clock is that of Redis: hosts may disagree.
SPEND = """
local maximum, rate = tonumber(ARGV[1]), tonumber(ARGV[2])
local points, owed = tonumber(ARGV[3]), tonumber(ARGV[4])
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local known = redis.call('HMGET', KEYS[1], 'left', 'at')
local left, at = tonumber(known[1]) or maximum, tonumber(known[2]) or now
left = math.min(maximum, left + math.max(0, now - at) * rate)
left = math.min(maximum, left - owed)
local enough = points <= left
if enough then
    left = math.min(maximum, left - points)
end
redis.call('HSET', KEYS[1], 'left', string.format('%.3f', left), 'at', string.format('%.6f', now))
redis.call('PEXPIRE', KEYS[1], math.ceil(1000 * (maximum - left) / rate) + 1000)
return {enough and 1 or 0, math.floor(left)}
"""


@dataclass(frozen=True)
class Balance:
    """A bucket: its maximum, the points in it now, and the points that come back each second."""

    maximum: int
    available: int
    restore_rate: int

    def shown(self) -> dict[str, int]:
        """The form in which answers show it."""
        return {
            "maximum": self.maximum,
            "available": self.available,
            "restoreRate": self.restore_rate,
        }


class _Buckets:
    """The last balances that this process knows."""

    def __init__(self) -> None:
        self._known: OrderedDict[UUID, tuple[float, float]] = OrderedDict()  # points, and when

    def knows(self, user_id: UUID) -> bool:
        return user_id in self._known

    def left(self, user_id: UUID) -> float:
        points, at = self._known.get(user_id, (settings.budget_maximum, 0.0))
        restored = (time.monotonic() - at) * settings.budget_restore_rate
        return min(float(settings.budget_maximum), points + restored)

    def heard(self, user_id: UUID, left: float) -> None:
        self._known[user_id] = (left, time.monotonic())
        self._known.move_to_end(user_id)
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def spend(self, user_id: UUID, points: int) -> bool:
        left = self.left(user_id)
        if points > left:
            return False
        self.heard(user_id, min(float(settings.budget_maximum), left - points))
        return True


class _Debts:
    """What people took, or are given back, of which Redis has not been told yet."""

    def __init__(self) -> None:
        self._owed: dict[UUID, int] = {}
        self._settling: asyncio.Task[None] | None = None

    def of(self, user_id: UUID) -> int:
        return self._owed.get(user_id, 0)

    def take(self, user_id: UUID) -> int:
        return self._owed.pop(user_id, 0)

    def add(self, user_id: UUID, points: int) -> None:
        self._owed[user_id] = self.of(user_id) + points
        loop, task = asyncio.get_running_loop(), self._settling
        if task is None or task.done() or task.get_loop() is not loop:
            self._settling = loop.create_task(self._settle())

    async def _settle(self) -> None:
        while self._owed:
            await asyncio.sleep(SETTLED)
            for user_id in list(self._owed):
                if self.of(user_id):
                    await _ask_in_turn(user_id, 0)
                else:
                    self.take(user_id)


class _Line:
    """A circuit breaker: after a failure nobody asks Redis for PAUSE seconds, then one does."""

    def __init__(self) -> None:
        self.is_down = False
        self._rests_until = 0.0
        self.places = asyncio.Semaphore(AT_ONCE)

    @property
    def rests(self) -> bool:
        return self.is_down and time.monotonic() < self._rests_until

    def rest(self) -> None:
        self._rests_until = time.monotonic() + PAUSE


_buckets, _debts, _line = _Buckets(), _Debts(), _Line()


def balance(user_id: UUID) -> Balance | None:
    """The balance of a person as this process knows it; None without a limit."""
    if not settings.budget_maximum:
        return None
    left = math.floor(_buckets.left(user_id))
    return Balance(settings.budget_maximum, max(0, left), settings.budget_restore_rate)


async def take(user_id: UUID, points: int) -> None:
    """Take points from a person's bucket. Raises RateLimited if it does not hold enough."""
    if not settings.budget_maximum or await _spend(user_id, points):
        return
    left = math.floor(_buckets.left(user_id))
    if points > settings.budget_maximum:
        raise RateLimited(
            f"This costs up to {points:,} points; your budget holds {settings.budget_maximum:,} "
            "at most. Ask for less at once."
        )
    rate = settings.budget_restore_rate
    wait = timedelta(seconds=max(1, math.ceil((points - left) / rate)))
    seconds = f"{wait.seconds} second" if wait.seconds == 1 else f"{wait.seconds} seconds"
    raise RateLimited(
        f"This costs up to {points:,} points; {max(0, left):,} of your {settings.budget_maximum:,} "
        f"are left, and {rate:,} come back each second. Send it again in {seconds}.",
        retry_after=moments.now() + wait,
    )


async def give_back(user_id: UUID, points: int) -> None:
    """Give back points that were taken and not used."""
    if settings.budget_maximum and points > 0:
        await _spend(user_id, -points)


async def _spend(user_id: UUID, points: int) -> bool:
    if not _line.is_down and _may_be_owed(user_id, points) and _buckets.spend(user_id, points):
        _debts.add(user_id, points)
        return True
    return await _ask_in_turn(user_id, points)


def _may_be_owed(user_id: UUID, points: int) -> bool:
    """Whether points may be taken, or are given back, before Redis is told."""
    if points < 0:
        return True
    is_rich = (
        _buckets.knows(user_id) and _buckets.left(user_id) - points >= settings.budget_maximum / 2
    )
    return is_rich and _debts.of(user_id) + points <= settings.budget_maximum / 4


async def _ask_in_turn(user_id: UUID, points: int) -> bool:
    async with _line.places:
        if not _line.rests:
            return await _ask(user_id, points)
    return _buckets.spend(user_id, points)


async def _ask(user_id: UUID, points: int) -> bool:
    if _line.is_down:
        _line.rest()  # this one asks; others do not wait for its answer
    most, rate = settings.budget_maximum, settings.budget_restore_rate
    owed = _debts.take(user_id)
    try:
        key = f"budget:{user_id.hex}"
        enough, left = await bus.ask(SPEND, key, most, rate, points, owed, within=PATIENCE)
    except Away as away:
        if not _line.is_down:
            log.warning("budgets.alone", error=str(away))
        _line.is_down = True
        _line.rest()
        return _buckets.spend(user_id, points)
    if _line.is_down:
        log.info("budgets.shared_again")
    _line.is_down = False
    _buckets.heard(user_id, left - _debts.of(user_id))
    return bool(enough)
