"""AMC instances and their members. An operator syncs them with AMC."""

from contextlib import suppress

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.amc.client import Amc, AmcInstance, Credentials
from domain.db import owner_transaction
from domain.errors import Conflict, NotFound
from domain.instances.accounts import every
from domain.models import Instance, Member
from domain.people import access, people
from domain.problems import check_one_of, refuse


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
    await session.execute(
        update(Instance)
        .where(Instance.account_id == account.id, Instance.instance_id.not_in(names))
        .values(is_active=False)
    )
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
    return member


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
