"""The audit. The database writes it, by triggers; nobody changes it, and retention ends it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, Key, one_of

ACTS = ("create", "change", "delete")
ORIGINS = ("person", "operator", "engine")


def _newest(name: str, *columns: str, **more: Any) -> Index:
    return Index(name, *columns, text("created_at DESC"), text("id DESC"), **more)


class AuditEntry(Base):
    """One act on one object. It refers to nothing, so that it outlives what it tells of."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        one_of("audit_entries_act_check", "act", *ACTS),
        one_of("audit_entries_origin_check", "origin", *ORIGINS),
        CheckConstraint("(origin = 'person') = (actor_id IS NOT NULL)", name="a_person_has_a_key"),
        _newest("audit_entries_created_at_idx"),
        _newest("audit_entries_of_instance_idx", "instance_id"),
        _newest("audit_entries_of_object_idx", "object_id"),
        _newest("audit_entries_of_parent_idx", "parent_id"),
        _newest("audit_entries_of_owner_idx", "owner_id"),
        _newest("audit_entries_of_actor_idx", "actor_id"),
        _newest(
            "audit_entries_of_server_idx",
            "object_type",
            postgresql_where=text("object_type IN ('user', 'account', 'retention')"),
        ),
    )

    id: Mapped[Key]
    created_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    origin: Mapped[str]
    actor_id: Mapped[UUID | None]
    operator: Mapped[str | None]  # the login of whoever ran the command
    operation: Mapped[str | None]  # the mutation, or the command
    act: Mapped[str]
    object_type: Mapped[str]
    object_id: Mapped[UUID]
    object_name: Mapped[str | None]
    parent_type: Mapped[str | None]
    parent_id: Mapped[UUID | None]
    owner_id: Mapped[UUID | None]  # whose object it is
    instance_id: Mapped[UUID | None]
    before: Mapped[dict[str, Any] | None]  # of a change only what changed
    after: Mapped[dict[str, Any] | None]
