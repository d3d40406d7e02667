"""Queues: a job waits in its queue once, its consumer is woken, and no nudge is lost."""

import asyncio
import time
from collections.abc import Iterator

import pytest
from dramatiq import Consumer, MessageProxy

from domain.bus import queues
from domain.bus.queues import Job

STEP = (Job.STEP_COLLECTION, "col_1")
OTHER = (Job.STEP_COLLECTION, "col_2")
LAST = (Job.STEP_COLLECTION, "last")


@pytest.fixture
def consumer() -> Iterator[Consumer]:
    """The consumer of short jobs of one worker. Nothing is left in the queue."""
    broker = queues.broker()
    broker.flush_all()
    for job in (STEP, OTHER, LAST):
        queues.begun(*job)
    consumer = broker.consume(Job.STEP_COLLECTION.queue, prefetch=4)
    yield consumer
    consumer.close()
    broker.flush_all()


def taken(consumer: Consumer) -> list[MessageProxy]:
    """The messages that wait in the queue, as a worker takes them."""
    queues.enqueue([LAST])
    found = []
    while (message := next(consumer)) is None or message.args[0] != "last":
        found.extend([message] if message else [])
    queues.begun(*LAST)
    consumer.ack(message)
    return found


def subjects(messages: list[MessageProxy]) -> list[str]:
    """The rows that the messages name."""
    return [message.args[0] for message in messages]


def test_a_job_that_waits_is_not_sent_again(consumer):
    for _ in range(3):
        queues.enqueue([STEP, OTHER, STEP])
    assert subjects(taken(consumer)) == ["col_1", "col_2"]


def test_a_job_is_sent_again_from_when_it_has_begun(consumer):
    queues.enqueue([STEP])
    (message,) = taken(consumer)
    queues.enqueue([STEP])  # the message is on its way to a thread, which has not begun
    assert taken(consumer) == []

    queues.broker().emit_before("process_message", message)
    queues.enqueue([STEP])  # what was committed just now may be too late for the running step
    assert subjects(taken(consumer)) == ["col_1"]


async def test_a_consumer_that_waits_is_woken(consumer):
    def wait() -> float:
        assert taken(consumer) == []  # what is left of earlier announcements
        while next(consumer) is None:
            pass
        return time.monotonic()

    waiting = asyncio.create_task(asyncio.to_thread(wait))
    while not queues.broker().client.info("clients")["blocked_clients"]:  # noqa: ASYNC110
        await asyncio.sleep(0)
    queues.enqueue([STEP])
    sent_at = time.monotonic()
    assert await waiting - sent_at < queues.ASKING / 2


def test_a_consumer_without_room_goes_on_as_soon_as_it_has_room(consumer):
    queues.enqueue((Job.STEP_COLLECTION, f"col_{number}") for number in range(5))
    messages = [next(consumer) for _ in range(4)]
    assert all(messages)
    consumer.ack(messages[0])
    began = time.monotonic()
    assert next(consumer).args == ("col_4",)
    assert time.monotonic() - began < queues.ASKING / 2
