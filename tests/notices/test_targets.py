"""Who is told of what, and who decides that."""

from dataclasses import replace
from uuid import uuid4

import pytest
from sqlalchemy import text

from domain import db, ids, models
from domain.errors import Conflict, Invalid, NotFound
from domain.notices import lists, notices
from domain.pages import pages
from tests.notices.notices import rows, tells

ALICE = "alice@example.com"


async def test_a_person_is_told_of_what_they_asked_for_only(
    alice, bob, charlie, schedule, mailbox, happens, deliver, subject
):
    await tells(alice, "email", "failures@example.com", "FAILED")
    await tells(bob, "email", "bobs@example.com")  # of his own schedules; this is Alice's
    await tells(bob, "email", "bob@example.com", report_schedule_id=schedule.id)
    await tells(charlie, "email", "charlie@example.com")
    await happens("COMPLETED")
    await deliver()
    assert [one["To"] for one in mailbox.taken] == ["bob@example.com"]

    await happens("FAILED", of=replace(subject, report_schedule_id=uuid4()))  # another of Alice's
    await deliver()
    assert [one["To"] for one in mailbox.taken[1:]] == ["failures@example.com"]


async def test_the_same_place_is_told_once_of_what_two_wishes_are_about(
    alice, schedule, mailbox, happens, deliver
):
    await tells(alice, "email", ALICE)
    await happens("FAILED")
    await tells(alice, "email", ALICE, report_schedule_id=schedule.id)
    await happens("FAILED")
    await deliver()

    assert len(mailbox.taken) == 1


async def test_who_left_the_instance_is_told_nothing_more(
    alice, bob, schedule, mailbox, happens, deliver
):
    await tells(bob, "email", "bob@example.com", report_schedule_id=schedule.id)
    async with db.owner_transaction() as session:
        await session.execute(
            text("DELETE FROM instance_members WHERE user_id = :bob"), {"bob": bob.user_id}
        )

    assert await happens("FAILED") == 0


async def test_a_notice_names_what_it_is_about(alice, schedule, mailbox, happens, subject):
    async with db.owner_transaction() as session:
        tick = models.ScheduleTick(
            report_schedule_id=schedule.id, nominal_at=schedule.created_at, outcome="dropped"
        )
        session.add(tick)
    await tells(alice, "email", ALICE)
    await happens("MISSED", of=replace(subject, schedule_tick_id=tick.id))

    assert [one.schedule_tick_id for one in await rows()] == [tick.id]


async def test_a_wish_is_listed_and_taken_back_by_its_person_only(
    alice, bob, charlie, mailbox, endpoint, happens, deliver
):
    first = (await tells(alice, "email", ALICE)).target
    second = (await tells(alice, "webhook", endpoint.url, "FAILED")).target
    await happens("FAILED")
    await deliver()
    every = lists.NoticeFilter()
    of_second = lists.NoticeFilter(target_id=ids.encode("ntg", second.id))

    for stranger in (bob, charlie):
        async with db.transaction(stranger) as session:
            assert (await lists.targets(session, stranger, pages.PageArgs())).rows == []
            assert (await lists.find(session, stranger, every, pages.PageArgs())).rows == []
            with pytest.raises(NotFound):
                await notices.remove(session, stranger, first.id)
    async with db.transaction(alice) as session:
        newest = await lists.targets(session, alice, pages.PageArgs(first=1))
        rest = await lists.targets(session, alice, pages.PageArgs(after=newest.cursors[0]))
        told = await lists.find(session, alice, of_second, pages.PageArgs())
        await notices.remove(session, alice, first.id)
        left = await lists.targets(session, alice, pages.PageArgs())
    assert [one.id for one in newest.rows + rest.rows] == [second.id, first.id]
    assert [(one.event, one.state) for one in told.rows] == [("FAILED", "sent")]
    assert [one.id for one in left.rows] == [second.id]


async def test_a_wish_that_cannot_be_is_refused_by_its_field(
    alice, charlie, schedule, mailbox, subject
):
    refused = [
        (Invalid, "kind", ("pigeon", ALICE), {}),
        (Invalid, "events.0", ("email", ALICE, "STARTED"), {}),
        (NotFound, "reportScheduleId", ("email", ALICE), {"report_schedule_id": uuid4()}),
        (NotFound, "workflowScheduleId", ("email", ALICE), {"workflow_schedule_id": uuid4()}),
        (
            Invalid,
            "workflowScheduleId",
            ("email", ALICE),
            {"report_schedule_id": schedule.id, "workflow_schedule_id": uuid4()},
        ),
    ]
    for kind, field, given, more in refused:
        with pytest.raises(kind) as refusal:
            await tells(alice, *given, **more)
        assert refusal.value.field == field
    with pytest.raises(NotFound):
        await tells(charlie, "email", ALICE, report_schedule_id=schedule.id)


async def test_the_same_wish_twice_is_a_conflict(alice, bob, schedule, mailbox):
    await tells(alice, "email", ALICE)
    await tells(bob, "email", ALICE)
    await tells(alice, "email", ALICE, report_schedule_id=schedule.id)
    with pytest.raises(Conflict) as refused:
        await tells(alice, "email", ALICE, "FAILED")

    assert refused.value.field == "address"


async def test_a_person_is_told_in_so_many_places_and_no_more(alice, mailbox):
    for number in range(notices.MOST_TARGETS):
        await tells(alice, "email", f"{number}@example.com")
    with pytest.raises(Conflict, match="50 notice targets"):
        await tells(alice, "email", ALICE)
