"""What AMC refuses, throttles, loses or changes, and what a person then reads."""

from sqlalchemy import text

from domain import db
from jobs import clock
from tests.executions.executions import READ, RUN


async def test_a_rejected_query_shows_amcs_reason(
    ask, report_input, own_template, work_until_done, amc_server
):
    bad = await own_template("SELECT nosuch, COUNT(1) AS n FROM dsp_impressions GROUP BY 1")
    run = """
    mutation($template: ID!, $instance: ID!) {
      templateRun(templateId: $template, instanceId: $instance) { id }
    }
    """
    started = await ask(run, template=bad, instance=report_input["instanceId"])
    await work_until_done()

    ended = await ask(READ, id=started["id"])
    assert ended["status"] == "FAILED"
    assert ended["errorCode"] in {"AMC_REFUSED", "AMC_REJECTED"}
    assert "nosuch" in ended["errorMessage"]


async def test_a_changed_header_is_no_result(ask, report, work_until_done, amc_server):
    amc_server.fault(fault="change_header", count=1)
    started = await ask(RUN, id=report["id"])
    await work_until_done()

    ended = await ask(READ, id=started["id"])
    assert (ended["status"], ended["errorCode"]) == ("FAILED", "RESULT_HEADER_CHANGED")
    assert "columns" in ended["errorMessage"]


async def test_a_revoked_token_is_told_and_waited_for(
    ask, report, do, amc_server, work_until_done, pass_time, sent
):
    amc_server.fault(fault="revoke_refresh_token", count=1)
    started = await ask(RUN, id=report["id"])
    await do()
    await do()

    waiting = await ask(READ, id=started["id"])
    assert (waiting["status"], waiting["blockedBy"]["reason"]) == ("PENDING", "TOKEN")
    assert "operator" in waiting["blockedBy"]["message"]

    amc_server.reset()  # the operator renewed it
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE amc_accounts SET token_state = 'ok'"))
    await pass_time()
    await work_until_done()
    assert (await ask(READ, id=started["id"]))["status"] == "COMPLETED"


async def test_a_query_that_could_not_be_saved_is_asked_for_again_without_looking_for_it(
    ask, report, do, amc_server, pass_time
):
    amc_server.fault(fault="status", route="save", status=503, count=1)
    started = await ask(RUN, id=report["id"])
    await do()

    waiting = await ask(READ, id=started["id"])
    assert (waiting["phase"], waiting["blockedBy"]["reason"]) == ("SUBMITTING", "AMC_UNAVAILABLE")
    await pass_time()
    await clock.tick(tidy=False)
    await do()
    assert (await ask(READ, id=started["id"]))["phase"] != "SUBMITTING"
    assert amc_server.stats()["requests"].get("list", 0) == 0


async def test_empty_and_suppressed_are_two_things(ask, report, work_until_done, amc_server):
    amc_server.fault(fault="empty_result", count=1)
    empty = await ask(RUN, id=report["id"])
    await work_until_done()
    amc_server.fault(fault="suppressed_result", count=1)
    suppressed = await ask(RUN, id=report["id"])
    await work_until_done()

    assert (await ask(READ, id=empty["id"]))["outcome"] == "EMPTY"
    assert (await ask(READ, id=suppressed["id"]))["outcome"] == "SUPPRESSED"


async def test_a_word_of_amc_that_is_new_to_us_is_lived_with(
    ask, report, do, work_until_done, amc_server, sent, pass_time
):
    amc_server.fault(fault="unknown_status", status_word="PONDERING", count=1)
    started = await ask(RUN, id=report["id"])
    await work_until_done()
    assert (await ask(READ, id=started["id"]))["status"] == "COMPLETED"
