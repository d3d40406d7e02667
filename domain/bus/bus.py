"""The bus: jobs to do, and announcements of changed rows. Only this package uses Redis.

Both are put on the session, and sent once the transaction is committed. Redis may be lost at any
moment: the clock finds in the rows what was not sent.
"""

import asyncio
import contextlib
import math
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextvars import ContextVar
from functools import cache, partial
from typing import TypeVar, cast
from uuid import UUID

import redis
import redis.asyncio
import structlog
from redis.commands.core import AsyncScript
from sqlalchemy.ext.asyncio import AsyncSession

from domain.bus import queues
from domain.bus.queues import LOST, Job
from domain.settings import settings

log = structlog.get_logger()

Answer = TypeVar("Answer")
Heard = Callable[[UUID | None], None]


CHANGES = "amc-reports:changes"
CLOCK = "amc-reports:clock"
SENDING = 1.0  # seconds that a request waits until its changes are announced
PAUSE = 1.0  # seconds in which nobody asks, after Redis gave no answer
RECONNECT = 0.5  # seconds
LISTENING = 4.0  # seconds of silence, until Redis is asked whether it is there
RIGHTS = UUID(int=0)  # announced when somebody's rights have changed: all watchers look again
GRACE = 0.01  # seconds in which what has arrived is read
AT_HAND = 0.25  # seconds to wait for a kept text: every reader can do without


def later(session: AsyncSession, job: Job, subject: str) -> None:
    """Send this job for this row once the transaction is committed."""
    session.info.setdefault("jobs", {})[(job, subject)] = None


def changed(session: AsyncSession, *ids: UUID) -> None:
    """Tell the watchers of these rows once the transaction is committed."""
    session.info.setdefault("changes", {}).update(dict.fromkeys(ids))


def ring(session: AsyncSession) -> None:
    """Wake the clock once the transaction is committed: a row is due earlier than it knows."""
    session.info["rings"] = True


class Kept:
    """Jobs of some kinds that whoever asked for them takes itself, in the order they came."""

    def __init__(self, kinds: tuple[Job, ...]) -> None:
        self._kinds = kinds
        self.jobs: dict[tuple[Job, str], None] = {}

    def take(self, jobs: dict[tuple[Job, str], None]) -> dict[tuple[Job, str], None]:
        """Keep those of these jobs that are kept, and return the others."""
        self.jobs |= {one: None for one in jobs if one[0] in self._kinds}
        return {one: None for one in jobs if one[0] not in self._kinds}

    def of(self, kind: Job) -> list[str]:
        """Return the rows that have a job of this kind."""
        return [subject for job, subject in self.jobs if job is kind]


_kept: ContextVar[Kept | None] = ContextVar("kept", default=None)


@contextlib.contextmanager
def keeping(*kinds: Job) -> Iterator[Kept]:
    """Have the jobs of these kinds not sent by the transactions in the block, but given here."""
    kept = Kept(kinds)
    token = _kept.set(kept)
    try:
        yield kept
    finally:
        _kept.reset(token)


async def deliver(session: AsyncSession) -> None:
    """Send what was put on the session. A loss is logged, and the clock makes up for it."""
    jobs = session.info.pop("jobs", {})
    if (kept := _kept.get()) is not None:
        jobs = kept.take(jobs)
    news = [(CHANGES, row_id.hex) for row_id in session.info.pop("changes", {})]
    if session.info.pop("rings", False):
        news.append((CLOCK, ""))
    if jobs or news:
        with contextlib.suppress(Away):
            await _line().ask(partial(_send, list(jobs), news), SENDING)


async def _send(jobs: list[tuple[Job, str]], news: list[tuple[str, str]]) -> None:
    if jobs:
        await asyncio.to_thread(queues.enqueue, jobs)
    if news:
        async with _redis().pipeline(transaction=False) as pipe:
            for channel, told in news:
                pipe.publish(channel, told)
            await pipe.execute()


