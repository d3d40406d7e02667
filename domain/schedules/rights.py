"""What the viewer may do with schedules now."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import kinds
from domain.people import acts
from domain.people.acts import Act
from domain.queries import sources
from domain.schedules import schedules

ACTS = {
    "change": schedules.CHANGE,
    "pause": schedules.PAUSE,
    "resume": schedules.RESUME,
    "run": Act(),
    "delete": Act(),
}


async def viewer_can(session: AsyncSession, rows: list[Any]) -> dict[UUID, list[str]]:
    """Return the acts on each schedule. Those of an archived report or workflow have none."""
    found: dict[UUID, Any] = {}
    for kind in kinds.KINDS:
        keys = [one.id for one in rows if isinstance(one, kind.schedule.model)]
        if keys:
            found |= await _sources(session, kind, keys)
    known = await acts.standings(session, [one.instance_id for one in found.values()])
    return {
        one.id: acts.allowed(ACTS, one, known.get(found[one.id].instance_id))
        for one in rows
        if one.id in found and sources.RUN.is_open(found[one.id])
    }


async def _sources(
    session: AsyncSession, kind: kinds.Kind, keys: list[UUID]
) -> dict[UUID, kinds.Runnable]:
    model, source = kind.schedule.model, kind.source.model
    rows = await session.execute(
        select(model.id, source)
        .join(source, source.id == getattr(model, kind.source.key))
        .where(model.id.in_(keys))
    )
    return {row[0]: row[1] for row in rows}
