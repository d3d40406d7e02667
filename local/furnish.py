"""Adds what a demo needs to the database: the local AMC's account, its instances, and people."""

import contextlib
import json
from datetime import timedelta

import httpx2

from domain import db
from domain.amc.client import Amc
from domain.errors import Conflict
from domain.instances import accounts, instances
from domain.instances.accounts import AccountSpec
from domain.people import people, tokens
from domain.settings import settings
from local.children import CannotStart
from local.environment import REFRESH_TOKEN

DEMO = "demo@example.com"
PEOPLE = ((DEMO, "Demo Analyst", "admin"), ("viewer@example.com", "Demo Viewer", "viewer"))
REGION = "NA"
TOKEN_LIFE = timedelta(days=30)


def discover(refresh_token: str) -> list[AccountSpec]:
    """The accounts that AMC lists for this token."""
    client = settings.amc_client_id
    grant = {
        "grant_type": "refresh_token",
        "refresh_token": refresh_token,
        "client_id": client,
        "client_secret": settings.amc_client_secret.get_secret_value(),
    }
    try:
        granted = httpx2.post(settings.amc_token_url or "", data=grant).raise_for_status().json()
        headers = {
            "Authorization": f"Bearer {granted['access_token']}",
            "Amazon-Advertising-API-ClientId": client,
        }
        answer = httpx2.get(f"{settings.amc_api_url}/amc/accounts", headers=headers)
        found = answer.raise_for_status().json()["amcAccounts"]
    except (httpx2.HTTPError, KeyError, ValueError) as error:
        raise CannotStart(f"AMC does not list its accounts: {error}") from error
    return [
        AccountSpec(
            one["accountId"], one["marketplaceId"], REGION, refresh_token, one.get("accountName")
        )
        for one in found
    ]


async def furnish() -> str:
    """Add everything, and return the demo's user with a token as JSON. A repeat changes nothing."""
    async with db.owner_transaction() as session:
        for account in discover(REFRESH_TOKEN):
            await accounts.add(session, account)
    amc = Amc()
    places = await instances.sync(amc)
    await amc.close()
    for email, name, role in PEOPLE:
        async with db.owner_transaction() as session:
            with contextlib.suppress(Conflict):  # left by an earlier start
                await people.add(session, email, name)
            for place in places:
                await instances.member_add(session, email, place.instance_id, role)
    token = tokens.issue(DEMO, DEMO, name=PEOPLE[0][1], lifetime=TOKEN_LIFE)
    return json.dumps({"user": DEMO, "token": token})
