"""Lists the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.errors import NotFound
from domain.models import AuditEntry
from domain.pages.filters import Conditions, between, one_of, with_id
from domain.pages.pages import Orders, Page, PageArgs, by, page
from domain.viewer import Viewer

ADMINISTERED = text(
    "SELECT my_instances_to_administer(), i_administer_the_server(), my_accounts_to_administer()"
)
OF_SERVER = ("user", "account", "retention")
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


async def find(
    session: AsyncSession, viewer: Viewer, filter: AuditFilter, args: PageArgs
) -> Page[AuditEntry]:
    """Return a page of the entries that the viewer may see, newest first. Raises NotFound."""
    statement = select(AuditEntry).where(
        await _nearby(session, viewer),
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


async def _nearby(session: AsyncSession, viewer: Viewer) -> ColumnElement[bool]:
    """What the policy of the table lets the viewer see, in terms that lead to an index.

    The policy decides. But it asks functions, so PostgreSQL cannot know how few rows it leaves, and
    would look at a million entries of others.
    """
    place, everywhere, accounts = (await session.execute(ADMINISTERED)).one()
    near = [AuditEntry.owner_id == viewer.user_id, AuditEntry.actor_id == viewer.user_id]
    if place:
        near.append(AuditEntry.instance_id.in_(place))
    if everywhere:
        near.append(AuditEntry.object_type.in_(OF_SERVER))
    if accounts:
        of_account = AuditEntry.object_type == "account", AuditEntry.object_id.in_(accounts)
        near.append(and_(*of_account))
    return or_(*near)


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
