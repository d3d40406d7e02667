"""The bus: jobs to do, and announcements of changed rows. Only this module uses Redis and Dramatiq.

Both are put on the session, and sent once the transaction is committed. Redis may be lost at any
moment: the clock finds in the rows what was not sent.
"""

import asyncio
import contextlib
import math
import threading
import time
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from functools import cache, partial
from typing import Any, TypeVar, cast
from uuid import UUID

import dramatiq
import redis
import redis.asyncio
import structlog
from dramatiq.brokers.redis import RedisBroker
from dramatiq.errors import ConnectionClosed
from dramatiq.middleware import (
    AgeLimit,
    AsyncIO,
    Callbacks,
    Middleware,
    ShutdownNotifications,
    TimeLimit,
)
from redis.backoff import NoBackoff
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError
from sqlalchemy.ext.asyncio import AsyncSession

from domain.settings import settings

log = structlog.get_logger()

Answer = TypeVar("Answer")
Heard = Callable[[UUID | None], None]

LOST = (RedisError, OSError, TimeoutError, dramatiq.errors.BrokerConnectionError)

CHANGES = "amc-reports:changes"
DEAD_AFTER = 15_000  # ms without a heartbeat, before a worker's messages go to another
MAINTENANCE = 50_000  # out of a million commands; even idle consumers send one each second
PUTTING = 5  # seconds until a message is in its queue, or its sender is dead
WAITING = 300  # seconds that a message may wait, before another one is sent for the same row
ASKING = 1.0  # seconds between two looks into a queue, if nobody announces a message
MOST_CALLS = 8  # announcements kept for consumers that are busy
CONNECTING, ANSWERING = 1.0, 2.0  # seconds that Redis has at most; it may be frozen
SENDING = 1.0  # seconds that a request waits until its changes are announced
PAUSE = 1.0  # seconds in which nobody asks, after Redis gave no answer
RECONNECT = 0.5  # seconds
LISTENING = 2.0  # seconds of silence, until Redis is asked whether it is there
RIGHTS = UUID(int=0)  # announced when somebody's rights have changed: all watchers look again
GRACE = 0.01  # seconds in which what has arrived is read
AT_HAND = 0.25  # seconds to wait for a kept text: every reader can do without


class Job(StrEnum):
    """All background jobs. The actor with the same name is in jobs/."""

    DISPATCH_INSTANCE = "dispatch_instance"
    POLL_INSTANCE = "poll_instance"
    STEP_EXECUTION = "step_execution"
    REMOVE_WORKFLOWS = "remove_workflows"
    STEP_COLLECTION = "step_collection"
    AGGREGATE_COLLECTION = "aggregate_collection"
    FIRE_SCHEDULE = "fire_schedule"
    DELIVER_NOTICE = "deliver_notice"
    MAKE_VIEWS = "make_views"
    MAKE_INSIGHTS = "make_insights"
    REMOVE_RESULTS = "remove_results"
    WORD_ANSWER = "word_answer"
    STEP_RETENTION = "step_retention"
    MAKE_EXPORT = "make_export"
    TIDY = "tidy"

    @property
    def queue(self) -> str:
        """The job's queue. Short jobs and exports never wait behind a backlog of large results."""
        if self is Job.MAKE_EXPORT:
            return "exports"
        return "long" if self in LONG else "short"


LONG = {
    Job.STEP_EXECUTION,
    Job.AGGREGATE_COLLECTION,
    Job.REMOVE_WORKFLOWS,
    Job.DELIVER_NOTICE,
    Job.MAKE_VIEWS,
    Job.MAKE_INSIGHTS,
    Job.REMOVE_RESULTS,
    Job.WORD_ANSWER,
}
QUEUES = sorted({job.queue for job in Job})


