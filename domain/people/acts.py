"""Acts: what the viewer may do with a row now. The rules that refuse are those that are shown.

A noun declares its acts. Its functions ask `applies` under the row's lock, and `viewer_can` asks
the same rules for many rows at once.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain.errors import Conflict
from domain.models import Instance, Member
from domain.people import access


def _never(row: Any) -> None:
    return None


def _not_yet(row: Any) -> bool:
    return False


@dataclass(frozen=True)
class Act:
    """An act of a rank: which states of a row forbid it, and in which it changes nothing."""

    refusal: Callable[[Any], str | None] = _never
    is_done: Callable[[Any], bool] = _not_yet  # the row is so already
    needs_active: bool = False  # whether the instance must be active
    rank: str = "editor"  # the least that the person must be on the instance

    def applies(self, row: Any, *, field: str = "id") -> bool:
        """Return whether it would change the row. Raises Conflict if the row's state forbids it."""
        if self.is_done(row):
            return False
        if (why := self.refusal(row)) is not None:
            raise Conflict(why, field=field)
        return True

    def is_open(self, row: Any) -> bool:
        """Return whether the row's state allows it, and it would change the row."""
        return not self.is_done(row) and self.refusal(row) is None


Acts = Mapping[str, Act]


@dataclass(frozen=True)
class Standing:
    """The viewer's role on an instance, and whether work can be started there."""

    role: str
    is_active: bool


async def standings(session: AsyncSession, instances: Sequence[UUID]) -> dict[UUID, Standing]:
    """Return the viewer's standing on each of these instances, in one statement."""
    rows = await session.execute(
        select(Instance.id, Member.role, Instance.is_active)
        .join(Member, Member.instance_id == Instance.id)
        .where(Instance.id.in_(set(instances)), Member.user_id == func.app_user_id())
    )
    return {key: Standing(role, is_active) for key, role, is_active in rows}


def allowed(acts: Acts, row: Any, standing: Standing | None) -> list[str]:
    """Return the names of the acts that the viewer could do now, each to some effect."""
    if standing is None:
        return []
    return [
        name
        for name, act in acts.items()
        if access.suffices(standing.role, act.rank)
        and act.is_open(row)
        and (standing.is_active or not act.needs_active)
    ]


def of_instance(acts: Acts) -> Callable[[AsyncSession, list[Any]], Any]:
    """Return the function that finds the acts on rows that belong to an instance."""

    async def viewer_can(session: AsyncSession, rows: list[Any]) -> dict[UUID, list[str]]:
        known = await standings(session, [one.instance_id for one in rows])
        return {one.id: allowed(acts, one, known.get(one.instance_id)) for one in rows}

    return viewer_can
