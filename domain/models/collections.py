"""Collections: ranges of days cut into segments, and the results of these."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    Computed,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import (
    Base,
    Count,
    CreatedAt,
    Name,
    Object,
    Off,
    UpdatedAt,
    Word,
    aged,
    exactly_one,
    key,
    one_of,
    text_id,
)

OUTCOMES = ("DATA", "EMPTY", "SUPPRESSED", "DATA_GAP")


class Collection(Base):
    """Past results of a report or a workflow, segment by segment."""

    __tablename__ = "report_data_collections"
    __table_args__ = (
        one_of(
            "report_data_collections_status_check",
            "status",
            *("pending", "running", "completed", "failed", "paused", "partial", "cancelled"),
        ),
        one_of(
            "report_data_collections_collection_type_check",
            *("collection_type", "backfill", "weekly_update"),
        ),
        one_of(
            "report_data_collections_segment_type_check",
            *("segment_type", "daily", "weekly", "monthly", "quarterly"),
        ),
        CheckConstraint(
            "max_lookback_days <= 365", name="report_data_collections_max_lookback_days_check"
        ),
        exactly_one("collection_of_one_source", "report_id", "workflow_id"),
        CheckConstraint("end_date >= start_date", name="collection_ends_after_it_starts"),
        CheckConstraint("target_weeks > 0", name="collection_has_segments"),
        CheckConstraint("progress_percentage BETWEEN 0 AND 100", name="progress_is_a_percentage"),
        CheckConstraint(
            "weeks_completed BETWEEN 0 AND target_weeks", name="completed_segments_are_segments"
        ),
        CheckConstraint(
            "segmentation_config ->> 'type' = segment_type", name="segmentation_is_of_its_type"
        ),
        Index("idx_report_collections_workflow_id", "workflow_id"),
        Index("idx_report_collections_instance_id", "instance_id"),
        Index("idx_report_collections_status", "status"),
        Index("idx_report_collections_user_id", "user_id"),
        Index(
            "idx_collections_report", "report_id", postgresql_where=text("report_id IS NOT NULL")
        ),
        Index("idx_collections_lookback", "lookback_config", postgresql_using="gin"),
        CheckConstraint(
            "(completed_at IS NOT NULL) = "
            "(status IN ('completed', 'partial', 'failed', 'cancelled'))",
            name="collection_over_has_a_moment",
        ),
        Index(
            "report_data_collections_due_idx",
            "due_at",
            postgresql_where=text("due_at IS NOT NULL"),
        ),
        Index("report_data_collections_series_hash_idx", "series_hash"),
        Index(
            "report_data_collections_of_instance_idx",
            "instance_id",
            text("created_at DESC"),
            text("id DESC"),
        ),
    )

    id: Mapped[UUID] = key()
    collection_id: Mapped[str] = text_id(255)
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="CASCADE")
    )
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    collection_type: Mapped[Word]
    target_weeks: Mapped[int]
    start_date: Mapped[date]
    end_date: Mapped[date]  # the last day included
    status: Mapped[str] = mapped_column(String(50), server_default="pending")
    progress_percentage: Mapped[Count]
    weeks_completed: Mapped[Count]
    error_message: Mapped[str | None]
    configuration: Mapped[Object]
    lookback_config: Mapped[dict[str, Any] | None]
    segmentation_config: Mapped[dict[str, Any] | None]
    segment_type: Mapped[str] = mapped_column(server_default="weekly")
    max_lookback_days: Mapped[int] = mapped_column(server_default=text("365"))
    # Pinned at the start: the template version of every segment, and the series of its numbers.
    template_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("query_template_versions.id", ondelete="RESTRICT")
    )
    series_hash: Mapped[str] = mapped_column(server_default="")
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    version: Mapped[int] = mapped_column(server_default=text("1"))  # of what watchers see
    due_at: Mapped[datetime | None]
    waits: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    rate_per_hour: Mapped[Decimal | None]
    eta_earliest: Mapped[datetime | None]
    eta_latest: Mapped[datetime | None]
    forecast_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    aggregate_lease_until: Mapped[datetime | None]
    aggregate_fence: Mapped[Count]
    aggregate_tries: Mapped[Count]  # claims since the last recorded one
    step_tries: Mapped[Count]  # failures in a row
    # Whether all its results are drawn as a view, why that failed, and when it is tried again.
    dashboard_processed: Mapped[Off]
    dashboard_processing_error: Mapped[str | None]
    dashboard_attempts: Mapped[Count]
    dashboard_due_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Week(Base):
    """A segment of a collection: a week, or whatever unit its segment type names."""

    __tablename__ = "report_data_weeks"
    __table_args__ = (
        one_of(
            "report_data_weeks_status_check",
            *("status", "pending", "running", "completed", "failed", "skipped"),
        ),
        CheckConstraint(
            "num_nonnulls(report_execution_id, workflow_execution_id) <= 1",
            name="week_has_one_execution",
        ),
        CheckConstraint("week_end_date >= week_start_date", name="week_ends_after_it_starts"),
        CheckConstraint("row_count >= 0", name="report_data_weeks_row_count_check"),
        UniqueConstraint("collection_id", "week_start_date"),
        Index("idx_report_weeks_collection_id", "collection_id"),
        Index("idx_report_weeks_date_range", "week_start_date", "week_end_date"),
        Index("idx_report_weeks_status", "status"),
        Index(
            "idx_report_data_weeks_execution_id",
            "execution_id",
            postgresql_where=text("execution_id IS NOT NULL"),
        ),
        Index(
            "idx_report_data_weeks_collection_execution",
            "collection_id",
            "execution_id",
            postgresql_where=text("execution_id IS NOT NULL"),
        ),
        Index("idx_collection_progress", "collection_id", "status", "week_start_date"),
        Index("report_data_weeks_report_execution_id_idx", "report_execution_id"),
        Index("report_data_weeks_workflow_execution_id_idx", "workflow_execution_id"),
        Index(
            "report_data_weeks_result_location_idx",
            "result_location",
            postgresql_where=text("result_location IS NOT NULL"),
        ),
        one_of("report_data_weeks_outcome_check", "outcome", *OUTCOMES),
        CheckConstraint(
            "(status = 'completed') = (outcome IS NOT NULL)", name="a_completed_week_has_a_result"
        ),
        Index("report_data_weeks_open_idx", "collection_id", postgresql_where=text("is_open")),
        Index(
            "report_data_weeks_to_aggregate_idx",
            "collection_id",
            postgresql_where=text("needs_aggregation"),
        ),
    )

    id: Mapped[UUID] = key()
    collection_id: Mapped[UUID] = mapped_column(
        ForeignKey("report_data_collections.id", ondelete="CASCADE", name="fk_collection_id")
    )
    report_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_executions.id", ondelete="SET NULL")
    )
    workflow_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="SET NULL")
    )
    execution_id: Mapped[UUID | None] = mapped_column(
        Computed("COALESCE(report_execution_id, workflow_execution_id)", persisted=True)
    )
    week_start_date: Mapped[date]
    week_end_date: Mapped[date]  # the last day included
    status: Mapped[str] = mapped_column(String(50), server_default="pending")
    execution_date: Mapped[datetime | None]
    row_count: Mapped[int | None]
    data_checksum: Mapped[Name | None]
    # Columns, totals and first rows. They are large, and read for one segment at a time.
    data: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    error_message: Mapped[str | None]
    is_open: Mapped[Off]  # an execution of it is under way
    recollect: Mapped[Off]  # it has a result and is to be collected again
    attempts: Mapped[Count]  # executions since it was last requested
    due_at: Mapped[datetime | None]  # not started before this moment
    error_code: Mapped[str | None]
    outcome: Mapped[str | None]
    revision: Mapped[Count]  # number of the result; 0 means none
    result_location: Mapped[str | None]
    is_provisional: Mapped[Off]  # collected before Amazon's data was settled
    settles_at: Mapped[datetime | None]
    needs_aggregation: Mapped[Off]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class WeekRevision(Base):
    """A result of a segment that differs from the one before."""

    __tablename__ = "report_week_revisions"
    __table_args__ = (
        UniqueConstraint("week_id", "revision"),
        CheckConstraint("revision >= 1", name="revisions_are_counted_from_one"),
        Index("report_week_revisions_report_execution_id_idx", "report_execution_id"),
        aged("report_week_revisions"),
        Index("report_week_revisions_workflow_execution_id_idx", "workflow_execution_id"),
        Index(
            "report_week_revisions_result_location_idx",
            "result_location",
            postgresql_where=text("result_location IS NOT NULL"),
        ),
    )

    id: Mapped[UUID] = key()
    week_id: Mapped[UUID] = mapped_column(ForeignKey("report_data_weeks.id", ondelete="CASCADE"))
    revision: Mapped[int]
    report_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_executions.id", ondelete="SET NULL")
    )
    workflow_execution_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("workflow_executions.id", ondelete="SET NULL")
    )
    checksum: Mapped[str]
    outcome: Mapped[str]
    row_count: Mapped[int]
    result_location: Mapped[str | None]
    totals: Mapped[Object]
    difference: Mapped[dict[str, Any] | None]  # per metric: before, after, change
    is_provisional: Mapped[Off]
    created_at: Mapped[CreatedAt]


class CollectionStart(Base):
    """The start of a collection. The daily limit counts it even after the collection is deleted."""

    __tablename__ = "collection_starts"
    __table_args__ = (
        Index("collection_starts_of_instance_idx", "instance_id", "created_at"),
        Index("collection_starts_user_id_idx", "user_id"),
        Index("collection_starts_collection_id_idx", "collection_id"),
    )

    id: Mapped[UUID] = key()
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    collection_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_data_collections.id", ondelete="SET NULL")
    )
    created_at: Mapped[CreatedAt]
