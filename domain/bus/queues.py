"""Queues of jobs, by Dramatiq: a job waits once for each row, and wakes a worker."""

import contextlib
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cache
from typing import Any

import dramatiq
import redis
import redis.asyncio
from dramatiq.asyncio import EventLoopThread, set_event_loop_thread
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
from redis.exceptions import RedisError

from domain.settings import settings

LOST = (RedisError, OSError, TimeoutError, dramatiq.errors.BrokerConnectionError)
DEAD_AFTER = 20_000  # ms without a heartbeat, before a worker's messages go to another
MAINTENANCE = 500_000  # out of a million commands; even idle consumers send one each 10 seconds
PUTTING = 5  # seconds until a message is in its queue, or its sender is dead
WAITING = 300  # seconds that a message may wait, before another one is sent for the same row
ASKING = 10.0  # seconds between two looks into a queue, if nobody announces a message
ENDING = 0.1  # seconds between two looks at the end of a process
LIMITS = 10_000  # ms between two looks for jobs that have run for too long
INTERRUPTS = 5.0  # seconds between two looks of a running job whether it has run for too long
MOST_CALLS = 8  # announcements kept for consumers that are busy
CONNECTING, ANSWERING = 1.0, 2.0  # seconds that Redis has at most; it may be frozen


class Job(StrEnum):
    """All background jobs. The actor with the same name is in jobs/."""

    DISPATCH_INSTANCE = "dispatch_instance"
    POLL_INSTANCE = "poll_instance"
    STEP_EXECUTION = "step_execution"
    REMOVE_WORKFLOWS = "remove_workflows"
    STEP_COLLECTION = "step_collection"
    AGGREGATE_COLLECTION = "aggregate_collection"
    FIRE_SCHEDULE = "fire_schedule"
    FIRE_DUE = "fire_due"
    DELIVER_NOTICE = "deliver_notice"
    MAKE_VIEWS = "make_views"
    MAKE_INSIGHTS = "make_insights"
    REMOVE_RESULTS = "remove_results"
    WORD_ANSWER = "word_answer"
    STEP_RETENTION = "step_retention"
    MAKE_EXPORT = "make_export"
    TIDY = "tidy"
    RECHECK_PERSON = "recheck_person"

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


def patience(retry: Callable[..., Any]) -> dict[str, Any]:
    """Return the options of a connection that give up early: whoever asks knows what to do then."""
    return {
        "socket_connect_timeout": CONNECTING,
        "socket_timeout": ANSWERING,
        "retry": retry(NoBackoff(), 0),
    }


class _Consumer(dramatiq.Consumer):
    """Looks into a queue when a message is announced, and every few seconds.

    Each announcement wakes one consumer: it is an element of a list, for which they wait.
    """

    def __init__(self, consumer: Any, broker: "_Broker", queue: str, prefetch: int) -> None:
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
        if self._broker.is_ending:
            time.sleep(ENDING)
            return
        try:
            if self._consumer.outstanding_message_count < self._prefetch:
                self._broker.wait(self._queue)
            elif not self._acked.wait(ASKING):
                self._broker.do_qsize(self._queue)  # any command tells that this worker lives
        except redis.ConnectionError as lost:
            raise ConnectionClosed(lost) from None  # type: ignore[no-untyped-call]


class _Broker(RedisBroker):
    """The broker of Dramatiq, whose consumers wait for announcements."""

    is_ending = False

    def wait(self, queue: str) -> None:
        """Wait for a message in this queue, or for the end of this process, for a while."""
        _waiting().blpop([self._end, _calls(queue)], timeout=ASKING)

    def end_waits(self) -> None:
        """Have the consumers of this process wait no longer. Without Redis, they soon find out."""
        self.is_ending = True
        with contextlib.suppress(*LOST):
            self.client.rpush(self._end, *QUEUES)
            self.client.expire(self._end, PUTTING)

    @property
    def _end(self) -> str:
        return f"amc-reports:end:{self.broker_id}"

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


class _Loop(AsyncIO):
    """The event loop of a process. Threads that wait for its answers seldom look for interrupts."""

    def before_worker_boot(self, broker: Any, worker: Any) -> None:
        """Start the loop."""
        loop = EventLoopThread(self.logger, interrupt_check_ival=INTERRUPTS)
        loop.start(timeout=INTERRUPTS)
        set_event_loop_thread(loop)


class _Begun(Middleware):
    """Takes the mark of a job away when it begins: from then on another one may be sent."""

    def before_process_message(self, broker: Any, message: dramatiq.MessageProxy) -> None:
        """Take the mark away."""
        begun(message.actor_name, message.args[0])


def _mark(job: str, subject: str) -> str:
    return f"amc-reports:waiting:{job}:{subject}"


def _calls(queue: str) -> str:
    return f"amc-reports:calls:{queue}"


def _client(answering: float) -> _WorkersRedis:
    """Return a client that waits so many seconds for an answer."""
    options = patience(redis.retry.Retry) | {"socket_timeout": answering}
    pool = redis.ConnectionPool.from_url(settings.redis_url, **options)
    return _WorkersRedis(connection_pool=pool)


@cache
def _waiting() -> _WorkersRedis:
    """Return the client of consumers that wait."""
    return _client(ASKING + ANSWERING)


@cache
def broker() -> _Broker:
    """Return the broker. It has no retry middleware, because rows say when to try again."""
    made = _Broker(  # type: ignore[no-untyped-call]
        client=_client(ANSWERING),
        heartbeat_timeout=DEAD_AFTER,
        maintenance_chance=MAINTENANCE,
        middleware=[
            _Begun(),
            AgeLimit(),
            TimeLimit(interval=LIMITS),
            ShutdownNotifications(),
            Callbacks(),
            _Loop(),
        ],
    )
    for queue in QUEUES:
        made.declare_queue(queue)
    return made


def begun(job: str, subject: str) -> None:
    """Note that this job has begun, so that another one may be sent. Without Redis, it expires."""
    with contextlib.suppress(*LOST):
        broker().client.delete(_mark(job, subject))


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
