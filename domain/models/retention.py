"""Retention: the state of each rule, what was removed, and what must not be."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, Count, CreatedAt, Key, UpdatedAt, exactly_one, part_of


class RetentionRule(Base):
    """When a rule of retention is looked at next, and the lease of the worker that does it."""

    __tablename__ = "retention_rules"

    id: Mapped[Key]
    name: Mapped[str] = mapped_column(unique=True)
    due_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    lease_until: Mapped[datetime | None]
    fence: Mapped[Count]
    step_tries: Mapped[Count]
    step_error: Mapped[str | None]
    done_at: Mapped[datetime | None]  # when nothing was left to remove


class RetentionEntry(Base):
    """What a rule has removed on one day (UTC)."""

    __tablename__ = "retention_log"
    __table_args__ = (UniqueConstraint("rule", "day"),)

    id: Mapped[Key]
    rule: Mapped[str]
    day: Mapped[date]
    items: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    bytes: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class LegalHold(Base):
    """A report, a workflow or an instance of which no rule removes anything."""

    __tablename__ = "legal_holds"
    __table_args__ = (
        exactly_one("hold_of_one_thing", "report_id", "workflow_id", "instance_id"),
        *(
            Index(
                f"one_hold_of_a_{noun}",
                f"{noun}_id",
                unique=True,
                postgresql_where=text("released_at IS NULL"),
            )
            for noun in ("report", "workflow", "instance")
        ),
    )

    id: Mapped[Key]
    report_id: Mapped[UUID | None] = part_of("report_definitions")
    workflow_id: Mapped[UUID | None] = part_of("workflows")
    instance_id: Mapped[UUID | None] = part_of("amc_instances")
    reason: Mapped[str]
    placed_at: Mapped[CreatedAt]
    released_at: Mapped[datetime | None]
