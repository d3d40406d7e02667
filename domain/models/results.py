"""The removal of stored results that no row names any more."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, Count, CreatedAt, Key


class ResultRemoval(Base):
    """A note to look at a stored result. Once `decided_at` is set, no row may name the file."""

    __tablename__ = "result_removals"
    __table_args__ = (
        CheckConstraint(
            "(removed_at IS NOT NULL) = (due_at IS NULL)", name="what_is_not_removed_is_due"
        ),
        CheckConstraint(
            "decided_at IS NOT NULL OR removed_at IS NULL", name="removal_is_decided_first"
        ),
        Index("result_removals_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "decided_once_for_a_location",
            "location",
            unique=True,
            postgresql_where=text("decided_at IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    location: Mapped[str]  # the key of the file in the object store
    due_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    decided_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    tries: Mapped[Count]
    error_message: Mapped[str | None]
    created_at: Mapped[CreatedAt]
