"""Rights: what the viewer may see, and what the viewer may do.

Row-level security decides what a person can see. This module decides what they may do with it, and
words the refusal.
"""

from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.errors import Forbidden, NotFound
from domain.models import Instance, Member
from domain.viewer import Viewer

RANKS = {"viewer": 0, "editor": 1, "admin": 2}
NEEDS = {
    "viewer": "see it",
    "editor": "create, change or run anything on it",
    "admin": "administer it",
}

Row = TypeVar("Row")


async def get(
    session: AsyncSession,
    prefix: str,
    model: type[Row],
    public_id: str,
    *,
    field: str | None = None,
) -> Row:
    """Return the row with this public id. Raises the same NotFound if it is missing or hidden."""
    key = ids.decode(prefix, public_id, field=field)
    row = await session.get(model, key, execution_options={"narrow": ()})
    if row is None:
        raise NotFound(f"There is no {ids.PREFIXES[prefix].lower()} {public_id!r}.", field=field)
    return row


def suffices(role: str, rank: str) -> bool:
    """Return whether a role has at least this rank."""
    return RANKS[role] >= RANKS[rank]


async def must_be(
    session: AsyncSession,
    viewer: Viewer,
    instance_id: UUID,
    rank: str,
    *,
    field: str | None = None,
) -> None:
    """Raise Forbidden or NotFound unless the viewer has at least this rank on the instance."""
    found = await session.execute(
        select(Instance.instance_name, Member.role)
        .join(Member, Member.instance_id == Instance.id)
        .where(Instance.id == instance_id, Member.user_id == viewer.user_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound(f"There is no instance {ids.encode('inst', instance_id)!r}.", field=field)
    if not suffices(row.role, rank):
        raise Forbidden(
            f"You are {row.role} of {row.instance_name}; "
            f"the role {rank} is needed to {NEEDS[rank]}.",
            field=field,
        )
