"""Being told of an odd week of a dashboard: once, and only who sees the numbers it was found in."""

import pytest
from sqlalchemy import text

from domain import db, ids
from domain.aggregates import aggregates
from domain.bus.queues import Job
from jobs.insights import make_insights
from tests.dashboards.dashboards import SHARE, UNSHARE
from tests.insights.insights import keep_weeks, weeks
from tests.notices.notices import rows
from tests.numbers.numbers import chart, put

ADD = """
mutation($kind: NoticeKind!, $address: String!, $events: [NoticeEvent!]!, $on: ID, $schedule: ID) {
  noticeTargetAdd(
    kind: $kind, address: $address, events: $events, watchedDashboardId: $on, scheduleId: $schedule
  ) { target { id events watchedDashboard { id } schedule { ... on Node { id } } } }
}
"""
CHANGE = """
mutation($id: ID!, $change: NoticeTargetChangeInput!) {
  noticeTargetChange(id: $id, change: $change) { events isActive }
}
"""
NOTICES = """
{ notices(first: 5) { nodes { event state facts { name text source } insight { id } } } }
"""
ASK = "query($id: ID!) { dashboard(id: $id) { insights(types: [ANOMALY]) { id text } } }"
LATE, LATER = 58, 57  # of the 60 weeks: within the newest four


@pytest.fixture
async def find(ask, board, report, sent):
    """Have odd weeks found on the dashboard, as the worker finds them after new numbers."""

    async def again(odd: int) -> None:
        await keep_weeks(report["id"], weeks(odd=odd))
        async with db.owner_transaction() as session:
            await session.execute(text("UPDATE dashboards SET data_version = data_version + 1"))
            await session.execute(text("UPDATE insight_runs SET due_at = now()"))
            runs = [one.hex for one in await session.scalars(text("SELECT id FROM insight_runs"))]
        for subject in [*runs, *runs]:
            await make_insights.fn.__wrapped__(subject)

    await put(ask, board, chart(report["id"], metrics=["sales"]))
    return again


async def watch(ask, by, board: str, address: str, kind: str = "EMAIL") -> str:
    added = await ask(ADD, by=by, kind=kind, address=address, events=["ANOMALY"], on=board)
    return str(added["target"]["id"])


async def test_an_odd_week_is_told_once_to_whoever_watches_and_sees_its_numbers(
    ask, board, find, alice, bob, dora, sent, mailbox, endpoint, deliver
):
    for person in (bob, dora):
        await ask(SHARE, id=board, email=person.email, permission="VIEW")
        await watch(ask, person, board, person.email)
    await watch(ask, alice, board, "alice@example.com")
    await watch(ask, alice, board, endpoint.url, "WEBHOOK")
    assert Job.MAKE_INSIGHTS in {job for job, _ in sent}, "nobody has to look at it first"
    await ask(UNSHARE, id=board, email=dora.email)

    await find(LATE)
    await find(LATE)
    (found,) = (await ask(ASK, id=board))["insights"]
    assert len(await rows()) == 4
    for person, number in ((alice, 2), (bob, 1), (dora, 0)):
        assert len((await ask(NOTICES, by=person))["nodes"]) == number
    await deliver()

    facts = {"name": "Board", "text": found["text"], "source": "Campaigns of the week"}
    notice = (await ask(NOTICES, by=bob))["nodes"][0]
    assert notice == {
        "event": "ANOMALY",
        "state": "SENT",
        "facts": facts,
        "insight": {"id": found["id"]},
    }
    assert sorted(one["To"] for one in mailbox.taken) == ["alice@example.com", "bob@example.com"]
    assert mailbox.taken[0]["Subject"] == "Board has an odd week"
    assert "in the week of 12 October" in mailbox.texts()[0]
    assert f"/dashboards/{board}" in mailbox.texts()[0]
    (heard,) = endpoint.heard
    assert heard.told["data"]["text"] == found["text"]

    await find(LATER)
    await deliver()
    assert len(mailbox.taken) == 4, "another week is news"
    await find(LATE)
    await deliver()
    assert len(mailbox.taken) == 4, "the first one was told before"


async def test_whoever_loses_the_numbers_on_the_way_is_not_told_and_sees_no_notice(
    ask, board, find, alice, mailbox, deliver
):
    await watch(ask, alice, board, "alice@example.com")
    await find(LATE)
    async with db.owner_transaction() as session:
        await session.execute(
            text("DELETE FROM instance_members WHERE user_id = :id"), {"id": alice.user_id}
        )
    assert (await ask(NOTICES))["nodes"] == []
    await deliver()

    (notice,) = await rows()
    assert (notice.state, mailbox.taken) == ("failed", [])
    assert notice.last_error.endswith("may no longer see what it is about.")


async def test_weeks_of_long_ago_are_no_news(ask, board, find, alice, mailbox):
    await watch(ask, alice, board, "alice@example.com")
    await find(39)
    assert (await ask(ASK, id=board))["insights"]
    assert await rows() == []


async def test_numbers_of_a_watched_dashboard_are_looked_at_although_nobody_asked_for_long(
    ask, board, find, alice, report, mailbox
):
    await watch(ask, alice, board, "alice@example.com")
    await find(LATE)
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE insight_runs SET asked_at = now() - interval '1 year'"))
    about = {"report": ids.decode("rpt", report["id"]), "workflow": None, "collection": None}
    async with db.worker_transaction() as session:
        assert len(list(await session.scalars(aggregates.INSIGHTS_OF, about))) == 1


async def test_a_target_watches_a_dashboard_or_tells_of_schedules(
    ask, refused, board, schedule, dora, mailbox
):
    given = {"kind": "EMAIL", "address": "alice@example.com"}
    wrong = await refused(ADD, **given, events=["MISSED"], on=board)
    assert (wrong["code"], wrong["field"]) == ("BAD_USER_INPUT", "events.0")
    wrong = await refused(ADD, **given, events=["ANOMALY"])
    assert (wrong["code"], wrong["field"]) == ("BAD_USER_INPUT", "events.0")
    wrong = await refused(
        ADD, **given, events=["ANOMALY"], on=board, schedule=ids.encode("sch", schedule.id)
    )
    assert (wrong["code"], wrong["field"]) == ("BAD_USER_INPUT", "watchedDashboardId")
    wrong = await refused(ADD, by=dora, **given, events=["ANOMALY"], on=board)
    assert (wrong["code"], wrong["field"]) == ("NOT_FOUND", "watchedDashboardId")

    added = await ask(ADD, **given, events=["ANOMALY"], on=board)
    target = added["target"]
    assert (target["watchedDashboard"], target["schedule"]) == ({"id": board}, None)
    assert (await refused(ADD, **given, events=["ANOMALY"], on=board))["code"] == "CONFLICT"
    wrong = await refused(CHANGE, id=target["id"], change={"events": ["FAILED"]})
    assert (wrong["code"], wrong["field"]) == ("BAD_USER_INPUT", "change.events.0")
    changed = await ask(CHANGE, id=target["id"], change={"isActive": False})
    assert changed == {"events": ["ANOMALY"], "isActive": False}
