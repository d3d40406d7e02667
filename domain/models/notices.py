"""Notices: who subscribed to events of schedules, and every notice that is sent to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, Count, CreatedAt, Key, Object, On, aged, one_of, part_of

OF_SCHEDULES = ("COMPLETED", "FAILED", "PAUSED_BY_FAILURES", "MISSED")
EVENTS = (*OF_SCHEDULES, "COLLECTION_ENDED", "RUN_FAILED", "SHARED", "QUOTA_REACHED")
KINDS = ("email", "webhook")


class NoticeTarget(Base):
    """A person's subscription to events of one schedule, or of all of their schedules."""

    __tablename__ = "notice_targets"
    __table_args__ = (
        one_of("notice_targets_kind_check", "kind", *KINDS),
        CheckConstraint(
            "num_nonnulls(report_schedule_id, workflow_schedule_id) <= 1",
            name="told_of_one_schedule_or_of_all",
        ),
        CheckConstraint(
            f"events <> '{{}}' AND events <@ ARRAY{list(EVENTS)}",
            name="notice_targets_events_check",
        ),
        CheckConstraint("(kind = 'webhook') = (secret IS NOT NULL)", name="a_webhook_has_a_secret"),
        UniqueConstraint(
            "user_id",
            "report_schedule_id",
            "workflow_schedule_id",
            "kind",
            "address",
            name="told_in_one_place_once",
            postgresql_nulls_not_distinct=True,
        ),
        Index("notice_targets_report_schedule_id_idx", "report_schedule_id"),
        Index("notice_targets_workflow_schedule_id_idx", "workflow_schedule_id"),
        one_of(
            "notice_targets_export_format_check",
            *("export_format", "pdf", "png", "csv", "xlsx", "parquet"),
        ),
        CheckConstraint(
            "dashboard_id IS NULL OR export_format IS NOT NULL",
            name="a_dashboard_is_sent_in_a_format",
        ),
        Index("notice_targets_dashboard_id_idx", "dashboard_id"),
    )

    id: Mapped[Key]
    user_id: Mapped[UUID] = part_of("users")
    report_schedule_id: Mapped[UUID | None] = part_of("report_schedules")
    workflow_schedule_id: Mapped[UUID | None] = part_of("workflow_schedules")
    kind: Mapped[str]
    address: Mapped[str]
    events: Mapped[list[str]]
    # With COMPLETED: an export of the run's rows in this format, or of the dashboard.
    export_format: Mapped[str | None]
    dashboard_id: Mapped[UUID | None] = part_of("dashboards")
    # Encrypted, see domain/secrets.py. No person may read it, so it is loaded only on request.
    secret: Mapped[bytes | None] = mapped_column(deferred=True)
    is_active: Mapped[On]
    created_at: Mapped[CreatedAt]


class Notice(Base):
    """A notice of one event to one target, and the lease of the worker that delivers it."""

    __tablename__ = "notices"
    __table_args__ = (
        one_of("notices_event_check", "event", *EVENTS),
        one_of("notices_state_check", "state", "pending", "sent", "failed"),
        CheckConstraint(
            "(state = 'pending') = (due_at IS NOT NULL)", name="a_pending_notice_is_due"
        ),
        CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent_has_a_moment"),
        CheckConstraint(
            "state <> 'failed' OR last_error IS NOT NULL", name="a_failed_notice_has_a_reason"
        ),
        UniqueConstraint("target_id", "event", "dedupe_key"),
        Index("notices_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("notices_of_target_idx", "target_id", text("created_at DESC"), text("id DESC")),
        Index("notices_report_execution_id_idx", "report_execution_id"),
        Index("notices_workflow_execution_id_idx", "workflow_execution_id"),
        Index("notices_schedule_tick_id_idx", "schedule_tick_id"),
        aged("notices"),
        Index("notices_export_id_idx", "export_id"),
        Index("notices_instance_id_idx", "instance_id"),
    )

    id: Mapped[Key]
    target_id: Mapped[UUID] = part_of("notice_targets")
    event: Mapped[str]
    dedupe_key: Mapped[str]
    report_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_executions.id", ondelete="SET NULL")
    )
    workflow_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="SET NULL")
    )
    schedule_tick_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("schedule_ticks.id", ondelete="SET NULL")
    )
    export_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_exports.id", ondelete="SET NULL")
    )
    # Of an event that is of no schedule: who has left the instance is not told.
    instance_id: Mapped[UUID | None] = part_of("amc_instances")
    payload: Mapped[Object]
    state: Mapped[str] = mapped_column(server_default="pending")
    attempts: Mapped[Count]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[Count]
    deadline_at: Mapped[datetime | None]  # of all attempts; set by the first one
    last_error: Mapped[str | None]
    sent_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]


class InboxEntry(Base):
    """What happened to what is a person's. The database writes it, once for each event."""

    __tablename__ = "inbox_entries"
    __table_args__ = (
        one_of("inbox_entries_event_check", "event", *EVENTS),
        UniqueConstraint("user_id", "event", "dedupe_key"),
        Index("inbox_entries_of_user_idx", "user_id", text("created_at DESC"), text("id DESC")),
        Index("inbox_entries_unread_idx", "user_id", postgresql_where=text("read_at IS NULL")),
        Index("inbox_entries_instance_id_idx", "instance_id"),
        Index("inbox_entries_dashboard_id_idx", "dashboard_id"),
        aged("inbox_entries"),
    )

    id: Mapped[Key]
    user_id: Mapped[UUID] = part_of("users")
    event: Mapped[str]
    dedupe_key: Mapped[str]
    instance_id: Mapped[UUID | None] = part_of("amc_instances")
    dashboard_id: Mapped[UUID | None] = part_of("dashboards")
    object_id: Mapped[str | None]  # the public id of what it happened to
    source_id: Mapped[str | None]  # and of its report or workflow
    name: Mapped[str | None]
    reason: Mapped[str | None]
    read_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
