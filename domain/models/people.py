"""People."""

from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, CreatedAt, Key, On, UpdatedAt, one_of


class User(Base):
    """A person. The identity provider knows them as (issuer, subject).

    Other people may read only id, email and name, so the other columns are loaded only on request.
    """

    __tablename__ = "users"
    __table_args__ = (
        UniqueConstraint("issuer", "subject"),
        Index("users_email_key", text("lower(email)"), unique=True),
        one_of("users_role_check", "role", "user", "admin"),
    )

    id: Mapped[Key]
    email: Mapped[str]
    name: Mapped[str]
    role: Mapped[str] = mapped_column(server_default="user", deferred=True)
    issuer: Mapped[str | None] = mapped_column(deferred=True)
    subject: Mapped[str | None] = mapped_column(deferred=True)
    is_active: Mapped[On] = mapped_column(deferred=True)
    time_zone: Mapped[str] = mapped_column(server_default="UTC", deferred=True)
    created_at: Mapped[CreatedAt] = mapped_column(deferred=True)
    updated_at: Mapped[UpdatedAt] = mapped_column(deferred=True)


class Preferences(Base):
    """What a person prefers to see. Nobody else reads it."""

    __tablename__ = "user_preferences"
    __table_args__ = (
        one_of("user_preferences_theme_check", "theme", "system", "light", "dark"),
        one_of("user_preferences_week_start_check", "week_start", "monday", "sunday"),
        Index("user_preferences_instance_id_idx", "instance_id"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    theme: Mapped[str] = mapped_column(server_default="system")
    week_start: Mapped[str] = mapped_column(server_default="monday")
    instance_id: Mapped[UUID | None] = mapped_column(  # that a client shows first
        ForeignKey("amc_instances.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
