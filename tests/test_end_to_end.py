"""An analyst's first job over the real processes: API, worker, clock, PostgreSQL, Valkey, AMC."""

import signal
import time

import pytest

from tests.house import READ, RUN, house

pytestmark = pytest.mark.processes

WATCH = "subscription($id: ID!) { execution(id: $id) { status phase version rowCount } }"
ROWS = """
query($id: ID!) { execution(id: $id) {
  outcome rows(first: 3) { columns { name } rows totalCount } download { url }
} }
"""


async def test_an_analysts_first_job():
    with house(SANDBOX_MIN_SECONDS="0.2", SANDBOX_MAX_SECONDS="0.4") as home:
        report = await home.report()
        asked_at = time.monotonic()
        execution = (await home.ask(RUN, id=report))["id"]
        states = [answer["execution"] async for answer in home.client.watch(WATCH, id=execution)]
        took = time.monotonic() - asked_at

        assert states[-1]["status"] == "COMPLETED", home.logs()
        versions = [state["version"] for state in states]
        assert versions == sorted(set(versions))
        assert took < 30
        read = await home.ask(ROWS, id=execution)
        assert read["outcome"] == "DATA"
        assert read["rows"]["totalCount"] == states[-1]["rowCount"] > 0
        assert len(read["rows"]["rows"]) == 3
        assert (await home.ask(READ, id=execution))["phase"] == "DONE"
        assert home.amc()["executions_created"] == 1

        home.process.send_signal(signal.SIGINT)
        began = time.monotonic()
        home.process.wait(15)
        assert time.monotonic() - began < 10
        assert home.process.returncode == 0
