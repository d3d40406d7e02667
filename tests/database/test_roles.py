"""The role of every connection: without it, nothing is served."""

import asyncio
from dataclasses import replace

import asyncpg
import httpx2
import pytest

from domain import db, roles
from domain.people import tokens
from domain.roles import Role, Who, WrongRole
from domain.settings import settings
from tests.database.pooler import pgbouncer, pooler
from tests.local.command_line import amc_reports

AS_API = Who("amc_api", is_superuser=False, bypasses=False, rights=["amc_api"])
LOGIN = replace(AS_API, name="reports")


@pytest.mark.parametrize("behind", [pooler, pgbouncer])
async def test_nothing_is_served_behind_a_pooler_that_drops_the_role(
    alice, api_place, monkeypatch, behind
):
    async with behind() as url:
        for command, role in (
            ("api", "amc_api"),
            ("worker", "amc_worker"),
            ("clock", "amc_worker"),
        ):
            client = {"AMC_CLIENT_ID": "ours", "AMC_CLIENT_SECRET": "ours"}
            ended = await asyncio.to_thread(amc_reports, command, DATABASE_URL=url, **client)
            assert ended.returncode == 1
            assert f"must see this process as {role}, but sees it as postgres" in ended.stderr
            assert "Traceback" not in ended.stderr

        await db.dispose()  # and a server that has started before
        monkeypatch.setattr(db, "settings", settings.model_copy(update={"database_url": url}))
        token = {"Authorization": f"Bearer {tokens.issue(alice.email, alice.email)}"}
        async with httpx2.AsyncClient(base_url=f"http://{api_place}", headers=token) as client:
            assert (await client.get("/ready")).status_code == 503
            answer = await client.post("/graphql", json={"query": "{ viewer { id } }"})
        assert answer.status_code == 503
        (error,) = answer.json()["errors"]
        assert error["extensions"]["code"] == "UNAVAILABLE"
        assert "postgres" not in error["message"]
        await db.dispose()
    monkeypatch.undo()
    async with db.transaction(alice):
        pass


async def test_each_role_of_ours_may_connect_as_itself(own_database):
    connection = await asyncpg.connect(settings.database_url)
    try:
        ours: tuple[Role, ...] = ("owner", "api", "worker")
        for role in ours:
            await connection.execute(f"SET ROLE amc_{role}")
            who = Who.of(await connection.fetchrow(roles.WHO, list(roles.ALL)))
            roles.check(who, role, own_login=False)
            roles.check(who, role, own_login=True)
            await connection.execute("RESET ROLE")
    finally:
        await connection.close()


@pytest.mark.parametrize(
    ("who", "own_login", "told"),
    [
        (LOGIN, False, "sees it as reports. Row-level security would not hold. A pooler"),
        (replace(LOGIN, rights=[]), True, "which has no rights of amc_api. "),
        (replace(LOGIN, is_superuser=True), True, "a superuser. "),
        (replace(AS_API, bypasses=True), False, "which bypasses row-level security. "),
        (replace(LOGIN, rights=["amc_api", "amc_owner"]), True, "the rights of amc_owner, too. "),
    ],
)
def test_what_is_wrong_about_a_role_is_told(who, own_login, told):
    with pytest.raises(WrongRole) as refused:
        roles.check(who, "api", own_login=own_login)
    assert told in refused.value.reason
    assert "DATABASE_API_URL" in refused.value.reason


def test_a_login_with_the_rights_of_one_role_may_have_another_name():
    roles.check(LOGIN, "api", own_login=True)
    roles.check(replace(LOGIN, is_superuser=True, rights=["amc_owner"]), "owner", own_login=True)
