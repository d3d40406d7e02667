"""People. An operator adds them, and their identity provider's name for them identifies them."""

from uuid import UUID, uuid5

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, lives
from domain.bus import bus
from domain.errors import Conflict, Invalid, NotFound, Unauthenticated
from domain.models import User
from domain.people.tokens import Claims
from domain.problems import check_name, refuse
from domain.settings import settings
from domain.viewer import Viewer

LONGEST = 320  # of an e-mail address, RFC 3696 erratum 1690
WHO = text("SELECT id, email, name, role, is_active FROM user_who_signs_in(:issuer, :subject)")
NEW = text("SELECT user_who_is_new(:issuer, :subject, :email, :name)")


def is_address(email: str) -> bool:
    """Return whether this has the form of an e-mail address."""
    return email.count("@") == 1 and all(email.split("@")) and len(email) <= LONGEST


async def add(
    session: AsyncSession,
    email: str,
    name: str,
    *,
    issuer: str | None = None,
    subject: str | None = None,
    role: str = "user",
) -> User:
    """Add somebody who may sign in.

    By default, our own tokens name them by their e-mail address.
    """
    email, name = email.strip(), name.strip()
    if not is_address(email):
        raise Invalid(f"{email!r} is not an e-mail address.", field="email")
    refuse(check_name("name", name, LONGEST))
    user = User(
        email=email,
        name=name,
        role=role,
        issuer=issuer or settings.token_issuer,
        subject=subject or email.lower(),
    )
    try:
        async with session.begin_nested():
            session.add(user)
            await session.flush()
    except IntegrityError as clash:
        raise Conflict(f"A person with the address {email} already exists.") from clash
    return user


async def by_email(session: AsyncSession, email: str) -> User:
    """Return the person with this address, for an operator. Raises NotFound."""
    found = await session.scalar(
        select(User).where(text("lower(email) = lower(:email)").bindparams(email=email.strip()))
    )
    if found is None:
        raise NotFound(f"There is nobody with the address {email}.", field="email")
    return found


def standing(user_id: UUID) -> UUID:
    """Return the id under which it is announced that a person may sign in, or not any more."""
    return uuid5(user_id, "may sign in")


async def set_active(session: AsyncSession, email: str, *, active: bool) -> User:
    """Let a person sign in, or not any more, for an operator. Raises NotFound.

    Open connections of the person end, and so does work in their name (domain/lives.py).
    """
    user = await by_email(session, email)
    user.is_active = active
    await session.flush()
    await lives.recheck(session, user_id=user.id)
    bus.changed(session, standing(user.id))
    return user


async def by_subject(
    session: AsyncSession,
    issuer: str,
    subject: str,
    *,
    email: str | None = None,
    name: str | None = None,
) -> Viewer:
    """Return who signs in, in a transaction without a viewer. Raises Unauthenticated.

    An unknown person is added if the settings allow it and the token has an address. An address
    that belongs to somebody else is never taken over, because an issuer could name any address.
    """
    who = {"issuer": issuer, "subject": subject}
    row = (await session.execute(WHO, who)).one_or_none()
    if row is None and settings.auto_provision_users and email:
        shown = name or email.partition("@")[0]
        await session.execute(NEW, {**who, "email": email, "name": shown})
        row = (await session.execute(WHO, who)).one_or_none()
    if row is None:
        raise Unauthenticated(
            "This token belongs to nobody known here; ask an operator to add you."
        )
    if not row.is_active:
        raise Unauthenticated("This person may no longer sign in.")
    return Viewer(user_id=row.id, email=row.email, name=row.name, role=row.role)


async def sign_in(claims: Claims) -> Viewer:
    """Return the person that a verified token names.

    Raises Unauthenticated for somebody unknown.
    """
    async with db.transaction() as session:
        return await by_subject(
            session, claims.issuer, claims.subject, email=claims.email, name=claims.name
        )
