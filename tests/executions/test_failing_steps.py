"""Background steps that raise, or take longer than their lease: told of, tried again, given up."""

import asyncio
import errno
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

import jobs.actors
import jobs.steps
from domain import db, ids, leases, moments
from domain.aggregates import aggregates, rollups
from domain.collections import segments
from domain.executions import claims, dispatch, links, polling
from domain.executions import steps as execution_steps
from domain.exports import production
from domain.failures import SENTENCES
from domain.insights import finding
from domain.schedules import outcomes
from domain.settings import settings
from domain.views import pending, views
from jobs import clock
from tests.collections.collections import ACT, NUMBERS, START, custom, settled
from tests.executions.workers import ACTORS, give_out, long_ago
from tests.exports.exports import CREATE as EXPORT
from tests.exports.exports import export
from tests.schedules import schedules as scheduling
from tests.views.views import CONFIGURE

RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
DOWNLOAD = "query($id: ID!) { execution(id: $id) { download { url } } }"
BUG = "Internal error (request id "


def broken(*_: Any, **__: Any) -> Any:
    raise ValueError("a secret of the inside")


def full(*_: Any, **__: Any) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


async def one(sql: str) -> Any:
    async with db.owner_transaction() as session:
        return (await session.execute(text(sql))).one()


async def change(*statements: str) -> None:
    async with db.owner_transaction() as session:
        for sql in statements:
            await session.execute(text(sql))


EXECUTION = "SELECT error_message AS why, phase = 'done' AS over FROM report_executions"
DUE_EXECUTION = """
UPDATE report_executions SET due_at = now(), lease_until = NULL WHERE phase <> 'done'
"""
COLLECTION = "SELECT error_message AS why, {} AS over FROM report_data_collections"
AGGREGATED = COLLECTION.format("NOT EXISTS (SELECT FROM report_data_weeks WHERE needs_aggregation)")
FREE_AGGREGATES = "UPDATE report_data_collections SET aggregate_lease_until = NULL"

# What breaks; where the failure is told and whether it is given up; what ends the pause.
STEPS = {
    "execution, claimed": (claims, "_next_act", EXECUTION, DUE_EXECUTION),
    "execution, acting": (execution_steps, "act", EXECUTION, DUE_EXECUTION),
    "execution, recorded": (execution_steps, "_accepted", EXECUTION, DUE_EXECUTION),
    "aggregates, claimed": (aggregates, "_segments", AGGREGATED, FREE_AGGREGATES),
    "aggregates, computed": (rollups, "aggregate", AGGREGATED, FREE_AGGREGATES),
    "aggregates, recorded": (aggregates, "_row", AGGREGATED, FREE_AGGREGATES),
    "collection": (
        segments,
        "read",
        COLLECTION.format("status = 'paused'"),
        "UPDATE report_data_collections SET due_at = now() WHERE due_at IS NOT NULL",
    ),
    "schedule": (
        outcomes,
        "record_ended",
        "SELECT coalesce(pause_note, step_error) AS why, is_paused AS over FROM report_schedules",
        "UPDATE report_schedules SET due_at = now() WHERE due_at IS NOT NULL",
    ),
    "views, claimed": (
        pending,
        "first",
        "SELECT step_error AS why, NOT enabled AS over FROM report_configurations",
        "UPDATE report_configurations SET lease_until = NULL",
    ),
    "views, drawn": (
        views,
        "_fetched",
        "SELECT dashboard_processing_error AS why, dashboard_due_at IS NULL AS over "
        "FROM report_executions",
        "UPDATE report_executions SET dashboard_due_at = now() WHERE dashboard_due_at IS NOT NULL",
    ),
}


# Steps that are given up in other words.
OTHERS = {
    "exports": (
        production,
        "produce",
        "SELECT error_message AS why, state = 'failed' AS over FROM report_exports",
        "UPDATE report_exports SET lease_until = NULL",
    ),
    "insights": (
        finding,
        "find",
        "SELECT step_error AS why, due_at IS NULL AND step_error IS NOT NULL AS over "
        "FROM insight_runs",
        "UPDATE insight_runs SET lease_until = NULL",
    ),
}
PASSING = STEPS | OTHERS
OF_REPORT = "query($id: ID!) { report(id: $id) { insights { id } } }"


