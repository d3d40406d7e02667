"""The engine in a test: a local AMC over real HTTP, and a clock and workers run on demand."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import text, update

import jobs.actors
import jobs.collections
import jobs.executions
import jobs.exports
import jobs.insights
import jobs.instances
import jobs.notices
import jobs.questions
import jobs.results
import jobs.retention
import jobs.schedules
import jobs.tidying
import jobs.views
from domain import db, ids, kinds, models, moments
from domain.amc.client import Amc
from domain.amc.transport import Transport
from domain.bus.queues import Job
from domain.executions import dispatch
from domain.executions.claims import Claim
from jobs import clock
from tests.sandbox.sandbox import SandboxServer

PATIENCE = 60.0  # seconds for which a test waits for clock and workers
SHORTEST, LONGEST = 0.005, 0.2  # seconds between two ticks while there is nothing to do


@pytest.fixture(scope="session")
async def amc_client(served_amc: SandboxServer) -> AsyncIterator[Amc]:
    """A client of the local AMC, one for each process, as workers have it."""
    client = Amc(Transport(served_amc.url, f"{served_amc.url}/auth/o2/token"))
    yield client
    await client.close()


@pytest.fixture
def amc(
    amc_client: Amc,
    amc_server: SandboxServer,
    instance: models.Instance,
    monkeypatch: pytest.MonkeyPatch,
) -> Amc:
    """The client of the local AMC, used by the actors."""
    monkeypatch.setattr(jobs.executions, "amc", lambda: amc_client)
    monkeypatch.setattr(jobs.instances, "amc", lambda: amc_client)
    return amc_client


# The original functions: Dramatiq wraps them to run on the event loop of a worker.
ACTORS = {
    Job.STEP_EXECUTION: jobs.executions.step_execution.fn.__wrapped__,
    Job.DISPATCH_INSTANCE: jobs.instances.dispatch_instance.fn.__wrapped__,
    Job.POLL_INSTANCE: jobs.instances.poll_instance.fn.__wrapped__,
    Job.RECHECK_PERSON: jobs.instances.recheck_person.fn.__wrapped__,
    Job.REMOVE_WORKFLOWS: jobs.instances.remove_workflows.fn.__wrapped__,
    Job.STEP_COLLECTION: jobs.collections.step_collection.fn.__wrapped__,
    Job.AGGREGATE_COLLECTION: jobs.collections.aggregate_collection.fn.__wrapped__,
    Job.FIRE_SCHEDULE: jobs.schedules.fire_schedule.fn.__wrapped__,
    Job.FIRE_DUE: jobs.schedules.fire_due.fn.__wrapped__,
    Job.DELIVER_NOTICE: jobs.notices.deliver_notice.fn.__wrapped__,
    Job.MAKE_VIEWS: jobs.views.make_views.fn.__wrapped__,
    Job.MAKE_INSIGHTS: jobs.insights.make_insights.fn.__wrapped__,
    Job.MAKE_EXPORT: jobs.exports.make_export.fn.__wrapped__,
    Job.REMOVE_RESULTS: jobs.results.remove_results.fn.__wrapped__,
    Job.WORD_ANSWER: jobs.questions.word_answer.fn.__wrapped__,
    Job.TIDY: jobs.tidying.tidy.fn.__wrapped__,
    Job.STEP_RETENTION: jobs.retention.step_retention.fn.__wrapped__,
}


@pytest.fixture
def do(sent: list[tuple[Job, str]], amc: Amc) -> Callable[[], Awaitable[None]]:
    """Run the jobs that were sent so far, all at the same time, as workers would."""

    async def do_once() -> None:
        todo = list(dict.fromkeys(sent))
        sent.clear()
        await asyncio.gather(*(ACTORS[job](subject) for job, subject in todo))

    return do_once


async def granted(instance: models.Instance) -> list[Claim]:
    """Dispatch to free slots, with a worker that goes no further. Returns its claims."""
    async with db.worker_transaction() as session:
        return await dispatch.dispatch(session, ids.encode("inst", instance.id))


async def give_out(instance: models.Instance) -> int:
    """Dispatch to free slots, with a worker that dies before it calls AMC. Returns how many."""
    return len(await granted(instance))


async def long_ago() -> None:
    """Move every intent so far into the past that asking again is allowed."""
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_intents SET requested_at = requested_at - interval '1 hour'")
        )


STILL_OPEN = text(
    """
    SELECT count(*) AS number, extract(epoch FROM min(due_at) - now()) AS seconds FROM (
        SELECT due_at FROM report_executions WHERE phase <> 'done'
        UNION ALL SELECT due_at FROM workflow_executions WHERE phase <> 'done'
        UNION ALL SELECT due_at FROM report_data_collections WHERE status IN ('pending', 'running')
        UNION ALL SELECT now() FROM report_data_weeks WHERE needs_aggregation
        UNION ALL SELECT now() FROM schedule_ticks WHERE NOT is_followed
            AND num_nonnulls(report_execution_id, workflow_execution_id) = 1
    ) AS still_open
    """
)


async def next_due() -> float | None:
    """The seconds until an execution or a collection is due. None if all of them are over."""
    async with db.owner_transaction() as session:
        found = (await session.execute(STILL_OPEN)).one()
    return max(0.0, float(found.seconds or 0)) if found.number else None


@pytest.fixture
def work_until_done(
    do: Callable[[], Awaitable[None]], sent: list[tuple[Job, str]]
) -> Callable[[], Awaitable[None]]:
    """Run workers until all executions and collections are over, and the clock if they are idle."""

    async def until_done() -> None:
        ends = time.monotonic() + PATIENCE
        pause = SHORTEST
        while (due := await next_due()) is not None:
            assert time.monotonic() < ends, "the engine did not come to an end"
            if not sent:
                await asyncio.sleep(min(due, LONGEST))
                await clock.tick(tidy=False)
            if sent:
                await do()
                pause = SHORTEST
            else:  # somebody holds what is due
                await asyncio.sleep(pause)
                pause = min(2 * pause, LONGEST)

    return until_done


@pytest.fixture
def pass_time() -> Callable[[], Awaitable[None]]:
    """Make everything that is open due now, and every lease expired."""

    async def pass_it() -> None:
        async with db.owner_transaction() as session:
            for model in kinds.EXECUTIONS:
                await session.execute(
                    update(model)
                    .where(model.phase != "done")
                    .values(due_at=moments.now(), lease_until=None)
                )
            for paused in (models.Collection, models.Week):
                await session.execute(
                    update(paused).where(paused.due_at.is_not(None)).values(due_at=moments.now())
                )

    return pass_it
