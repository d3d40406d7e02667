"""AMC instances and their members. An operator syncs them with AMC."""

from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, lives, moments
from domain.amc.client import Amc, AmcInstance, Credentials
from domain.db import owner_transaction
from domain.errors import Conflict, Invalid, NotFound
from domain.instances.accounts import every
from domain.models import Instance, Member
from domain.people import access, people
from domain.problems import check_number, check_one_of, refuse

BOUNDS = {  # of an instance's limits
    "max_concurrent": (1, 200),
    "schedule_reserve": (0, 200),
    "daily_quota": (1, 1_000_000),
}


async def sync(amc: Amc) -> list[Instance]:
    """Sync the instances of every account with AMC, and return all active ones. For an operator.

    No transaction is open while AMC is asked.
    """
    async with owner_transaction() as session:
        known = await every(session)
    found: list[Instance] = []
    for account in known:
        seen = await amc.instances(account)
        async with owner_transaction() as session:
            found.extend(await record(session, account, seen))
    return found


async def record(
    session: AsyncSession, account: Credentials, seen: list[AmcInstance]
) -> list[Instance]:
    """Write an account's instances. One that AMC no longer shows is deactivated."""
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
    gone = await session.scalars(
        update(Instance)
        .where(
            Instance.account_id == account.id,
            Instance.instance_id.not_in(names),
            Instance.is_active,
        )
        .values(is_active=False)
        .returning(Instance.id)
    )
    for key in gone.all():
        await lives.recheck(session, instance_id=key)
    statement = select(Instance).where(Instance.account_id == account.id, Instance.is_active)
    return list(await session.scalars(statement.order_by(Instance.instance_name, Instance.id)))


async def member_add(session: AsyncSession, email: str, instance: str, role: str) -> Member:
    """Make somebody a member of an instance, named by our id or by AMC's. For an operator.

    Somebody who is a member already gets the new role.
    """
    refuse(check_one_of("role", role, list(access.RANKS)))
    user = await people.by_email(session, email)
    place = await named(session, instance)
    member = await session.get(Member, (user.id, place.id))
    if member is None:
        member = Member(user_id=user.id, instance_id=place.id, role=role)
        session.add(member)
    member.role = role
    await session.flush()
    await lives.recheck(session, instance_id=place.id, user_id=user.id)
    return member


async def member_role(session: AsyncSession, email: str, instance: str, role: str) -> Member:
    """Change the role of a member, for an operator. Raises NotFound for somebody who is none.

    Work in the name of somebody who is no editor any more ends (domain/lives.py).
    """
    refuse(check_one_of("role", role, list(access.RANKS)))
    member = await _member(session, email, instance)
    member.role = role
    await session.flush()
    await lives.recheck(session, instance_id=member.instance_id, user_id=member.user_id)
    return member


async def member_remove(session: AsyncSession, email: str, instance: str) -> None:
    """Take the membership from somebody, for an operator. Raises NotFound.

    Their work on the instance ends (domain/lives.py).
    """
    member = await _member(session, email, instance)
    await session.delete(member)
    await session.flush()
    await lives.recheck(session, instance_id=member.instance_id, user_id=member.user_id)


async def _member(session: AsyncSession, email: str, instance: str) -> Member:
    user, place = await people.by_email(session, email), await named(session, instance)
    member = await session.get(Member, (user.id, place.id))
    if member is None:
        raise NotFound(f"{user.email} is no member of {place.instance_name}.", field="email")
    return member


async def pause(
    session: AsyncSession, name: str, *, paused: bool, note: str | None = None
) -> Instance:
    """Pause an instance or resume it, for an operator. A paused one sends nothing new to AMC."""
    place = await named(session, name)
    if paused != place.is_paused:
        set_paused(place, paused, None)
    if paused and note:
        place.pause_note = note
    return await _changed(session, place)


def set_paused(place: Instance, paused: bool, by: UUID | None) -> None:
    """Note that an instance is paused or goes on, since when and by whom. None: an operator."""
    place.is_paused, place.pause_note = paused, None
    place.paused_at = moments.now() if paused else None
    place.paused_by = by if paused else None


@dataclass(frozen=True)
class Limits:
    """What an operator changes of an instance's limits. A field that is None stays."""

    max_concurrent: int | None = None
    schedule_reserve: int | None = None
    daily_quota: int | None = None
    no_quota: bool = False

    def __post_init__(self) -> None:
        """Raise Invalid for numbers out of bounds, and if nothing is to change."""
        for field, (least, most) in BOUNDS.items():
            if (value := getattr(self, field)) is not None:
                refuse(check_number(field, value, least, most))
        if not self.no_quota and all(getattr(self, field) is None for field in BOUNDS):
            raise Invalid("Give at least one limit to change.")
        if self.no_quota and self.daily_quota is not None:
            raise Invalid("Give a daily quota or none, not both.", field="daily_quota")


async def limit(session: AsyncSession, name: str, limits: Limits) -> Instance:
    """Change the limits of an instance, for an operator. Returns the instance."""
    place = await named(session, name)
    for field in BOUNDS:
        if (value := getattr(limits, field)) is not None:
            setattr(place, field, value)
    if limits.no_quota:
        place.daily_quota = None
    return await _changed(session, place)


async def _changed(session: AsyncSession, place: Instance) -> Instance:
    """Have everything that waits on the instance look again at once."""
    await session.flush()
    await lives.recheck(session, instance_id=place.id)
    return place


async def named(session: AsyncSession, name: str) -> Instance:
    """Return the instance with this id, ours or AMC's, for an operator.

    Raises NotFound, Conflict.
    """
    conditions = [Instance.instance_id == name]
    with suppress(NotFound):  # otherwise it can only be AMC's id
        conditions.append(Instance.id == ids.decode("inst", name))
    found = list(await session.scalars(select(Instance).where(or_(*conditions))))
    if not found:
        raise NotFound(f"There is no instance {name!r}.", field="instance")
    if len(found) > 1:  # several accounts reach this instance
        known = ", ".join(sorted(ids.encode("inst", one.id) for one in found))
        raise Conflict(f"{name} exists more than once; name one of {known}.", field="instance")
    return found[0]
