"""Whatever dies, and whenever: no execution is run twice, none is lost."""

import asyncio
import os
from typing import Any

import pytest
from sqlalchemy import text

from domain import db
from domain.amc.client import Amc
from domain.executions import claims, steps
from jobs import clock
from tests.executions.executions import READ, RUN
from tests.executions.workers import give_out

CRASHES = int(os.environ.get("CRASHES", "40"))  # `make chaos` has 200
AT_ONCE = 10  # as many as an instance has slots


async def long_ago() -> None:
    """Move every intent so far into the past that asking again is allowed."""
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_intents SET requested_at = requested_at - interval '1 hour'")
        )


async def crash_after_acting(amc: Amc, execution_id: str) -> None:
    """A worker that claims and acts, and dies before it records."""
    async with db.worker_transaction() as session:
        claim = await claims.claim(session, execution_id)
    assert claim is not None
    await steps.act(claim, amc)


@pytest.fixture
async def submitting(ask, report, instance, amc) -> str:
    """An execution that has its slot and is about to be submitted."""
    started = await ask(RUN, id=report["id"])
    await give_out(instance)
    return str(started["id"])


async def test_a_worker_that_dies_after_amc_accepted_is_made_good(
    submitting, amc, sent, ask, pass_time, work_until_done, amc_server
):
    await crash_after_acting(amc, submitting)
    sent.clear()
    await pass_time()
    await work_until_done()

    assert (await ask(READ, id=submitting))["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 1


async def test_a_worker_that_dies_before_it_asked_is_made_good(
    submitting, sent, ask, pass_time, work_until_done, amc_server
):
    async with db.worker_transaction() as session:
        assert await claims.claim(session, submitting) is not None
    sent.clear()
    await pass_time()
    await long_ago()
    await work_until_done()

    assert (await ask(READ, id=submitting))["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 1


@pytest.mark.parametrize(
    "fault",
    [
        {"fault": "cut_after_accept", "count": 1},
        {"fault": "accept_late", "seconds": 0.3, "count": 1},
        {"fault": "list_late", "seconds": 0.3, "count": 1},
        {"fault": "status", "status": 500, "route": "run", "count": 1},
        {"fault": "status", "status": 429, "route": "run", "count": 1, "retry_after": 1},
        {"fault": "status", "status": 503, "route": "list", "count": 2},
        {"fault": "truncate_download", "count": 1},
        {"fault": "expire_links", "count": 1},
        {"fault": "gzip", "count": 1},
        {"fault": "split_result", "rows": 2, "count": 1},
    ],
    ids=lambda fault: f"{fault['fault']}-{fault.get('route', '')}{fault.get('status', '')}",
)
async def test_trouble_at_amc_ends_well_and_in_one_execution(
    ask, report, work_until_done, amc_server, fault: dict[str, Any]
):
    amc_server.fault(**fault)
    started = await ask(RUN, id=report["id"])
    await work_until_done()

    ended = await ask(READ, id=started["id"])
    assert (ended["status"], ended["outcome"]) == ("COMPLETED", "DATA")
    assert amc_server.stats()["executions_created"] == 1


async def test_a_worker_that_comes_back_records_nothing(
    submitting, amc, ask, pass_time, work_until_done
):
    async with db.worker_transaction() as session:
        slow = await claims.claim(session, submitting)
    assert slow is not None
    answer = await steps.act(slow, amc)
    await pass_time()
    await work_until_done()
    before = await ask(READ, id=submitting)

    async with db.worker_transaction() as session:
        await steps.record(session, slow, answer)
    assert await ask(READ, id=submitting) == before


async def test_a_slow_worker_cannot_run_what_another_asked_for_anew(
    submitting, amc, ask, sent, pass_time, work_until_done, amc_server
):
    """The old worker wakes up with its request still unsent: its saved query is gone."""
    async with db.worker_transaction() as session:
        slow = await claims.claim(session, submitting)
    assert slow is not None
    await amc.save_workflow(
        slow.account,
        slow.instance.instance_id,
        slow.intent.amc_workflow_id,
        slow.execution.sql_text,
        slow.execution.amc_parameters,
    )
    sent.clear()
    await pass_time()
    await long_ago()
    await work_until_done()

    with pytest.raises(Exception, match=slow.intent.amc_workflow_id):
        await amc.run(
            slow.account, slow.instance.instance_id, slow.intent.amc_workflow_id, {}, [], 900
        )
    assert amc_server.stats()["executions_created"] == 1


async def test_lost_messages_are_made_good_by_the_clock(
    ask, report, sent, do, work_until_done, amc_server
):
    started = await ask(RUN, id=report["id"])
    sent.clear()  # Redis lost them
    await clock.tick()
    assert sent
    await work_until_done()
    assert (await ask(READ, id=started["id"]))["status"] == "COMPLETED"


@pytest.mark.parametrize("batch", range(CRASHES // AT_ONCE))
async def test_crashes_between_acceptance_and_commit(
    ask, report, instance, amc, sent, pass_time, work_until_done, amc_server, batch: int
):
    """The one gap no transaction covers, hit each time, in each of four ways."""
    runs = [(await ask(RUN, id=report["id"]))["id"] for _ in range(AT_ONCE)]
    await give_out(instance)
    sent.clear()
    fault = (None, "cut_after_accept", "accept_late", "list_late")[batch % 4]
    if fault is not None:
        amc_server.fault(fault=fault, seconds=0.2, count=AT_ONCE)
    await asyncio.gather(*(crash_after_acting(amc, run) for run in runs))
    await pass_time()
    await work_until_done()

    assert {(await ask(READ, id=run))["status"] for run in runs} == {"COMPLETED"}
    assert amc_server.stats()["executions_created"] == AT_ONCE
