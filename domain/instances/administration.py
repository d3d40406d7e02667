"""What the admins of an instance do: decide who its members are, change its limits, pause it.

`ACTS` says what they may do now, as `viewerCan` shows it.

`domain/instances/instances.py` has the same for operators, who need no right.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import lives
from domain.errors import Conflict, Invalid, NotFound
from domain.instances.instances import BOUNDS, set_paused
from domain.models import Instance, Member
from domain.people import access, acts
from domain.people.acts import Act
from domain.problems import Gathered, Problem, check_number, check_text
from domain.viewer import Viewer

WHO = text("SELECT user_of_address(:address)")
NO_CHANGE: Any = object()  # for what None would clear
SETTLING_DAYS = (0, 60)
LONGEST_NOTE = 500
ACTS = {
    "change": Act(rank="admin"),
    "pause": Act(is_done=lambda instance: bool(instance.is_paused), rank="admin"),
    "resume": Act(is_done=lambda instance: not instance.is_paused, rank="admin"),
    "set_members": Act(rank="admin"),
    "read_audit": Act(rank="admin"),
}


@dataclass(frozen=True)
class InstanceChange:
    """What an admin changes about an instance. Fields that are None, or NO_CHANGE, stay.

    Raises Problems with all that is wrong with it.
    """

    max_concurrent: int | None = None
    schedule_reserve: int | None = None
    daily_quota: Any = NO_CHANGE
    settling_lag: Mapping[str, int] | None = None  # days, by the kind of tables
    is_paused: bool | None = None
    pause_note: Any = NO_CHANGE

    def __post_init__(self) -> None:
        wrong = Gathered()
        for field, words in (
            ("max_concurrent", "maxConcurrent"),
            ("schedule_reserve", "scheduleReserve"),
            ("daily_quota", "dailyQuota"),
        ):
            value = getattr(self, field)
            if value is not None and value is not NO_CHANGE:
                wrong += check_number(f"change.{words}", value, *BOUNDS[field])
        for tables, days in (self.settling_lag or {}).items():
            wrong += check_number(f"change.settlingLag.{tables}", days, *SETTLING_DAYS)
        if self.pause_note is not NO_CHANGE and self.pause_note is not None:
            wrong += check_text("change.pauseNote", self.pause_note.strip(), 1, LONGEST_NOTE)
            if self.is_paused is False:
                wrong.append(Problem("change.pauseNote", "A note belongs to a pause."))
        wrong.refuse()


async def change(
    session: AsyncSession, viewer: Viewer, public_id: str, wanted: InstanceChange
) -> Instance:
    """Change the limits of an instance, pause it or let it go on.

    Raises Forbidden, and Invalid for a note while it is not paused.
    """
    instance = await _locked(session, viewer, public_id, "id")
    for field in ("max_concurrent", "schedule_reserve"):
        if (value := getattr(wanted, field)) is not None:
            setattr(instance, field, value)
    if wanted.daily_quota is not NO_CHANGE:
        instance.daily_quota = wanted.daily_quota
    if wanted.settling_lag:
        instance.settling_lag_days = {**instance.settling_lag_days, **wanted.settling_lag}
    if wanted.is_paused is not None and wanted.is_paused != instance.is_paused:
        set_paused(instance, wanted.is_paused, viewer.user_id)
    if wanted.pause_note is not NO_CHANGE:
        _note(instance, wanted.pause_note)
    await session.flush()
    # What waits on the instance looks again at once.
    await lives.recheck(session, instance_id=instance.id)
    await session.refresh(instance)
    return instance


def _note(instance: Instance, note: str | None) -> None:
    if note is not None and not instance.is_paused:
        raise Invalid("A note belongs to a pause.", field="change.pauseNote")
    instance.pause_note = None if note is None else note.strip()


async def viewer_can(session: AsyncSession, rows: Sequence[Instance]) -> dict[UUID, list[str]]:
    """Return the acts that the viewer may do with each of these instances, in one statement."""
    known = await acts.standings(session, [one.id for one in rows])
    return {one.id: acts.allowed(ACTS, one, known.get(one.id)) for one in rows}


async def member_set(
    session: AsyncSession, viewer: Viewer, public_id: str, email: str, role: str
) -> Member:
    """Make somebody a member of the instance, or give a member another role.

    Work in the name of somebody who is no editor any more ends (domain/lives.py). Raises
    Forbidden, NotFound if nobody has this address, and Conflict for the last admin.
    """
    instance = await _locked(session, viewer, public_id, "instanceId")
    who = await session.scalar(WHO, {"address": email.strip()})
    if who is None:
        raise NotFound("Nobody who may sign in has this address.", field="email")
    member = await session.get(Member, (who, instance.id))
    if member is None:
        member = Member(user_id=who, instance_id=instance.id, role=role)
        session.add(member)
    elif member.role != role:
        await _keeps_an_admin(session, member)
        await lives.recheck(session, instance_id=instance.id, user_id=member.user_id)
        member.role = role
    await session.flush()
    return member


async def member_remove(
    session: AsyncSession, viewer: Viewer, public_id: str, email: str
) -> Instance:
    """Take the membership from somebody. For somebody who is no member nothing changes.

    Their work on the instance ends (domain/lives.py). Raises Forbidden, and Conflict for the last
    admin.
    """
    instance = await _locked(session, viewer, public_id, "instanceId")
    who = await session.scalar(WHO, {"address": email.strip()})
    member = None if who is None else await session.get(Member, (who, instance.id))
    if member is None:
        return instance
    if who == viewer.user_id:
        raise Invalid("Nobody removes themselves; ask another admin.", field="email")
    await _keeps_an_admin(session, member)
    await lives.recheck(session, instance_id=instance.id, user_id=member.user_id)
    await session.delete(member)
    await session.flush()
    return instance


async def _locked(session: AsyncSession, viewer: Viewer, public_id: str, field: str) -> Instance:
    """Lock and return the instance for an admin of it, so that changes take turns."""
    instance = await access.get(session, "inst", Instance, public_id, field=field)
    await access.must_be(session, viewer, instance.id, "admin", field=field)
    # Rights are checked before locking: PostgreSQL refuses to lock rows the viewer may not change.
    await session.refresh(instance, with_for_update={"key_share": True})
    return instance


async def _keeps_an_admin(session: AsyncSession, member: Member) -> None:
    """Raise Conflict if this is the instance's last admin."""
    if member.role != "admin":
        return
    admins = select(func.count()).where(
        Member.instance_id == member.instance_id, Member.role == "admin"
    )
    if await session.scalar(admins) == 1:
        raise Conflict(
            "This is the last admin of the instance; make somebody else an admin first.",
            field="email",
        )