class _WorkersRedis(redis.Redis):
    """The client of Dramatiq, which takes a late answer for a lost connection."""

    def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run a command. Raises redis.ConnectionError if there is no answer in time."""
        try:
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        except redis.TimeoutError as late:
            raise redis.ConnectionError(str(late)) from late


def _patience(retry: Callable[..., Any]) -> dict[str, Any]:
    """Return the options of a connection that give up early: whoever asks knows what to do then."""
    return {
        "socket_connect_timeout": CONNECTING,
        "socket_timeout": ANSWERING,
        "retry": retry(NoBackoff(), 0),
    }


class _Consumer(dramatiq.Consumer):
    """Looks into a queue when a message is announced, and once a second.

    Each announcement wakes one consumer: it is an element of a list, for which they wait.
    """

    def __init__(self, consumer: Any, broker: RedisBroker, queue: str, prefetch: int) -> None:
        self._consumer, self._broker = consumer, broker
        self._queue, self._prefetch = queue, prefetch
        self._acked = threading.Event()

    def ack(self, message: dramatiq.MessageProxy) -> None:
        """Acknowledge the message, and have the room for another one used."""
        self._consumer.ack(message)
        self._acked.set()

    def nack(self, message: dramatiq.MessageProxy) -> None:
        """Reject the message."""
        self._consumer.nack(message)
        self._acked.set()

    def requeue(self, messages: Iterable[dramatiq.MessageProxy]) -> None:
        """Put the messages back into the queue."""
        self._consumer.requeue(list(messages))

    def __next__(self) -> dramatiq.MessageProxy | None:
        """Return the next message, or None after a wait. Raises ConnectionClosed without Redis."""
        self._acked.clear()
        message: dramatiq.MessageProxy | None = next(self._consumer)
        if message is None:
            self._wait()
        return message

    def _wait(self) -> None:
        try:
            if self._consumer.outstanding_message_count < self._prefetch:
                self._broker.client.blpop([_calls(self._queue)], timeout=ASKING)
            elif not self._acked.wait(ASKING):
                self._broker.do_qsize(self._queue)  # any command tells that this worker lives
        except redis.ConnectionError as lost:
            raise ConnectionClosed(lost) from None  # type: ignore[no-untyped-call]


class _Broker(RedisBroker):
    """The broker of Dramatiq, whose consumers wait for announcements."""

    def consume(self, queue_name: str, prefetch: int = 1, timeout: int = 0) -> dramatiq.Consumer:
        """Return a consumer of the queue."""
        consumer = super().consume(queue_name, prefetch, timeout=0)  # it does not wait itself
        return _Consumer(consumer, self, queue_name, prefetch)

    def declare_queue(self, queue_name: str) -> None:
        """Declare a queue, without one for delayed messages: rows say when they are due."""
        if queue_name not in self.queues:
            self.emit_before("declare_queue", queue_name)
            self.queues.add(queue_name)
            self.emit_after("declare_queue", queue_name)


class _Begun(Middleware):
    """Takes the mark of a job away when it begins: from then on another one may be sent."""

    def before_process_message(self, broker: Any, message: dramatiq.MessageProxy) -> None:
        """Take the mark away."""
        begun(message.actor_name, message.args[0])


def _mark(job: str, subject: str) -> str:
    return f"amc-reports:waiting:{job}:{subject}"


def _calls(queue: str) -> str:
    return f"amc-reports:calls:{queue}"


@cache
def broker() -> RedisBroker:
    """Return the broker. It has no retry middleware, because rows say when to try again."""
    pool = redis.ConnectionPool.from_url(settings.redis_url, **_patience(redis.retry.Retry))
    made = _Broker(  # type: ignore[no-untyped-call]
        client=_WorkersRedis(connection_pool=pool),
        heartbeat_timeout=DEAD_AFTER,
        maintenance_chance=MAINTENANCE,
        middleware=[
            _Begun(),
            AgeLimit(),
            TimeLimit(),
            ShutdownNotifications(),
            Callbacks(),
            AsyncIO(),
        ],
    )
    for queue in QUEUES:
        made.declare_queue(queue)
    return made


def begun(job: str, subject: str) -> None:
    """Note that this job has begun, so that another one may be sent. Without Redis, it expires."""
    with contextlib.suppress(*LOST):
        broker().client.delete(_mark(job, subject))


def later(session: AsyncSession, job: Job, subject: str) -> None:
    """Send this job for this row once the transaction is committed."""
    session.info.setdefault("jobs", {})[(job, subject)] = None


def changed(session: AsyncSession, *ids: UUID) -> None:
    """Tell the watchers of these rows once the transaction is committed."""
    session.info.setdefault("changes", {}).update(dict.fromkeys(ids))


async def deliver(session: AsyncSession) -> None:
    """Send what was put on the session. A loss is logged, and the clock makes up for it."""
    jobs = session.info.pop("jobs", {})
    changes = session.info.pop("changes", {})
    if jobs or changes:
        with contextlib.suppress(Away):
            await _line().ask(partial(_send, list(jobs), list(changes)), SENDING)


async def _send(jobs: list[tuple[Job, str]], changes: list[UUID]) -> None:
    if jobs:
        await asyncio.to_thread(enqueue, jobs)
    if changes:
        async with _redis().pipeline(transaction=False) as pipe:
            for row_id in changes:
                pipe.publish(CHANGES, row_id.hex)
            await pipe.execute()


def enqueue(jobs: Iterable[tuple[Job, str]]) -> None:
    """Put these jobs into their queues, except those that wait in one already.

    A job that waits has a mark. It is set before the message and taken away before the job begins.
    So a job without a new message still reads everything that was committed before this call.
    """
    client = broker().client
    asked = list(dict.fromkeys(jobs))
    with client.pipeline(transaction=False) as pipe:
        for job, subject in asked:
            pipe.set(_mark(job, subject), 1, nx=True, ex=PUTTING)
        new = [one for one, is_new in zip(asked, pipe.execute(), strict=True) if is_new]
    for job, subject in new:
        broker().enqueue(
            dramatiq.Message(
                queue_name=job.queue, actor_name=job, args=(subject,), kwargs={}, options={}
            )
        )
    if new:
        with client.pipeline(transaction=False) as pipe:
            for job, subject in new:
                pipe.expire(_mark(job, subject), WAITING)
            for queue, number in Counter(job.queue for job, _ in new).items():
                pipe.rpush(_calls(queue), *[1] * min(number, MOST_CALLS))
                pipe.ltrim(_calls(queue), -MOST_CALLS, -1)
            pipe.execute()


@cache
def _redis() -> "redis.asyncio.Redis":
    return redis.asyncio.Redis.from_url(settings.redis_url, **_patience(redis.asyncio.retry.Retry))


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
                    if await channel.get_message(timeout=ANSWERING) is None:  # the confirmation
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
