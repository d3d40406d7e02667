"""Accounts at Amazon: who renews a token, what waits for it, and where it is never seen."""

import json
import logging

import pytest
from sqlalchemy import text

from domain import db, ids, models, secrets
from domain.instances import accounts
from tests.people.people import REFRESH_TOKEN, join, new_instance, person

RENEW = """
mutation($id: ID!, $token: String!) { accountTokenRenew(id: $id, refreshToken: $token) {
  tokenState tokenError tokenRenewedAt viewerCan
} }
"""
RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
READ = "query($id: ID!) { execution(id: $id) { status blockedBy { reason } } }"
SECRET = "Atzr|a-very-secret-token"


@pytest.fixture
async def dora(instance):
    """An admin of the instance."""
    viewer = await person("Dora")
    await join(viewer, instance.id, "admin")
    return viewer


@pytest.fixture
def account(instance):
    """The id of the instance's account."""
    return ids.encode("acc", instance.account_id)


async def stored(instance: models.Instance) -> str:
    async with db.worker_transaction() as session:
        credentials, _ = await accounts.load(session, instance.account_id)
        return credentials.refresh_token


async def test_what_waits_for_a_token_goes_on_when_it_is_renewed(
    ask, amc, do, sent, report, dora, instance, account, pass_time, work_until_done
):
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_accounts SET refresh_token = :it WHERE id = :id"),
            {
                "it": secrets.encrypt("Atzr|old", "amc_accounts", instance.account_id, TOKEN),
                "id": instance.account_id,
            },
        )
    run = await ask(RUN, id=report["id"])
    waiting = None
    for _ in range(20):
        await do()
        waiting = await ask(READ, id=run["id"])
        if waiting["blockedBy"] == {"reason": "TOKEN"}:
            break
    assert waiting == {"status": "PENDING", "blockedBy": {"reason": "TOKEN"}}
    sent.clear()

    renewed = await ask(RENEW, by=dora, id=account, token=f"  {REFRESH_TOKEN} ")
    assert (renewed["tokenState"], renewed["tokenError"]) == ("OK", None)
    assert ids.encode("inst", instance.id) in {subject for _, subject in sent}  # at once
    await work_until_done()
    assert await ask(READ, id=run["id"]) == {"status": "COMPLETED", "blockedBy": None}


TOKEN = "refresh_token"


async def test_a_new_token_has_a_version_by_which_workers_know_it(ask, dora, instance, account):
    async with db.worker_transaction() as session:
        old, _ = await accounts.load(session, instance.account_id)
    await ask(RENEW, by=dora, id=account, token=SECRET)
    async with db.worker_transaction() as session:
        new, was_refused = await accounts.load(session, instance.account_id)
    assert (new.token_version, new.refresh_token) == (old.token_version + 1, SECRET)
    assert not was_refused


async def test_a_token_is_seen_nowhere(ask, refused, dora, instance, account, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    made = await ask(RENEW, by=dora, id=account, token=SECRET)
    again = await ask(RENEW, by=dora, id=account, token=SECRET)  # a repeat
    assert (made["tokenState"], again["tokenState"]) == ("OK", "OK")
    assert await stored(instance) == SECRET

    said = []
    for wrong in ("", " ", f"{SECRET} and\nmore", f"{SECRET}\u00e4", SECRET * 1000, f"{SECRET}\0"):
        refusal = await refused(RENEW, by=dora, id=account, token=wrong)
        assert (refusal["code"], refusal["field"]) == ("BAD_USER_INPUT", "refreshToken")
        said.append(refusal)
    said.append(await refused(RENEW, by=dora, id=f"{account}0", token=SECRET))
    assert await stored(instance) == SECRET
    async with db.owner_transaction() as session:
        for table in ("audit_entries", "idempotency_keys", "amc_accounts", "amc_instances"):
            rows = await session.scalars(text(f"SELECT to_jsonb(t) FROM {table} t"))
            said += [*rows]
        told = await session.scalar(
            text(
                "SELECT count(*) FROM audit_entries WHERE operation = 'accountTokenRenew' "
                "AND after ->> 'refresh_token' = 'secret'"
            )
        )
    said += [made, again, caplog.text, *capsys.readouterr()]
    assert "a-very-secret" not in json.dumps(said, default=str)
    assert told == 2


async def test_an_admin_of_some_instances_of_an_account_renews_no_token(
    ask, refused, dora, instance, account
):
    other = await new_instance("Other")
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_instances SET account_id = :account WHERE id = :id"),
            {"account": instance.account_id, "id": other.id},
        )
    said = await refused(RENEW, by=dora, id=account, token=SECRET)
    assert (said["code"], said["field"]) == ("FORBIDDEN", "id")
    assert await stored(instance) == REFRESH_TOKEN
    await join(dora, other.id, "admin")
    assert (await ask(RENEW, by=dora, id=account, token=SECRET))["viewerCan"] == ["RENEW_TOKEN"]


async def test_renewing_takes_as_many_statements_for_many_instances(
    ask, dora, instance, account, count_statements
):
    async def statements() -> int:
        with count_statements() as seen:
            await ask(RENEW, by=dora, id=account, token=SECRET)
        return len(seen)

    of_one = await statements()
    for number in range(4):
        other = await new_instance(f"Other{number}")
        async with db.owner_transaction() as session:
            await session.execute(
                text("UPDATE amc_instances SET account_id = :account WHERE id = :id"),
                {"account": instance.account_id, "id": other.id},
            )
        await join(dora, other.id, "admin")
    assert await statements() == of_one
