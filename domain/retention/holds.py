"""Legal holds: a report, a workflow or an instance of which retention removes nothing."""

from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids, kinds
from domain.errors import Conflict, NotFound
from domain.instances import instances
from domain.models import Instance, LegalHold
from domain.problems import check_text, refuse


async def place(session: AsyncSession, name: str, reason: str) -> LegalHold:
    """Place a hold, for an operator. Raises Conflict if there is one, NotFound and Invalid."""
    refuse(check_text("reason", reason.strip(), 1, 1000))
    on = await _on(session, name)
    if await session.scalar(_open(on)) is not None:
        raise Conflict(f"There is a hold on {name} already.", field="name")
    hold = LegalHold(**on, reason=reason.strip())
    session.add(hold)
    await session.flush()
    return hold


async def release(session: AsyncSession, name: str) -> None:
    """Release a hold, for an operator. It stays as a row. Raises NotFound if there is none."""
    on = await _on(session, name)
    released = await session.execute(
        update(LegalHold)
        .where(*_equal(on), LegalHold.released_at.is_(None))
        .values(released_at=func.now())
        .returning(LegalHold.id)
    )
    if not released.all():
        raise NotFound(f"There is no hold on {name}.", field="name")


async def listed(session: AsyncSession) -> list[LegalHold]:
    """Return all holds, those that were released among them, newest first."""
    rows = await session.scalars(select(LegalHold).order_by(LegalHold.placed_at.desc()))
    return list(rows)


def public_id(hold: LegalHold) -> str:
    """Return the public id of what the hold is on."""
    if hold.instance_id is not None:
        return ids.encode("inst", hold.instance_id)
    kind = kinds.of(hold)
    return ids.encode(kind.source.prefix, kinds.source_key(hold))


async def _on(session: AsyncSession, name: str) -> dict[str, Any]:
    """Return the column and the key of a report, a workflow or an instance with this id."""
    for kind in kinds.KINDS:
        if name.startswith(f"{kind.source.prefix}_"):
            key = ids.decode(kind.source.prefix, name, field="name")
            if await session.get(kind.source.model, key) is None:
                raise NotFound(f"There is no {kind.noun} {name!r}.", field="name")
            return {kind.source.key: key}
    found: Instance = await instances.named(session, name)
    return {"instance_id": found.id}


def _equal(on: dict[str, Any]) -> list[Any]:
    return [getattr(LegalHold, column) == key for column, key in on.items()]


def _open(on: dict[str, Any]) -> Any:
    return select(LegalHold.id).where(*_equal(on), LegalHold.released_at.is_(None))
