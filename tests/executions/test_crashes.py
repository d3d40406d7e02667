"""Whatever dies, and whenever: no execution is run twice, none is lost."""

import asyncio
import os
from typing import Any

import pytest

from domain import db, kinds
from domain.executions import steps
from domain.executions.claims import Claim
from jobs import clock
from tests.executions.executions import READ, RUN
from tests.executions.workers import granted, long_ago

CRASHES = int(os.environ.get("CRASHES", "40"))  # `make chaos` has 1,000
AT_ONCE = 10  # as many as an instance has slots


@pytest.fixture
async def claim(ask, report, instance, amc) -> Claim:
    """An execution that has its slot and is about to be submitted, by a worker that is claim."""
    await ask(RUN, id=report["id"])
    (claim,) = await granted(instance)
    return claim


@pytest.fixture
def submitting(claim: Claim) -> str:
    """The id of that execution."""
    return kinds.public_id(claim.execution)


async def test_a_worker_that_dies_after_amc_accepted_is_made_good(
    claim, submitting, amc, sent, ask, pass_time, work_until_done, amc_server
):
    await steps.act(claim, amc)  # and it dies before it records
    sent.clear()
    await pass_time()
    await work_until_done()

    assert (await ask(READ, id=submitting))["status"] == "COMPLETED"
    assert amc_server.stats()["executions_created"] == 1


async def test_a_worker_that_dies_before_it_asked_is_made_good(
    submitting, sent, ask, pass_time, work_until_done, amc_server
):
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
    claim, submitting, amc, ask, pass_time, work_until_done
):
    answer = await steps.act(claim, amc)
    await pass_time()
    await work_until_done()
    before = await ask(READ, id=submitting)

    async with db.worker_transaction() as session:
        await steps.record(session, claim, answer)
    assert await ask(READ, id=submitting) == before


async def test_a_slow_worker_cannot_run_what_another_asked_for_anew(
    claim, amc, sent, pass_time, work_until_done, amc_server
):
    """The old worker wakes up with its request still unsent: its saved query is gone."""
    await amc.save_workflow(
        claim.account,
        claim.instance.instance_id,
        claim.intent.amc_workflow_id,
        claim.execution.sql_text,
        claim.execution.amc_parameters,
    )
    sent.clear()
    await pass_time()
    await long_ago()
    await work_until_done()

    with pytest.raises(Exception, match=claim.intent.amc_workflow_id):
        await amc.run(
            claim.account, claim.instance.instance_id, claim.intent.amc_workflow_id, {}, [], 900
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
    claims = await granted(instance)
    sent.clear()
    fault = (None, "cut_after_accept", "accept_late", "list_late")[batch % 4]
    if fault is not None:
        amc_server.fault(fault=fault, seconds=0.2, count=AT_ONCE)
    await asyncio.gather(*(steps.act(claim, amc) for claim in claims))
    await pass_time()
    await work_until_done()

    assert {(await ask(READ, id=run))["status"] for run in runs} == {"COMPLETED"}
    assert amc_server.stats()["executions_created"] == AT_ONCE