@cache
def _redis() -> "redis.asyncio.Redis":
    patience = queues.patience(redis.asyncio.retry.Retry)
    return redis.asyncio.Redis.from_url(settings.redis_url, **patience)


class Away(Exception):
    """Redis does not answer, or not in time."""


class _Line:
    """A circuit breaker: after a failure nobody asks Redis for PAUSE seconds, then one does."""

    def __init__(self) -> None:
        self._is_down = False
        self._rests_until = 0.0

    async def ask(self, question: Callable[[], Awaitable[Answer]], within: float) -> Answer:
        """Return the answer of Redis. Raises Away if there is none in so many seconds."""
        if self._is_down:
            if time.monotonic() < self._rests_until:
                raise Away("it did not answer a moment ago")
            self._rests_until = time.monotonic() + within + PAUSE  # this one asks, others do not
        try:
            async with asyncio.timeout(within):
                answer = await question()
        except LOST as lost:
            if within < SENDING:  # it may be this process that is late
                raise Away(type(lost).__name__) from lost
            if not self._is_down:
                log.warning("bus.lost", error=type(lost).__name__)
            self._is_down = True
            self._rests_until = time.monotonic() + PAUSE
            raise Away(type(lost).__name__) from lost
        if self._is_down:
            log.info("bus.found_again")
            self._is_down = False
        return answer


@cache
def _line() -> _Line:
    return _Line()


async def ping() -> bool:
    """Return whether Redis answers."""
    try:
        async with asyncio.timeout(SENDING):
            return bool(await _redis().ping())
    except LOST:
        return False


async def keep(key: str, text: str, seconds: int) -> None:
    """Keep a text for all processes, for at most `seconds`. Without Redis it is not kept."""
    with contextlib.suppress(Away):
        await _line().ask(
            lambda: _redis().set(f"amc-reports:kept:{key}", text, ex=seconds), AT_HAND
        )


async def kept(key: str) -> str | None:
    """Return the text kept under this key, if it is still there and Redis answers."""
    with contextlib.suppress(Away, UnicodeDecodeError):
        found = await _line().ask(lambda: _redis().get(f"amc-reports:kept:{key}"), AT_HAND)
        return cast("bytes", found).decode() if found else None
    return None


async def ask(script: str, key: str, *arguments: float, within: float) -> list[int]:
    """What a script answers, which has this key for itself. Raises Away after so many seconds."""
    asked = asyncio.ensure_future(_run(script, f"amc-reports:{key}", arguments))
    try:
        await asyncio.wait({asked}, timeout=within)
        if not asked.done():  # it may be this process that is late: then the answer is here by now
            await asyncio.wait({asked}, timeout=GRACE)
        return asked.result()
    except asyncio.InvalidStateError:
        raise Away("TimeoutError") from None
    except LOST as lost:
        raise Away(type(lost).__name__) from lost
    finally:
        asked.cancel()


async def _run(script: str, key: str, arguments: Sequence[float]) -> list[int]:
    return cast("list[int]", await _script(script)([key], arguments))


@cache
def _script(script: str) -> AsyncScript:
    return _redis().register_script(script)


