"""Records that keep an action from having two effects."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Computed, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, Count, CreatedAt, exactly_one, key


class Intent(Base):
    """An execution to submit to AMC. It takes a slot and counts towards the day's quota."""

    __tablename__ = "amc_intents"
    __table_args__ = (
        exactly_one("intent_of_one_execution", "report_execution_id", "workflow_execution_id"),
        Index("amc_intents_open_idx", "instance_id", postgresql_where=text("released_at IS NULL")),
        Index("amc_intents_of_instance_idx", "instance_id", "created_at"),
        Index(
            "amc_intents_to_remove_idx",
            "released_at",
            postgresql_where=text("workflow_removed_at IS NULL AND released_at IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    report_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_executions.id", ondelete="CASCADE"), unique=True
    )
    workflow_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="CASCADE"), unique=True
    )
    execution_id: Mapped[UUID] = mapped_column(
        Computed("COALESCE(report_execution_id, workflow_execution_id)", persisted=True),
        nullable=True,
    )
    amc_workflow_id: Mapped[str] = mapped_column(unique=True)
    requested_at: Mapped[datetime | None]
    amc_execution_id: Mapped[str | None]
    empty_lists: Mapped[Count]
    workflow_removed_at: Mapped[datetime | None]
    released_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class IdempotencyKey(Base):
    """The first answer to a mutation, returned again if the mutation is repeated."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (Index("idempotency_keys_expires_at_idx", "expires_at"),)

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    key: Mapped[str] = mapped_column(primary_key=True)
    operation: Mapped[str]
    request_hash: Mapped[str]
    answer_id: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    expires_at: Mapped[datetime]
