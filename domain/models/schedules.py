"""Schedules of reports and workflows, and a tick for every moment one was due."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Enum, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from domain.models.base import (
    Base,
    Count,
    CreatedAt,
    Object,
    Off,
    On,
    UpdatedAt,
    aged,
    exactly_one,
    key,
    one_of,
    text_id,
)

OVERLAPS = ("skip", "buffer", "cancel", "allow")
OUTCOMES = (
    *("ran", "shifted", "folded", "caught_up"),
    *("skipped", "buffered", "dropped", "paused", "refused"),
)
TYPES = ("daily", "weekly", "monthly", "quarterly", "custom")
BackfillStatus = Enum(
    "pending", "in_progress", "completed", "failed", "partial", name="backfill_status_enum"
)


class Schedule(Base):
    """When a report or workflow runs on its own. `next_run_at` is the next nominal moment."""

    __abstract__ = True

    id: Mapped[UUID] = key()
    schedule_id: Mapped[str] = text_id()
    schedule_type: Mapped[str]
    cron_expression: Mapped[str]
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    default_parameters: Mapped[Object]
    is_active: Mapped[On]
    is_paused: Mapped[Off]
    last_run_at: Mapped[datetime | None]
    last_run_status: Mapped[str | None]
    next_run_at: Mapped[datetime | None]
    run_count: Mapped[Count]
    failure_count: Mapped[Count]
    backfill_status: Mapped[str | None] = mapped_column(BackfillStatus)
    schedule_config: Mapped[dict[str, Any] | None]
    data_window: Mapped[Object]  # which days a run covers
    overlap: Mapped[str] = mapped_column(server_default="skip")
    catch_up: Mapped[str] = mapped_column(server_default="latest")
    catch_up_seconds: Mapped[int] = mapped_column(server_default=text("86400"))
    jitter_seconds: Mapped[Count]
    pause_after_failures: Mapped[int | None] = mapped_column(server_default=text("5"))
    failures_in_row: Mapped[Count]
    pause_note: Mapped[str | None]
    paused_at: Mapped[datetime | None]
    last_tick_at: Mapped[CreatedAt]  # every nominal moment up to here has its tick
    due_at: Mapped[datetime | None]
    step_tries: Mapped[Count]  # failures in a row of the scheduler itself
    step_error: Mapped[str | None]
    keeps_history: Mapped[Off]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    @declared_attr
    def user_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The person in whose name it runs."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @declared_attr
    def update_collection_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The collection that its runs add segments to."""
        return mapped_column(ForeignKey("report_data_collections.id", ondelete="SET NULL"))

    @declared_attr
    def backfill_collection_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The collection of its backfill."""
        return mapped_column(ForeignKey("report_data_collections.id", ondelete="SET NULL"))


def rules(table: str) -> tuple[Any, ...]:
    """Return the checks of every schedule, and the indexes that find due ones."""
    return (
        one_of(f"{table}_overlap_check", "overlap", *OVERLAPS),
        one_of(f"{table}_catch_up_check", "catch_up", "latest", "all"),
        CheckConstraint(
            "catch_up_seconds >= 0 AND jitter_seconds BETWEEN 0 AND 3600 "
            "AND pause_after_failures >= 1",
            name=f"{table}_times_check",
        ),
        Index(f"{table}_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(f"{table}_user_id_idx", "user_id"),
        Index(f"{table}_update_collection_id_idx", "update_collection_id"),
    )


class ReportSchedule(Schedule):
    """A schedule of a report. A report has at most one active schedule."""

    __tablename__ = "report_schedules"
    __table_args__ = (
        *rules(__tablename__),
        one_of("report_schedules_schedule_type_check", "schedule_type", *TYPES),
        Index(
            "one_active_schedule_a_report",
            "report_id",
            "is_active",
            unique=True,
            postgresql_where=text("is_active = true"),
        ),
        Index(
            "idx_report_schedules_next_run",
            "next_run_at",
            postgresql_where=text("is_active = true AND is_paused = false"),
        ),
        Index("idx_report_schedules_report", "report_id"),
        Index(
            "idx_report_schedule_composite",
            "is_active",
            "is_paused",
            "next_run_at",
            postgresql_where=text("is_active = true"),
        ),
        Index(
            "report_schedules_backfill_idx",
            "backfill_collection_id",
            postgresql_where=text("backfill_collection_id IS NOT NULL"),
        ),
    )

    report_id: Mapped[UUID] = mapped_column(ForeignKey("report_definitions.id", ondelete="CASCADE"))


class WorkflowSchedule(Schedule):
    """A schedule of a workflow."""

    __tablename__ = "workflow_schedules"
    __table_args__ = (
        *rules(__tablename__),
        one_of("workflow_schedules_schedule_type_check", "schedule_type", *TYPES),
        Index(
            "idx_schedules_backfill",
            "backfill_status",
            "backfill_collection_id",
            postgresql_where=text("backfill_status IS NOT NULL"),
        ),
        Index(
            "workflow_schedules_next_run_idx",
            "next_run_at",
            postgresql_where=text("is_active = true AND is_paused = false"),
        ),
        Index("workflow_schedules_workflow_id_idx", "workflow_id"),
    )

    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))


class ScheduleTick(Base):
    """What became of one nominal moment of a schedule. It is unique, however many clocks run."""

    __tablename__ = "schedule_ticks"
    __table_args__ = (
        exactly_one("tick_of_one_schedule", "report_schedule_id", "workflow_schedule_id"),
        UniqueConstraint("report_schedule_id", "nominal_at"),
        UniqueConstraint("workflow_schedule_id", "nominal_at"),
        one_of("schedule_ticks_outcome_check", "outcome", *OUTCOMES),
        Index(
            "schedule_ticks_to_follow_idx",
            "report_schedule_id",
            postgresql_where=text("NOT is_followed"),
        ),
        Index("schedule_ticks_report_execution_id_idx", "report_execution_id"),
        Index("schedule_ticks_workflow_execution_id_idx", "workflow_execution_id"),
        aged("schedule_ticks"),
    )

    id: Mapped[UUID] = key()
    report_schedule_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_schedules.id", ondelete="CASCADE")
    )
    workflow_schedule_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_schedules.id", ondelete="CASCADE")
    )
    nominal_at: Mapped[datetime]
    outcome: Mapped[str]
    reason: Mapped[str | None]
    is_followed: Mapped[Off]  # how its execution ended is recorded
    more: Mapped[Count]  # older moments with the same outcome that have no row
    report_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_executions.id", ondelete="SET NULL")
    )
    workflow_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
