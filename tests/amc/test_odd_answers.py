"""A hostile AMC: each odd answer in turn, under a small collection that ends right all the same."""

import httpx2
import pytest

from domain.amc import transport
from domain.amc.client import AmcOdd
from domain.amc.transport import Transport
from jobs import clock
from sandbox.http.odd import FILES, KINDS, TOKENS
from tests.collections.collections import READ
from tests.executions.executions import READ as READ_EXECUTION
from tests.executions.executions import RUN

READABLE = {
    "items_without_id",
    "items_no_objects",
    "reason_object",
    "reason_nul",
    "utf_16",
    "value_unfit",
}
WARNINGS = """
query($id: ID!) {
  execution(id: $id) {
    status outcome errorCode errorMessage warnings { column count example message }
  }
}
"""
OFTEN = 4  # times that an answer is odd


@pytest.mark.parametrize("kind", KINDS)
async def test_a_collection_ends_right_once_amc_is_well(
    collect, ask, work_until_done, amc_server, amc_client, kind
):
    amc_client.transport._tokens.clear()
    amc_server.fault(fault="odd", route=kind, count=OFTEN)
    collection = await collect(2)
    await work_until_done()

    ended = await ask(READ, id=collection)
    assert (ended["status"], ended["weeksCompleted"]) == ("COMPLETED", 2)
    assert all(one["errorMessage"] is None for one in ended["weeks"])
    assert amc_server.stats()["executions_created"] == 2, "nothing runs twice"


@pytest.mark.parametrize("kind", [one for one in KINDS if one not in READABLE])
async def test_an_execution_says_what_amc_sent_while_it_waits(
    ask, report, do, amc_server, amc_client, pass_time, work_until_done, kind
):
    amc_client.transport._tokens.clear()
    amc_server.fault(fault="odd", route=kind, count=1000)
    started = await ask(RUN, id=report["id"])
    for _ in range(40):
        await clock.tick(tidy=False)
        await do()
        seen = await ask(READ_EXECUTION, id=started["id"])
        assert seen["status"] in {"PENDING", "RUNNING"}, seen
        if seen["blockedBy"] is not None and seen["errorMessage"] is not None:
            break
        await pass_time()

    assert seen["blockedBy"]["reason"] == "AMC_UNAVAILABLE"
    said = "Login with Amazon answered" if kind in TOKENS else "AMC"
    assert said in seen["errorMessage"], seen
    assert "AMC sent" in seen["errorMessage"] or kind in (*TOKENS, *FILES), seen
    amc_server.reset()


async def test_a_value_that_does_not_fit_is_told_as_a_warning(
    ask, report, work_until_done, amc_server
):
    amc_server.fault(fault="odd", route="value_unfit", count=1)
    started = await ask(RUN, id=report["id"])
    await work_until_done()

    ended = await ask(WARNINGS, id=started["id"])
    assert (ended["status"], ended["outcome"]) == ("COMPLETED", "DATA"), ended
    (warning,) = ended["warnings"]
    assert (warning["count"], warning["example"]) == (1, "much")
    assert warning["column"] is not None


@pytest.mark.parametrize(
    "url",
    [
        *("http://169.254.169.254/latest/meta-data", "https://169.254.169.254/latest/meta-data"),
        *("https://10.0.0.1/", "https://[::1]/", "https://localhost/", "https://[fe80::1]/"),
        *("http://8.8.8.8/result.csv", "https://user:word@8.8.8.8/", "ftp://8.8.8.8/", "::", ""),
    ],
)
async def test_a_link_leads_to_the_public_internet_or_to_the_configured_amc(url):
    amazon = Transport("http://127.0.0.1:9999", "http://127.0.0.1:9999/auth")
    with pytest.raises(AmcOdd, match="not followed"):
        async with amazon.link(url):
            pass
    await amazon.close()


@pytest.mark.parametrize(
    ("asked", "seconds"),
    [
        *((None, 10), ("7", 7), ("0", 1), ("-5", 1), ("31536000", 900), ("inf", 900)),
        *(("nan", 10), ("soon", 10), ("1e400", 900)),
        ("Fri, 31 Dec 2100 23:59:59 GMT", 900),
        ("Wed, 01 Jan 2020 00:00:00 GMT", 1),
    ],
)
def test_a_retry_after_is_bounded_and_shown(asked, seconds):
    headers = {} if asked is None else {"Retry-After": asked}
    error = transport.throttled(httpx2.Response(429, headers=headers))
    assert error.seconds == seconds
    assert f"after {seconds} seconds" in str(error)
    assert (asked or "") in str(error)