@pytest.fixture
def something_to_do(ask, report, collect, work_until_done, instance):
    """Have one thing of each kind that the broken step would do."""

    async def prepare(kind: str) -> None:
        if kind.startswith("views"):
            await ask(RUN, id=report["id"])
            await work_until_done()
            await ask(CONFIGURE, report=report["id"])
        elif kind == "exports":
            run = await ask(RUN, id=report["id"])
            await work_until_done()
            await ask(EXPORT, export=export("CSV", executionId=run["id"]))
        elif kind == "insights":
            await collect(2)
            await work_until_done()
            await ask(OF_REPORT, id=report["id"])
        elif kind.startswith("execution"):
            await ask(RUN, id=report["id"])
            if kind == "execution, claimed":  # the first step is claimed by its dispatch
                await give_out(instance)
                await change(DUE_EXECUTION)
        elif kind == "schedule":
            made = await ask(scheduling.CREATE, report=report["id"], schedule=scheduling.HOURLY)
            await scheduling.ago(made["id"], hours=1)
        else:
            await collect(1)

    return prepare


@pytest.mark.parametrize("kind", STEPS)
async def test_what_a_step_raises_is_told_in_words_and_given_up_in_the_end(
    kind, something_to_do, sent, do, monkeypatch
):
    module, name, told, pass_pause = STEPS[kind]
    monkeypatch.setattr(clock, "QUIET", 0.0)  # it repeats its nudges at once
    first = "views" in kind
    if first:
        await something_to_do(kind)
    monkeypatch.setattr(module, name, broken)
    if not first:
        await something_to_do(kind)

    said: list[str] = []
    for _ in range(200):
        await clock.tick(tidy=False)
        await do()
        row = await one(told)
        if row.why is not None and row.why not in said:
            said.append(row.why)
            if row.over:
                break
            await change(pass_pause)

    assert row.over, said
    assert len(said) >= 5, "it is tried several times"
    assert all(BUG in why and "secret" not in why for why in said)
    assert said[-1].startswith(
        ("Given up", "Paused after", "Switched off after", "Its numbers could not be aggregated")
    )


@pytest.mark.parametrize("kind", PASSING)
async def test_what_the_server_lacks_is_told_and_never_given_up(
    kind, something_to_do, sent, do, monkeypatch
):
    """Afterwards, the step still has tries for what is really wrong."""
    module, name, told, pass_pause = PASSING[kind]
    monkeypatch.setattr(clock, "QUIET", 0.0)  # it repeats its nudges at once
    if is_first := kind.startswith(("views", "exports", "insights")):
        await something_to_do(kind)
    with monkeypatch.context() as poor:
        poor.setattr(module, name, full)
        if not is_first:
            await something_to_do(kind)
        tries = 0
        for _ in range(100):
            await clock.tick(tidy=False)
            await do()
            row = await one(told)
            if row.why is not None:
                assert SENTENCES["STORAGE"] in row.why
                assert not row.over
                tries += 1
            if tries == claims.MOST_TRIES + 1:
                break
            await change(pass_pause)
    assert tries == claims.MOST_TRIES + 1

    with monkeypatch.context() as wrong:
        wrong.setattr(module, name, broken)
        row = await one(told)
        while BUG not in row.why:
            await change(pass_pause)
            await clock.tick(tidy=False)
            await do()
            row = await one(told)
        assert not row.over
    for _ in range(200):
        await change(pass_pause)
        await long_ago()  # so whoever looks at AMC for an execution in vain submits it again
        await clock.tick(tidy=False)
        await do()
        if (row := await one(told)).why is None:
            break
    assert row.why is None


async def test_a_poll_that_fails_is_told_on_the_executions_and_goes_on_by_itself(
    ask, report, sent, do, monkeypatch, work_until_done
):
    await ask(RUN, id=report["id"])
    with monkeypatch.context() as broken_poll:
        broken_poll.setattr(polling, "_note_error", broken)
        row = await _until_told(do)
    assert BUG in row.why

    await change("UPDATE amc_instances SET poll_lease_until = NULL")
    await work_until_done()
    assert (await one("SELECT status, error_message AS why FROM report_executions")) == (
        "completed",
        None,
    )


async def _until_told(do: Any) -> Any:
    for _ in range(100):
        await clock.tick(tidy=False)
        await do()
        row = await one("SELECT error_message AS why FROM report_executions")
        if row.why is not None:
            break
        await change("UPDATE report_executions SET due_at = now() WHERE phase = 'at_amc'")
    return row


async def test_slots_that_cannot_be_given_out_are_told_of_on_those_who_wait(
    ask, report, sent, do, monkeypatch
):
    monkeypatch.setattr(dispatch, "_free", broken)
    await ask(RUN, id=report["id"])
    await do()

    assert BUG in (await one("SELECT error_message AS why FROM report_executions")).why


@pytest.fixture
def short_lease(monkeypatch):
    """A lease of less than a second, and renewals that can be awaited."""
    short = settings.model_copy(update={"lease": timedelta(seconds=0.6)})
    monkeypatch.setattr(leases, "settings", short)
    monkeypatch.setattr(jobs.steps, "settings", short)
    renewed = asyncio.Semaphore(0)
    real = leases.renew

    async def renew(*args: Any) -> bool:
        kept = await real(*args)
        renewed.release()
        return kept

    monkeypatch.setattr(leases, "renew", renew)
    return renewed


