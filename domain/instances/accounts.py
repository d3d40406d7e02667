"""AMC accounts, with what is needed to sign their requests."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import secrets
from domain.amc.transport import API_HOSTS, Credentials
from domain.models import Account
from domain.problems import Problem, Problems, check_one_of, refuse
from domain.sentences import MISSING


async def load(session: AsyncSession, account_id: UUID) -> tuple[Credentials, bool]:
    """Return the account's credentials, and whether AMC refused its token last time."""
    return opened(await session.get_one(Account, account_id))


def opened(row: Account) -> tuple[Credentials, bool]:
    """Return the row's credentials, and whether AMC refused its token last time."""
    token = secrets.decrypt(row.refresh_token, "amc_accounts", row.id, "refresh_token")
    credentials = Credentials(
        id=row.id,
        amc_account_id=row.amc_account_id,
        marketplace_id=row.marketplace_id,
        region=row.region,
        refresh_token=token,
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


async def every(session: AsyncSession) -> list[Credentials]:
    """Return the credentials of every account."""
    found = await session.scalars(select(Account.id).order_by(Account.created_at, Account.id))
    return [(await load(session, one))[0] for one in found]
