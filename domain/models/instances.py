"""AMC accounts and instances, their members, and the campaigns and ASINs of their results."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, Count, CreatedAt, Key, Off, On, UpdatedAt, one_of


class Account(Base):
    """An AMC account with the authorisation to use it."""

    __tablename__ = "amc_accounts"
    __table_args__ = (
        UniqueConstraint("amc_account_id", "marketplace_id"),
        one_of("amc_accounts_region_check", "region", "NA", "EU", "FE"),
        one_of("amc_accounts_token_state_check", "token_state", "ok", "refused"),
    )

    id: Mapped[Key]
    amc_account_id: Mapped[str]
    name: Mapped[str]
    marketplace_id: Mapped[str]
    region: Mapped[str]
    # Encrypted, see domain/secrets.py. No person may read it, so it is loaded only on request.
    refresh_token: Mapped[bytes] = mapped_column(deferred=True)
    token_version: Mapped[int] = mapped_column(server_default=text("1"))
    token_renewed_at: Mapped[CreatedAt]
    token_state: Mapped[str] = mapped_column(server_default="ok")
    token_error: Mapped[str | None]
    token_checked_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Instance(Base):
    """An AMC instance with its limits, and the lease of the worker that polls it."""

    __tablename__ = "amc_instances"
    __table_args__ = (
        UniqueConstraint("account_id", "instance_id"),
        CheckConstraint("max_concurrent BETWEEN 1 AND 200", name="max_concurrent_in_bounds"),
        CheckConstraint("schedule_reserve >= 0", name="schedule_reserve_in_bounds"),
        CheckConstraint("daily_quota > 0", name="daily_quota_in_bounds"),
        CheckConstraint(
            "is_paused OR num_nonnulls(pause_note, paused_at, paused_by) = 0",
            name="a_note_is_of_a_pause",
        ),
        Index(
            "amc_instances_paused_by_idx",
            "paused_by",
            postgresql_where=text("paused_by IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    instance_id: Mapped[str]  # AMC's id of it
    instance_name: Mapped[str]
    account_id: Mapped[UUID] = mapped_column(ForeignKey("amc_accounts.id", ondelete="RESTRICT"))
    instance_type: Mapped[str] = mapped_column(server_default="STANDARD")
    region: Mapped[str | None]
    is_active: Mapped[On]
    max_concurrent: Mapped[int] = mapped_column(server_default=text("10"))
    schedule_reserve: Mapped[Count]
    daily_quota: Mapped[int | None]
    settling_lag_days: Mapped[dict[str, Any]] = mapped_column(
        server_default=text("""'{"attributed": 14, "other": 2}'::jsonb""")
    )
    is_paused: Mapped[Off]
    pause_note: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    # None: an operator has paused it, or the person is gone.
    paused_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    throttled_until: Mapped[datetime | None]
    throttle_reason: Mapped[str | None]
    poll_lease_until: Mapped[datetime | None]
    poll_fence: Mapped[Count]
    step_tries: Mapped[Count]  # polls claimed since the last recorded one
    step_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Member(Base):
    """A person's role on an instance: viewer < editor < admin."""

    __tablename__ = "instance_members"
    __table_args__ = (
        one_of("instance_members_role_check", "role", "viewer", "editor", "admin"),
        Index("instance_members_instance_id_idx", "instance_id"),
    )

    user_id: Mapped[UUID] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE"), primary_key=True
    )
    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("amc_instances.id", ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str]
    created_at: Mapped[CreatedAt]


class Campaign(Base):
    """A campaign that results of an instance have named."""

    __tablename__ = "campaigns"

    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("amc_instances.id", ondelete="CASCADE"), primary_key=True
    )
    campaign_id: Mapped[str] = mapped_column(primary_key=True)
    campaign: Mapped[str]
    ad_product_type: Mapped[str | None]
    first_seen: Mapped[CreatedAt]
    last_seen: Mapped[CreatedAt]


class Asin(Base):
    """An ASIN that results of an instance have named."""

    __tablename__ = "asins"

    instance_id: Mapped[UUID] = mapped_column(
        ForeignKey("amc_instances.id", ondelete="CASCADE"), primary_key=True
    )
    asin: Mapped[str] = mapped_column(primary_key=True)
    first_seen: Mapped[CreatedAt]
    last_seen: Mapped[CreatedAt]