class Hub:
    """One Redis subscription for the whole process, however many watchers it has."""

    def __init__(self) -> None:
        self._watchers: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._listeners: set[Heard] = set()
        self._task: asyncio.Task[None] | None = None
        self.connected = asyncio.Event()
        self._turned_at = time.monotonic()

    def start(self) -> None:
        """Start to listen. The process's lifespan or the first watcher calls it."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._listen())

    async def stop(self) -> None:
        """End the subscription."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self) -> None:
        while True:
            self._turned_at = time.monotonic()
            try:
                async with _redis().pubsub() as channel:
                    await channel.subscribe(CHANGES)
                    if (
                        await channel.get_message(timeout=queues.ANSWERING) is None
                    ):  # the confirmation
                        raise TimeoutError
                    self.connected.set()
                    self._tell_all()  # changes while nobody listened
                    await self._hear(channel)
            except LOST as lost:
                if self.connected.is_set():
                    log.warning("bus.deaf", error=type(lost).__name__)
            self.connected.clear()
            await asyncio.sleep(RECONNECT)

    async def _hear(self, channel: "redis.asyncio.client.PubSub") -> None:
        """Pass on what is announced. Raises TimeoutError if Redis is silent, as if it is frozen."""
        is_asked = False
        while True:
            self._turned_at = time.monotonic()
            message = await channel.get_message(timeout=LISTENING)
            if message is None:
                if is_asked:
                    raise TimeoutError
                await channel.ping()
            elif message["type"] == "message":
                self._tell(message["data"].decode())
            is_asked = message is None

    @property
    def silent_for(self) -> float:
        """Return the seconds since the loop that listens has last turned. 0 before it starts."""
        if self._task is None:
            return 0.0
        return math.inf if self._task.done() else time.monotonic() - self._turned_at

    def _tell(self, id: str) -> None:
        if id == RIGHTS.hex:
            self._tell_all()
            return
        for watcher in self._watchers.get(id, ()):
            watcher.set()
        for heard in self._listeners:
            heard(UUID(id))

    def _tell_all(self) -> None:
        for watchers in self._watchers.values():
            for watcher in watchers:
                watcher.set()
        for heard in self._listeners:
            heard(None)

    @contextlib.contextmanager
    def listening(self, heard: Heard) -> Iterator[None]:
        """Call this with each row that is announced, and with None if any may have changed."""
        self.start()
        self._listeners.add(heard)
        try:
            yield
        finally:
            self._listeners.discard(heard)

    async def ready(self) -> None:
        """Wait until announcements arrive, for a second at most: a heartbeat does without."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await self.connected.wait()

    async def watch(self, *ids: UUID) -> AsyncIterator[None]:
        """Yield at once, after every change of one of these, and at least at every heartbeat."""
        with self.words(*ids) as word:
            await self.ready()
            while True:
                word.clear()
                yield
                await said(word)

    @contextlib.contextmanager
    def words(self, *ids: UUID) -> Iterator[asyncio.Event]:
        """Give an event that is set at every change, and whenever a change may have been missed."""
        self.start()
        word = asyncio.Event()
        names = {one.hex for one in ids}
        for name in names:
            self._watchers[name].add(word)
        try:
            yield word
        finally:
            for name in names:
                self._watchers[name].discard(word)
                if not self._watchers[name]:
                    del self._watchers[name]


hub = Hub()


class Alarm:
    """Lets a clock sleep until somebody rings."""

    def __init__(self) -> None:
        self._channel: redis.asyncio.client.PubSub | None = None

    async def sleep(self, seconds: float, unheard: float) -> None:
        """Sleep for so many seconds, or until somebody rings. Without Redis sleep `unheard`."""
        try:
            if self._channel is None:
                self._channel = await self._subscribed()
            await self._channel.get_message(timeout=seconds)
        except LOST:
            await self.close()
            await asyncio.sleep(unheard)

    async def _subscribed(self) -> "redis.asyncio.client.PubSub":
        channel = _redis().pubsub()
        await channel.subscribe(CLOCK)
        if await channel.get_message(timeout=queues.ANSWERING) is None:  # the confirmation
            await channel.aclose()  # type: ignore[no-untyped-call]
            raise TimeoutError
        return channel

    async def close(self) -> None:
        """Close the connection."""
        channel, self._channel = self._channel, None
        if channel is not None:
            with contextlib.suppress(*LOST):
                await channel.aclose()  # type: ignore[no-untyped-call]


async def said(word: asyncio.Event) -> bool:
    """Wait for a word, for a heartbeat at most. Return whether it came."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(settings.heartbeat.total_seconds()):
            return await word.wait()
    return False


async def close() -> None:
    """Close the connections to Redis at the end of a process, or of a test's event loop."""
    await hub.stop()
    await _redis().aclose()
    _redis.cache_clear()
    _script.cache_clear()
    _line.cache_clear()
