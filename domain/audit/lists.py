"""Lists the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.errors import NotFound
from domain.models import AuditEntry
from domain.pages.filters import Conditions, between, one_of, with_id
from domain.pages.pages import Orders, Page, PageArgs, by, page

ORDERS = Orders(AuditEntry.id, {"created_at": by(AuditEntry.created_at)})


@dataclass(frozen=True)
class AuditFilter:
    """Which entries to list. A field that is None matches all."""

    object_id: str | None = None
    types: Sequence[str] | None = None
    acts: Sequence[str] | None = None
    operations: Sequence[str] | None = None
    origins: Sequence[str] | None = None
    by_id: str | None = None
    instance_id: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


async def find(session: AsyncSession, filter: AuditFilter, args: PageArgs) -> Page[AuditEntry]:
    """Return a page of the entries that the viewer may see, newest first. Raises NotFound."""
    statement = select(AuditEntry).where(
        *_of_object(filter.object_id),
        *one_of(AuditEntry.object_type, filter.types, "types"),
        *one_of(AuditEntry.act, filter.acts, "acts"),
        *one_of(AuditEntry.operation, filter.operations, "operations"),
        *one_of(AuditEntry.origin, filter.origins, "origins"),
        *with_id(AuditEntry.actor_id, "user", filter.by_id, "byId"),
        *with_id(AuditEntry.instance_id, "inst", filter.instance_id, "instanceId"),
        *between(AuditEntry.created_at, filter.created_from, filter.created_before),
    )
    return await page(session, statement, ORDERS, args)


def _of_object(public_id: str | None) -> Conditions:
    """The entry is about the object with this id, of whatever type, or about a part of it."""
    if public_id is None:
        return []
    key = _key(public_id)
    return [or_(AuditEntry.object_id == key, AuditEntry.parent_id == key)]


def _key(public_id: str) -> UUID:
    prefix = public_id.partition("_")[0]
    if prefix not in ids.PREFIXES:
        raise NotFound(f"There is no object {public_id[:64]!r}.", field="filter.objectId")
    return ids.decode(prefix, public_id, field="filter.objectId")
