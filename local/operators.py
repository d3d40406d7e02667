"""What operators do at the command line: accounts, instances, people, tokens."""

import getpass
import os
import sys
from datetime import timedelta

from sqlalchemy.exc import SQLAlchemyError

from domain import db, ids, instances, tokens, users
from domain.amc import Amc
from domain.amc_transport import AmcError
from domain.errors import Conflict, DomainError
from domain.instances import AccountSpec
from domain.secrets import Misconfigured
from domain.settings import settings
from local.children import CannotStart

REFUSALS = (DomainError, AmcError, CannotStart, Misconfigured, SQLAlchemyError, OSError, ValueError)


def refresh_token() -> str:
    """Amazon's refresh token: from AMC_REFRESH_TOKEN, or asked for; never an argument."""
    given = os.environ.get("AMC_REFRESH_TOKEN")
    if given:
        return given
    if sys.stdin.isatty():
        return getpass.getpass("Refresh token (Atzr|...): ")
    return sys.stdin.readline().strip()


async def account_add(spec: AccountSpec) -> str:
    """Keep an account with its refresh token; what was done."""
    async with db.owner_transaction() as session:
        account = await instances.account_add(session, spec)
    return f"{ids.encode('acc', account.id)}  {account.name}"


async def instances_sync() -> str:
    """Bring in the instances that AMC shows; what they are."""
    amc = Amc()
    try:
        found = await instances.sync(amc)
    finally:
        await amc.close()
    lines = [f"{ids.encode('inst', one.id)}  {one.instance_name}" for one in found]
    return "\n".join(lines) or "AMC shows no instance."


async def user_add(
    email: str, name: str, *, role: str, issuer: str | None, subject: str | None
) -> str:
    """Let somebody sign in; who it is."""
    async with db.owner_transaction() as session:
        user = await users.add(session, email, name, role=role, issuer=issuer, subject=subject)
    return f"{ids.encode('user', user.id)}  {user.email}"


async def member_add(email: str, instance: str, role: str) -> str:
    """Make somebody a member of an instance, or change their role; what they are."""
    async with db.owner_transaction() as session:
        await instances.member_add(session, email, instance, role)
    return f"{email} is {role} of {instance}"


async def token(email: str, hours: float) -> str:
    """A token for somebody who signs in with ours. Raises Conflict if another's are taken."""
    async with db.owner_transaction() as session:
        user = await users.by_email(session, email)
        await session.refresh(user, ["issuer", "subject"])
    if user.issuer != settings.token_issuer or not user.subject:
        raise Conflict(f"{email} signs in with tokens of {user.issuer}, not with ours.")
    life = timedelta(hours=hours)
    return tokens.issue(user.subject, user.email, name=user.name, lifetime=life)


def in_words(refusal: Exception) -> str:
    """What to tell whoever typed the command."""
    if isinstance(refusal, SQLAlchemyError | OSError) and not isinstance(refusal, ValueError):
        cause = str(getattr(refusal, "orig", refusal)).strip().splitlines()[:1]
        words = cause[0] if cause else type(refusal).__name__
        return f"The database cannot be used: {words}. What may help: amc-reports doctor"
    return str(refusal)
