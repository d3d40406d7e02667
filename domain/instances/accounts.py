"""AMC accounts, with what is needed to sign their requests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import Uuid, bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import undefer

from domain import kinds, lives, moments, secrets
from domain.amc.transport import API_HOSTS, Credentials
from domain.errors import Forbidden
from domain.models import Account, Instance
from domain.pages.filters import with_text
from domain.pages.pages import Orders, Page, PageArgs, by, by_name, page
from domain.people import access
from domain.people.acts import Act
from domain.problems import Problem, Problems, check_one_of, refuse
from domain.sentences import MISSING
from domain.viewer import Viewer

LONGEST_TOKEN = 4096  # characters; Amazon's have some hundreds
ADMINISTERED = text("SELECT my_accounts_to_administer()")
WITH_TOKEN = (
    select(Account)
    .options(undefer(Account.refresh_token))
    .where(Account.id == bindparam("account", type_=Uuid()))
    .execution_options(constant=True, undeferred=("refresh_token",))
)
ORDERS = Orders(
    Account.id,
    {"name": by_name(Account.name), "created_at": by(Account.created_at)},
    descending=False,
)
ACTS = {"renew_token": Act(rank="admin")}


async def load(session: AsyncSession, account_id: UUID) -> tuple[Credentials, bool]:
    """Return the account's credentials, and whether AMC refused its token last time."""
    return opened((await session.scalars(WITH_TOKEN, {"account": account_id})).one())


def opened(row: Account) -> tuple[Credentials, bool]:
    """Return the row's credentials, and whether AMC refused its token last time.

    The row has to be read with its token, which is deferred.
    """
    token = secrets.decrypt(row.refresh_token, "amc_accounts", row.id, "refresh_token")
    credentials = Credentials(
        id=row.id,
        amc_account_id=row.amc_account_id,
        marketplace_id=row.marketplace_id,
        region=row.region,
        refresh_token=token,
        token_version=row.token_version,
    )
    return credentials, row.token_state == "refused"


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
                raise Problems([Problem.of(field, MISSING)])
        refuse(check_one_of("region", self.region, list(API_HOSTS)))


async def add(session: AsyncSession, spec: AccountSpec) -> Account:
    """Store an account with its refresh token, encrypted. Adding it again replaces the token."""
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
            token_version=0,
            amc_account_id=spec.amc_account_id.strip(),
            marketplace_id=spec.marketplace_id.strip(),
        )
        account.name = spec.name or account.amc_account_id
        session.add(account)
    account.name = spec.name or account.name
    account.region = spec.region
    _replace(account, spec.refresh_token)
    await session.flush()
    await _go_on(session, account)
    return account


def _replace(account: Account, refresh_token: str) -> None:
    account.refresh_token = secrets.encrypt(
        refresh_token.strip(), "amc_accounts", account.id, "refresh_token"
    )
    account.token_version += 1
    account.token_renewed_at = moments.now()
    account.token_state, account.token_error, account.token_checked_at = "ok", None, None


async def _go_on(session: AsyncSession, account: Account) -> None:
    """Make due at once all that waits on the account's instances, or for its token."""
    await lives.recheck(session, account_id=account.id)
    there = select(Instance.id).where(Instance.account_id == account.id)
    for model in kinds.EXECUTIONS:
        await session.execute(
            update(model)
            .where(model.blocked_by == "TOKEN", model.instance_id.in_(there))
            .values(due_at=func.now())
            .execution_options(synchronize_session=False)
        )


async def renew(
    session: AsyncSession, viewer: Viewer, public_id: str, refresh_token: str
) -> Account:
    """Replace the refresh token of an account. What waits for it goes on at once.

    Raises NotFound, and Forbidden unless the viewer is an admin of all instances of the account: a
    token that does not fit stops them all.
    """
    refuse(_wrong(refresh_token))
    account = await access.get(session, "acc", Account, public_id, field="id")
    if account.id not in await _administered(session):
        raise Forbidden(
            f"The role admin is needed on every instance of {account.name} to renew its token.",
            field="id",
        )
    await session.refresh(account, ["token_version"], with_for_update={"key_share": True})
    _replace(account, refresh_token)
    await session.flush()
    await _go_on(session, account)
    return account


def _wrong(refresh_token: str) -> Iterator[Problem]:
    """Yield what is wrong with a token. No message has a part of it."""
    if not refresh_token.strip():
        yield Problem.of("refreshToken", MISSING)
    elif len(refresh_token) > LONGEST_TOKEN or not refresh_token.strip().isascii():
        yield Problem("refreshToken", "This is no refresh token of Amazon's.")
    elif any(one.isspace() or not one.isprintable() for one in refresh_token.strip()):
        yield Problem("refreshToken", "A refresh token has no spaces and no line breaks.")


async def _administered(session: AsyncSession) -> set[UUID]:
    return set(await session.scalar(ADMINISTERED) or ())


async def viewer_can(session: AsyncSession, rows: Sequence[Account]) -> dict[UUID, list[str]]:
    """Return the acts that the viewer may do with each of these accounts, in one statement."""
    mine = await _administered(session)
    return {one.id: list(ACTS) if one.id in mine else [] for one in rows}


async def find(session: AsyncSession, text: str | None, args: PageArgs) -> Page[Account]:
    """Return a page of the accounts of the viewer's instances, by name.

    `text` limits them to those whose name or id at Amazon contains it.
    """
    named = with_text(text, Account.name, Account.amc_account_id)
    return await page(session, select(Account).where(*named), ORDERS, args)


async def every(session: AsyncSession) -> list[Credentials]:
    """Return the credentials of every account."""
    found = await session.scalars(select(Account.id).order_by(Account.created_at, Account.id))
    return [(await load(session, one))[0] for one in found]