@pytest.mark.parametrize(
    ("kind", "module", "name", "made"),
    [
        ("aggregates", aggregates, "compute", "report_data_aggregates"),
        ("views", views, "make", "dashboard_views"),
    ],
)
async def test_what_takes_longer_than_its_lease_is_done_once(
    kind, module, name, made, something_to_do, short_lease, sent, do, monkeypatch, work_until_done
):
    real, computed = getattr(module, name), []

    async def slow(task: Any) -> Any:
        began = moments.now()
        while moments.now() - began < timedelta(seconds=1.2):  # two leases
            await short_lease.acquire()
            await clock.tick(tidy=False)
            others = [(job, subject) for job, subject in dict.fromkeys(sent) if kind in job]
            await asyncio.gather(*(ACTORS[job](subject) for job, subject in others))
        computed.append(task)
        return await real(task)

    monkeypatch.setattr(module, name, slow)
    await something_to_do(kind)
    for _ in range(500):
        await clock.tick(tidy=False)
        await do()
        if computed:
            break
    await do()

    assert len(computed) == 1
    assert (await one(f"SELECT count(*) AS n FROM {made}")).n > 0


async def test_a_step_whose_worker_dies_each_time_is_given_up(ask, report, sent, do, monkeypatch):
    """A worker that is killed raises nothing: only the try that its claim counted tells of it."""
    await ask(RUN, id=report["id"])
    monkeypatch.setattr(execution_steps, "act", _killed)
    for _ in range(60):
        await clock.tick(tidy=False)
        await asyncio.gather(do(), return_exceptions=True)
        row = await one(EXECUTION)
        if row.over:
            break
        await change(DUE_EXECUTION)

    assert row.over
    assert leases.DIED in row.why


async def _killed(*_: Any) -> Any:
    raise asyncio.CancelledError


async def test_numbers_of_a_deleted_collection_are_gone_even_while_others_are_aggregated(
    ask, report, work_until_done, do, sent
):
    """Two collections share a month. One is deleted between the other's computation and record."""
    first = (settled().replace(day=1) - timedelta(days=40)).replace(day=1)
    kept = await _collected(ask, report, first + timedelta(days=14), first + timedelta(days=20))
    gone = await _collected(ask, report, first, first + timedelta(days=13))
    await work_until_done()
    await change(
        "UPDATE report_data_weeks SET needs_aggregation = true "
        f"WHERE collection_id = '{ids.decode('col', kept)}'"
    )
    async with db.worker_transaction() as session:
        task = await aggregates.claim(session, kept)
    assert task is not None
    found = await aggregates.compute(task)
    await ask(ACT["delete"], id=gone)
    async with db.worker_transaction() as session:
        await aggregates.record(session, task, found)
    await work_until_done()

    month = await ask(NUMBERS, filter={"reportId": report["id"], "level": "MONTHLY"})
    whole = [one for one in month["nodes"] if one["dimension"] is None]
    assert [one["key"] for one in whole] == [f"{first:%Y-%m}"]
    assert whole[0]["coverage"]["covered"] <= 7


async def _collected(ask: Any, report: Any, start: Any, last: Any) -> str:
    wanted = {
        "reportId": report["id"],
        "lookback": custom(start, last),
        "segmentation": {"type": "WEEKLY"},
    }
    return str((await ask(START, collection=wanted))["id"])


@pytest.mark.parametrize("minutes", [5, -5, 2 * 24 * 60])
async def test_a_hosts_wrong_clock_decides_nothing(
    ask, report, sent, monkeypatch, work_until_done, tmp_path, minutes
):
    """The database tells the time when a connection is made; this machine's clock is not asked."""

    class Wrong(moments.datetime):
        @classmethod
        def now(cls, zone: Any = None) -> Any:
            return super().now(zone) + timedelta(minutes=minutes)

    monkeypatch.setattr(moments, "datetime", Wrong)
    await db.dispose()
    started = await ask(RUN, id=report["id"])

    row = await one("SELECT deadline_at - created_at AS wait FROM report_executions")
    assert abs(row.wait - settings.waiting_deadline) < timedelta(minutes=1)
    await work_until_done()
    row = await one("SELECT status, completed_at - now() AS ended FROM report_executions")
    assert (row.status, abs(row.ended) < timedelta(minutes=1)) == ("completed", True)
    link = (await ask(DOWNLOAD, id=started["id"]))["download"]
    opened = await links.open_link(link["url"].rpartition("/")[2], tmp_path)
    assert opened.name.startswith(started["id"])
