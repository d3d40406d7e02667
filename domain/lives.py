"""When work ends because a right or a life has ended. The one rule, for everything that runs.

Executions, schedules and collections run in the name of a person, on an instance, for a report or
workflow. `end_of` and `ended_in_line` say whether one may go on. Workers ask right before they
would ask AMC for something new, so it does not matter how the right was lost, or who noticed.

* The report or workflow was archived, or the person may not sign in any more, has left the
  instance, or is no longer its editor: the work ends. Schedules and collections are paused with the
  reason (collections of what is archived are cancelled), executions in line are cancelled with it.
  An editor who resumes or retries goes on in their own name.
* The instance is inactive or paused: the work waits, and says so in `blockedBy`.
* What AMC is already running goes on, and its result is fetched and kept.

`recheck` makes everything due at once that a change may concern.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    bindparam,
    case,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.ext.asyncio import AsyncSession

from domain import db, ids, kinds
from domain.bus import bus
from domain.bus.queues import Job
from domain.kinds import Kind
from domain.models import Collection, Instance, Member, User

ARCHIVED = "ARCHIVED"
NOT_ALLOWED = "NOT_ALLOWED"
CODES = (ARCHIVED, NOT_ALLOWED)  # error codes of executions that were ended by this rule
EDITORS = ("editor", "admin")
WHO_RESUMES = "An editor can resume it in their own name."


@dataclass(frozen=True)
class End:
    """Why a row may not go on: a code for programs, and a sentence for people."""

    key: UUID
    code: str
    message: str


async def end_of(session: AsyncSession, row: Any) -> End | None:
    """Return why this execution, schedule or collection may not go on, or None."""
    kind = kinds.of(row)
    rows = await session.execute(_ended_by_key(kind, row.__class__), {"key": row.id})
    ends = [_end(kind, one) for one in rows]
    return ends[0] if ends else None


async def ended(
    session: AsyncSession, kind: Kind, model: Any, keys: Sequence[UUID]
) -> dict[UUID, End]:
    """Return which of these rows of one table may not go on, each with the reason."""
    rows = await session.execute(_ended_of(kind, model), {"keys": list(keys)})
    return {row.id: _end(kind, row) for row in rows}


async def ended_in_line(session: AsyncSession, kind: Kind, instance_id: UUID) -> Sequence[End]:
    """Return which executions in line for this instance may not go on, each with the reason."""
    rows = await session.execute(_ended_in_line(kind), {"instance": instance_id})
    return [_end(kind, row) for row in rows]


def _end(kind: Kind, row: Any) -> End:
    code = ARCHIVED if row.why == "archived" else NOT_ALLOWED
    return End(row.id, code, _message(kind, row))


# These are built once: building takes longer than asking.
@cache
def _ended_by_key(kind: Kind, model: Any) -> Select[Any]:
    return _ended(kind, model, model.id == bindparam("key", type_=Uuid()))


@cache
def _ended_of(kind: Kind, model: Any) -> Select[Any]:
    return _ended(kind, model, model.id == any_(bindparam("keys", type_=ARRAY(Uuid()))))


@cache
def _ended_in_line(kind: Kind) -> Select[Any]:
    model = kind.execution.model
    there = model.instance_id == bindparam("instance", type_=Uuid())
    return _ended(kind, model, model.phase == db.fixed("waiting"), there)


def _ended(kind: Kind, model: type[Any], *which: ColumnElement[bool]) -> Select[Any]:
    source = kind.source.model
    instance = getattr(model, "instance_id", source.instance_id)
    why = case(
        (source.archived_at.is_not(None), "archived"),
        (or_(User.id.is_(None), ~User.is_active), "person"),
        (Member.role.is_(None), "member"),
        (Member.role.not_in(EDITORS), "role"),
    )
    return (
        select(
            model.id,
            why.label("why"),
            source.name.label("source"),
            func.coalesce(User.name, "Somebody").label("person"),
            Instance.instance_name.label("instance"),
        )
        .select_from(model)
        .outerjoin(source, source.id == getattr(model, kind.source.key))
        .join(Instance, Instance.id == instance)
        .outerjoin(User, User.id == model.user_id)
        .outerjoin(Member, and_(Member.user_id == model.user_id, Member.instance_id == Instance.id))
        .where(*which, why.is_not(None))
        .execution_options(constant=True)
    )


def _message(kind: Kind, row: Any) -> str:
    match row.why:
        case "archived":
            return f"The {kind.noun} {row.source!r} is archived."
        case "person":
            return f"{row.person}, in whose name it runs, may no longer sign in."
        case "member":
            return f"{row.person}, in whose name it runs, is no longer a member of {row.instance}."
        case _:
            return f"{row.person}, in whose name it runs, is no longer an editor of {row.instance}."


def inactive(instance: Instance) -> str:
    """Return the sentence that refuses work on an inactive instance."""
    return f"{instance.instance_name} is no longer active."


async def recheck(
    session: AsyncSession,
    *,
    instance_id: UUID | None = None,
    account_id: UUID | None = None,
    user_id: UUID | None = None,
    source: tuple[Kind, UUID] | None = None,
) -> None:
    """Make the open work due now that has this instance, this person and this report or workflow.

    `account_id` stands for all instances of an account.

    The clock finds it within a second, even if the nudges are lost. If it is about a person, all
    watchers look again: they may be shown something by that person's right.
    """
    if user_id is not None:
        bus.changed(session, bus.RIGHTS)
    places: set[UUID] = {instance_id} if instance_id is not None else set()
    there = _there(instance_id, account_id)
    for kind in kinds.KINDS if source is None else [source[0]]:
        key = None if source is None else source[1]
        places.update(await _recheck(session, kind, there, user_id, key))
    for one in places:
        bus.later(session, Job.DISPATCH_INSTANCE, ids.encode("inst", one))


async def _recheck(
    session: AsyncSession, kind: Kind, there: Any, user_id: UUID | None, key: UUID | None
) -> set[UUID]:
    """Make the work of one kind due. Returns the instances of its executions."""
    execution, schedule = kind.execution.model, kind.schedule.model
    name = kind.source.key
    where = [
        *([] if there is None else [execution.instance_id.in_(there)]),
        *_equal(execution.user_id, user_id),
        *_equal(getattr(execution, name), key),
    ]
    places = await _executions(session, execution, *where)
    where = [
        *([] if there is None else [getattr(schedule, name).in_(_sources(kind, there))]),
        *_equal(schedule.user_id, user_id),
        *_equal(getattr(schedule, name), key),
    ]
    await session.execute(
        update(schedule)
        .where(schedule.is_active, ~schedule.is_paused, *where)
        .values(due_at=func.now())
    )
    where = [
        *([] if there is None else [Collection.instance_id.in_(there)]),
        *_equal(Collection.user_id, user_id),
        *_equal(getattr(Collection, name), key),
    ]
    await session.execute(
        update(Collection)
        .where(Collection.status.in_(("pending", "running")), *where)
        .values(due_at=func.now())
    )
    return places


def _there(instance_id: UUID | None, account_id: UUID | None) -> Any:
    """Return the keys of the instances that it is about. None: of all."""
    if instance_id is not None:
        return [instance_id]
    if account_id is not None:
        return select(Instance.id).where(Instance.account_id == account_id)
    return None


def _sources(kind: Kind, there: Any) -> Any:
    model = kind.source.model
    return select(model.id).where(model.instance_id.in_(there))


async def _executions(
    session: AsyncSession, model: type[Any], *which: ColumnElement[bool]
) -> set[UUID]:
    """Make the executions in line due. Returns their instances."""
    # Rows are locked in the order that everybody uses, so that no deadlock arises.
    rows = await session.execute(
        select(model.id, model.instance_id)
        .where(model.phase == "waiting", *which)
        .order_by(model.id)
        .with_for_update(key_share=True)
    )
    found = rows.all()
    due = update(model).where(model.id.in_([row.id for row in found])).values(due_at=func.now())
    await session.execute(due)
    return {row.instance_id for row in found}


def _equal(column: Any, value: UUID | None) -> list[ColumnElement[bool]]:
    return [] if value is None else [column == value]
