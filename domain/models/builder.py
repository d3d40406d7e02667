"""The steps that people take in the report builder. Rows are written once and never change."""

from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, CreatedAt, Key, aged, one_of


class BuilderAudit(Base):
    """A completed step of the builder, with the whole configuration at that time."""

    __tablename__ = "report_builder_audit"
    __table_args__ = (
        one_of(
            "report_builder_audit_step_completed_check",
            *("step_completed", "parameters", "schedule", "review", "submit"),
        ),
        Index("idx_builder_audit_user", "user_id", text("created_at DESC")),
        Index("report_builder_audit_session_id_idx", "session_id"),
        aged("report_builder_audit"),
    )

    id: Mapped[Key]
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    workflow_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflows.id", ondelete="SET NULL")
    )
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="SET NULL")
    )
    session_id: Mapped[UUID | None]
    step_completed: Mapped[str]
    configuration: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
