"""Being told: once, in every outage."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain import db, leases, models
from domain.notices import deliveries, notices, webhooks
from jobs.notices import deliver_notice
from tests.notices.notices import pass_time, rows, states, tells

ALICE = "alice@example.com"


@pytest.mark.parametrize("event", models.notices.OF_SCHEDULES)
async def test_each_happening_is_told_once_in_each_place(
    alice, mailbox, endpoint, happens, deliver, event
):
    await tells(alice, "email", ALICE)
    await tells(alice, "webhook", endpoint.url)

    assert await happens(event) == 2
    assert await happens(event) == 0
    await deliver()
    await pass_time()
    await deliver()

    assert [one["To"] for one in mailbox.taken] == [ALICE]
    assert [one.told["event"] for one in endpoint.heard] == [event]
    assert await states() == ["sent", "sent"]


async def test_what_happens_again_is_told_again(alice, mailbox, happens, deliver):
    await tells(alice, "email", ALICE)
    await happens("FAILED", "monday")
    await happens("FAILED", "tuesday")
    await happens("COMPLETED", "tuesday")
    await deliver()

    assert len(mailbox.taken) == 3


async def test_everything_arrives_once_after_an_hour_without_mail_and_endpoint(
    alice, mailbox, endpoint, happens, deliver
):
    await tells(alice, "email", ALICE)
    await tells(alice, "webhook", endpoint.url)
    await mailbox.stop()
    await endpoint.stop()
    for number in range(10):
        await happens("COMPLETED", str(number))
    for _ in range(12):
        await deliver()
        await pass_time(5)
    down = await rows()

    await mailbox.start()
    await endpoint.start()
    for _ in range(3):
        await pass_time()
        await deliver()

    assert {(one.state, one.last_error) for one in down} == {
        ("pending", "The mail server cannot be reached."),
        ("pending", "The connection failed."),
    }
    assert min(one.attempts for one in down) >= 4
    assert len({one["Message-ID"] for one in mailbox.taken}) == len(mailbox.taken) == 10
    assert len({one.delivery for one in endpoint.heard}) == len(endpoint.heard) == 10
    assert await states() == ["sent"] * 20


async def test_pauses_grow_while_the_other_side_is_down(alice, endpoint, happens, deliver):
    await tells(alice, "webhook", endpoint.url)
    endpoint.status = 503
    await happens("FAILED")
    waits = []
    for _ in range(4):
        await deliver()
        async with db.owner_transaction() as session:
            waits.append(await session.scalar(text("SELECT due_at - now() FROM notices")))
        await pass_time()

    assert waits == sorted(waits)
    assert timedelta(seconds=40) < waits[0] < timedelta(seconds=80)
    assert (await rows())[0].last_error == "The answer was HTTP 503."


async def test_after_a_day_of_refusals_it_is_given_up_and_says_why(
    alice, endpoint, happens, deliver
):
    await tells(alice, "webhook", endpoint.url)
    endpoint.status = 500
    await happens("FAILED")
    hours = 0
    while "pending" in await states() and hours < 40:
        await deliver()
        await pass_time(60)
        hours += 1

    (notice,) = await rows()
    assert 24 < hours < 40
    assert notice.attempts == len(endpoint.heard) >= 12  # a pause is longer than an hour at times
    assert notice.last_error == (
        f"Given up after {notice.attempts} attempts. The answer was HTTP 500."
    )


async def crash_after_sending(notice: models.Notice) -> deliveries.Claim:
    """A worker that claims and sends, and dies before it records."""
    async with db.worker_transaction() as session:
        claim = await deliveries.claim(session, str(notice.id))
    assert claim is not None
    assert await deliveries.act(claim) is None
    return claim


async def test_a_worker_that_dies_after_sending_is_recognised_by_the_id(
    alice, mailbox, endpoint, happens, sent, deliver
):
    await tells(alice, "email", ALICE)
    await tells(alice, "webhook", endpoint.url)
    await happens("FAILED")
    sent.clear()
    for notice in await rows():
        await crash_after_sending(notice)
    await deliver()
    assert await states() == ["pending", "pending"]  # the lease of the dead is not over
    await pass_time()
    await deliver()

    assert len({one["Message-ID"] for one in mailbox.taken}) == 1
    assert len({(one.delivery, one.body) for one in endpoint.heard}) == 1
    assert (len(mailbox.taken), len(endpoint.heard)) == (2, 2)
    assert await states() == ["sent", "sent"]


async def test_workers_that_were_away_past_the_deadline_try_once_more(
    alice, endpoint, happens, deliver
):
    await tells(alice, "webhook", endpoint.url)
    endpoint.status = 500
    await happens("FAILED")
    await deliver()
    await pass_time(60 * 48)
    await deliver()

    (notice,) = await rows()
    assert (notice.state, notice.attempts, len(endpoint.heard)) == ("failed", 2, 2)
    assert notice.last_error == "Given up after 2 attempts. The answer was HTTP 500."


async def test_a_notice_that_kills_its_workers_is_given_up_at_the_deadline(
    alice, endpoint, happens, deliver
):
    await tells(alice, "webhook", endpoint.url)
    await happens("FAILED")
    (notice,) = await rows()
    await crash_after_sending(notice)
    await pass_time(60 * 48)
    await deliver()

    (notice,) = await rows()
    assert (notice.state, notice.attempts, len(endpoint.heard)) == ("failed", 1, 1)
    assert notice.last_error == f"Given up after 1 attempt. {leases.DIED}"


async def test_a_worker_that_comes_back_late_records_nothing(alice, endpoint, happens, sent):
    await tells(alice, "webhook", endpoint.url)
    await happens("FAILED")
    (notice,) = await rows()
    late = await crash_after_sending(notice)
    await pass_time()
    current = await crash_after_sending(notice)

    async with db.worker_transaction() as session:
        await deliveries.record(session, late, webhooks.Gone("It woke up with old news."))
    assert await states() == ["pending"]
    async with db.worker_transaction() as session:
        await deliveries.record(session, current, None)
    assert await states() == ["sent"]


async def test_many_workers_send_it_once(alice, mailbox, happens):
    await tells(alice, "email", ALICE)
    await asyncio.gather(*(happens("COMPLETED") for _ in range(5)))
    (notice,) = await rows()
    await asyncio.gather(*(deliver_notice.fn.__wrapped__(notice.id.hex) for _ in range(5)))

    assert len(mailbox.taken) == 1


async def test_what_did_not_happen_is_not_told(alice, mailbox, subject, deliver, sent):
    await tells(alice, "email", ALICE)
    async with db.worker_transaction() as session:
        await notices.raise_event(session, "FAILED", of=subject, dedupe_key="1", payload={})
        await session.rollback()
    await deliver()

    assert (await rows(), mailbox.taken) == ([], [])
