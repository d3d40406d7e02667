"""People."""

from sqlalchemy import Index, UniqueConstraint, text
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
