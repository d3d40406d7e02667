"""Accounts, instances, people and members: brought in by operators, seen by members only."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from domain import db, ids, models
from domain.amc.client import AmcInstance, AmcUnavailable, Credentials
from domain.errors import Conflict, Invalid, NotFound
from domain.instances import accounts, instances
from domain.instances.accounts import AccountSpec
from tests.executions.workers import give_out

pytestmark = pytest.mark.usefixtures("clean_database")

SPEC = AccountSpec(
    amc_account_id="ENTITY1",
    marketplace_id="ATVPDKIKX0DER",
    region="EU",
    refresh_token="Atzr|first",
    name="Acme Brands",
)
LIST = "{ instances { nodes { id name amcInstanceId } pageInfo { hasNextPage endCursor } } }"
CAMPAIGNS = """
query($id: ID!, $text: String, $first: Int, $after: String) {
  campaigns(instanceId: $id, text: $text, first: $first, after: $after) {
    nodes { campaignId campaign adProductType } pageInfo { hasNextPage endCursor }
  }
}
"""
ASINS = """
query($id: ID!, $text: String) { asins(instanceId: $id, text: $text) { nodes { asin } } }
"""


class FakeAmc:
    """Shows what it is told to, and remembers whom it was asked by."""

    def __init__(self, *shown: AmcInstance) -> None:
        self.shown = list(shown)
        self.asked: list[Credentials] = []

    async def instances(self, account: Credentials) -> list[AmcInstance]:
        self.asked.append(account)
        if not self.shown:
            raise AmcUnavailable("AMC cannot be reached.")
        return self.shown


def seen(name: str) -> AmcInstance:
    return AmcInstance(instance_id=f"amc{name}", instance_name=name, instance_type="STANDARD")


async def add_account(spec: AccountSpec = SPEC) -> models.Account:
    async with db.owner_transaction() as session:
        return await accounts.add(session, spec)


async def test_an_account_is_kept_with_its_token_sealed():
    account = await add_account()

    async with db.owner_transaction() as session:
        stored = await session.scalar(text("SELECT refresh_token FROM amc_accounts"))
        known = await accounts.every(session)
    assert b"first" not in stored
    assert [(one.id, one.region, one.refresh_token) for one in known] == [
        (account.id, "EU", "Atzr|first")
    ]
    assert "first" not in repr(known)


async def test_adding_an_account_again_renews_its_token_and_clears_the_refusal():
    first = await add_account()
    async with db.owner_transaction() as session:
        await session.execute(
            text("UPDATE amc_accounts SET token_state = 'refused', token_error = 'revoked'")
        )

    renewed = AccountSpec("ENTITY1", "ATVPDKIKX0DER", "EU", "Atzr|second")
    second = await add_account(renewed)

    assert (second.id, second.name) == (first.id, "Acme Brands")
    assert (second.token_state, second.token_error) == ("ok", None)
    async with db.owner_transaction() as session:
        (known,) = await accounts.every(session)
    assert known.refresh_token == "Atzr|second"


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"region": "MOON"}, "region"),
        ({"refresh_token": " "}, "refresh_token"),
        ({"amc_account_id": ""}, "amc_account_id"),
    ],
)
def test_an_account_that_cannot_be_used_is_refused(wrong, field):
    with pytest.raises(Invalid) as refusal:
        AccountSpec(**{**SPEC.__dict__, **wrong})

    assert refusal.value.field == field


async def test_sync_brings_in_what_amc_shows_and_follows_it():
    account = await add_account()
    amc = FakeAmc(seen("One"), seen("Two"))

    first = await instances.sync(amc)
    amc.shown = [seen("Two"), seen("Three")]
    second = await instances.sync(amc)

    assert [one.instance_name for one in first] == ["One", "Two"]
    assert {one.region for one in first} == {"EU"}
    assert [one.instance_name for one in second] == ["Three", "Two"]
    assert [one.id for one in amc.asked] == [account.id, account.id]
    async with db.owner_transaction() as session:
        rows = await session.execute(
            select(models.Instance.instance_name, models.Instance.is_active)
        )
        assert dict(row for row in rows) == {"One": False, "Two": True, "Three": True}


async def test_sync_leaves_everything_as_it_is_when_amc_does_not_answer():
    await add_account()
    amc = FakeAmc(seen("One"))
    await instances.sync(amc)
    amc.shown = []

    with pytest.raises(AmcUnavailable):
        await instances.sync(amc)

    async with db.owner_transaction() as session:
        assert await session.scalar(select(models.Instance.is_active)) is True


async def test_a_member_is_added_by_either_id_and_gets_a_new_role(instance, alice):
    for name, role in (
        (instance.instance_id, "admin"),
        (ids.encode("inst", instance.id), "viewer"),
    ):
        async with db.owner_transaction() as session:
            member = await instances.member_add(session, "ALICE@example.com", name, role)
        assert (member.user_id, member.instance_id, member.role) == (
            alice.user_id,
            instance.id,
            role,
        )


@pytest.mark.parametrize(
    ("email", "name", "role", "message"),
    [
        (
            "alice@example.com",
            "amcacme",
            "king",
            "'role' must be one of 'viewer', 'editor', 'admin'",
        ),
        ("alice@example.com", "amcnone", "admin", "There is no instance 'amcnone'."),
        ("nobody@example.com", "amcacme", "admin", "nobody with the address nobody@example.com"),
    ],
)
async def test_a_member_that_cannot_be_added_is_refused(alice, email, name, role, message):
    with pytest.raises((Invalid, NotFound), match=message):
        async with db.owner_transaction() as session:
            await instances.member_add(session, email, name, role)


async def test_an_instance_that_two_accounts_reach_has_to_be_named_by_our_id(alice):
    for number in (1, 2):
        await add_account(AccountSpec(f"ENTITY{number}", "M", "NA", "t"))
    await instances.sync(FakeAmc(seen("Shared")))

    with pytest.raises(Conflict, match=r"name one of inst_.*, inst_"):
        async with db.owner_transaction() as session:
            await instances.member_add(session, alice.email, "amcShared", "viewer")


async def test_people_list_the_instances_they_are_members_of(ask, bob, charlie, instance):
    listed = await ask(LIST)

    assert listed["nodes"] == [
        {"id": ids.encode("inst", instance.id), "name": "Acme", "amcInstanceId": "amcacme"}
    ]
    assert [one["name"] for one in (await ask(LIST, by=bob))["nodes"]] == ["Acme"]
    assert [one["name"] for one in (await ask(LIST, by=charlie))["nodes"]] == ["Elsewhere"]


@pytest.fixture
async def shown(instance) -> str:
    """The public id of an instance whose results have named campaigns and ASINs."""
    names = ["Autumn 100%", "Brand", "brand again", "Winter"]
    async with db.owner_transaction() as session:
        session.add_all(
            models.Campaign(instance_id=instance.id, campaign_id=str(number), campaign=name)
            for number, name in enumerate(names)
        )
        session.add_all(
            models.Asin(instance_id=instance.id, asin=asin)
            for asin in ("B000000001", "B000000002", "X000000001")
        )
    return ids.encode("inst", instance.id)


@pytest.mark.parametrize(
    ("sought", "found"),
    [
        (None, {"0", "1", "2", "3"}),
        ("brand", {"1", "2"}),
        ("0%", {"0"}),
        ("%", {"0"}),
        ("3", {"3"}),
        ("spring", set()),
    ],
)
async def test_campaigns_are_found_by_a_part_of_their_name_or_by_their_id(
    ask, shown, sought, found
):
    listed = await ask(CAMPAIGNS, id=shown, text=sought)

    assert {one["campaignId"] for one in listed["nodes"]} == found


async def test_campaigns_come_page_by_page(ask, shown):
    names: list[str] = []
    after = None
    for _ in range(4):
        listed = await ask(CAMPAIGNS, id=shown, first=1, after=after)
        names += [one["campaign"] for one in listed["nodes"]]
        after = listed["pageInfo"]["endCursor"]

    assert sorted(names) == ["Autumn 100%", "Brand", "Winter", "brand again"]
    assert listed["pageInfo"]["hasNextPage"] is False


async def test_asins_are_found_by_a_part(ask, shown):
    listed = await ask(ASINS, id=shown, text="b00")

    assert [one["asin"] for one in listed["nodes"]] == ["B000000001", "B000000002"]


async def test_a_stranger_finds_no_instance_to_ask_about(refused, shown, charlie):
    for operation in (CAMPAIGNS, ASINS):
        refusal = await refused(operation, by=charlie, id=shown)
        assert (refusal["code"], refusal["field"]) == ("NOT_FOUND", "instanceId")


STANDING = """{ instances { nodes {
  name viewerRole slotsTaken slotsFree waiting quotaUsed quotaLeft
  accountName tokenState settledUntil
  attributed: settledUntil(tables: ATTRIBUTED)
} } }"""


async def test_members_see_their_role_and_what_the_instance_is_doing(
    ask, alice, bob, instance, report, sent, count_statements
):
    for _ in range(2):
        await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE report_executions SET phase = 'at_amc', status = 'running' WHERE id = "
                "(SELECT id FROM report_executions ORDER BY id LIMIT 1)"
            )
        )
    with count_statements() as statements:
        [found] = (await ask(STANDING))["nodes"]
    settled = [datetime.fromisoformat(found.pop(one)) for one in ("settledUntil", "attributed")]
    assert settled[0] - settled[1] == timedelta(days=12)
    assert found == {
        "name": "Acme",
        "viewerRole": "EDITOR",
        "slotsTaken": 1,
        "slotsFree": 9,
        "waiting": 1,
        "quotaUsed": 0,
        "quotaLeft": None,
        "accountName": "Acme",
        "tokenState": "OK",
    }
    assert sum("set_config" not in one for one in statements) == 2
    [of_bob] = (await ask(STANDING, by=bob))["nodes"]
    assert of_bob["viewerRole"] == "VIEWER"


async def test_members_see_how_much_of_the_days_quota_is_left(ask, bob, charlie, instance, report):
    for _ in range(3):
        await ask("mutation($id: ID!) { reportRun(id: $id) { id } }", id=report["id"])
    async with db.owner_transaction() as session:
        await session.execute(text("UPDATE amc_instances SET daily_quota = 2"))
    await give_out(instance)
    async with db.owner_transaction() as session:
        await session.execute(
            text(
                "UPDATE amc_intents SET created_at = now() - interval '1 day' "
                "WHERE id = (SELECT id FROM amc_intents ORDER BY id LIMIT 1)"
            )
        )
    quota = "{ instances { nodes { dailyQuota quotaUsed quotaLeft } } }"
    [found] = (await ask(quota, by=bob))["nodes"]
    assert found == {"dailyQuota": 2, "quotaUsed": 1, "quotaLeft": 1}
    [elsewhere] = (await ask(quota, by=charlie))["nodes"]
    assert elsewhere["quotaUsed"] == 0
