"""AMC accounts and instances: brought in by an operator, used by their members."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, secrets
from domain.amc.client import Amc, Credentials, SeenInstance
from domain.amc.transport import API_HOSTS
from domain.db import owner_transaction
from domain.errors import Conflict, Invalid, NotFound
from domain.executions import claims
from domain.models import Account, Asin, Campaign, Instance, Member
from domain.pages import Asked, Page, page
from domain.people import access, people


@dataclass(frozen=True)
class AccountSpec:
    """What an operator knows of an AMC account."""

    amc_account_id: str  # ENTITY...
    marketplace_id: str
    region: str
    refresh_token: str
    name: str | None = None

    def __post_init__(self) -> None:
        for field in ("amc_account_id", "marketplace_id", "refresh_token"):
            if not getattr(self, field).strip():
                raise Invalid(f"An account has a {field.replace('_', ' ')}.", field=field)
        if self.region not in API_HOSTS:
            raise Invalid(f"A region is one of {', '.join(API_HOSTS)}.", field="region")


async def account_add(session: AsyncSession, spec: AccountSpec) -> Account:
    """Keep an account with its refresh token, sealed. Adding it again renews its token."""
    account = await session.scalar(
        select(Account)
        .where(
            Account.amc_account_id == spec.amc_account_id.strip(),
            Account.marketplace_id == spec.marketplace_id.strip(),
        )
        .with_for_update(key_share=True)
    )
    if account is None:
        account = Account(
            id=uuid4(),
            amc_account_id=spec.amc_account_id.strip(),
            marketplace_id=spec.marketplace_id.strip(),
        )
        account.name = spec.name or account.amc_account_id
        session.add(account)
    account.name = spec.name or account.name
    account.region = spec.region
    account.refresh_token = secrets.encrypt(
        spec.refresh_token.strip(), "amc_accounts", account.id, "refresh_token"
    )
    account.token_state, account.token_error = "ok", None
    await session.flush()
    return account


async def accounts(session: AsyncSession) -> list[Credentials]:
    """Every account, ready to sign requests."""
    found = await session.scalars(select(Account.id).order_by(Account.created_at, Account.id))
    return [(await claims.load_account(session, one))[0] for one in found]


async def sync(amc: Amc) -> list[Instance]:
    """Bring in the instances of every account, as AMC shows them now; all that are active.

    For an operator. No transaction is open while AMC is asked.
    """
    async with owner_transaction() as session:
        known = await accounts(session)
    found: list[Instance] = []
    for account in known:
        seen = await amc.instances(account)
        async with owner_transaction() as session:
            found.extend(await record(session, account, seen))
    return found


async def record(
    session: AsyncSession, account: Credentials, seen: list[SeenInstance]
) -> list[Instance]:
    """Write down an account's instances. One that AMC shows no more starts nothing any more."""
    for one in seen:
        shown = {
            "instance_name": one.instance_name,
            "instance_type": one.instance_type,
            "region": account.region,
            "is_active": True,
        }
        made = insert(Instance).values(account_id=account.id, instance_id=one.instance_id, **shown)
        await session.execute(
            made.on_conflict_do_update(
                index_elements=[Instance.account_id, Instance.instance_id], set_=shown
            )
        )
    names = [one.instance_id for one in seen]
    await session.execute(
        update(Instance)
        .where(Instance.account_id == account.id, Instance.instance_id.not_in(names))
        .values(is_active=False)
    )
    statement = select(Instance).where(Instance.account_id == account.id, Instance.is_active)
    return list(await session.scalars(statement.order_by(Instance.instance_name, Instance.id)))


async def member_add(session: AsyncSession, email: str, instance: str, role: str) -> Member:
    """Make somebody a member of an instance, named by our id of it or by AMC's. For an operator.

    Whoever is one already gets the new role.
    """
    if role not in access.RANKS:
        raise Invalid(f"A role is one of {', '.join(access.RANKS)}.", field="role")
    user = await people.by_email(session, email)
    place = await named(session, instance)
    member = await session.get(Member, (user.id, place.id))
    if member is None:
        member = Member(user_id=user.id, instance_id=place.id, role=role)
        session.add(member)
    member.role = role
    await session.flush()
    return member


async def named(session: AsyncSession, name: str) -> Instance:
    """The instance of this id, ours or AMC's, for an operator. Raises NotFound, Conflict."""
    conditions = [Instance.instance_id == name]
    with suppress(NotFound):  # then it can only be AMC's name
        conditions.append(Instance.id == ids.decode("inst", name))
    found = list(await session.scalars(select(Instance).where(or_(*conditions))))
    if not found:
        raise NotFound(f"There is no instance {name!r}.", field="instance")
    if len(found) > 1:  # one instance, reached by several accounts
        known = ", ".join(sorted(ids.encode("inst", one.id) for one in found))
        raise Conflict(f"{name} is there more than once: say which of {known}.", field="instance")
    return found[0]


async def find(session: AsyncSession, asked: Asked) -> Page[Instance]:
    """The instances the viewer is a member of, by name."""
    keys = (Instance.instance_name, Instance.id)
    return await page(session, select(Instance), keys, asked, descending=False)


async def campaigns(
    session: AsyncSession, public_id: str, text: str | None, asked: Asked
) -> Page[Campaign]:
    """Campaigns that results of the instance have named, by name; all, or with `text` in it."""
    instance = await access.get(session, "inst", Instance, public_id, field="instanceId")
    statement = select(Campaign).where(Campaign.instance_id == instance.id)
    if text:
        statement = statement.where(
            or_(
                Campaign.campaign.icontains(text, autoescape=True),
                Campaign.campaign_id == text.strip(),
            )
        )
    keys = (Campaign.campaign, Campaign.campaign_id)
    return await page(session, statement, keys, asked, descending=False)


async def asins(
    session: AsyncSession, public_id: str, text: str | None, asked: Asked
) -> Page[Asin]:
    """ASINs that results of the instance have named, in order; all, or with `text` in it."""
    instance = await access.get(session, "inst", Instance, public_id, field="instanceId")
    statement = select(Asin).where(Asin.instance_id == instance.id)
    if text:
        statement = statement.where(Asin.asin.icontains(text.strip(), autoescape=True))
    return await page(session, statement, (Asin.asin,), asked, descending=False)
