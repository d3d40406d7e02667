"""Collections: a range of days cut into segments, and the numbers made of them."""

from datetime import date, datetime
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
    Key,
    Name,
    Object,
    UpdatedAt,
    Word,
    exactly_one,
    one_of,
    text_id,
)


class Collection(Base):
    """Past results of a report or a workflow, a segment at a time."""

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
    )

    id: Mapped[Key]
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
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Week(Base):
    """A segment of a collection: a week, or whatever its segment type says."""

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
    )

    id: Mapped[Key]
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
    data: Mapped[dict[str, Any] | None]  # columns, totals, first rows
    error_message: Mapped[str | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Aggregate(Base):
    """The metrics of one period of one series. Series of different parameters never mix."""

    __tablename__ = "report_data_aggregates"
    __table_args__ = (
        one_of(
            "report_data_aggregates_aggregation_type_check",
            *("aggregation_type", "weekly", "monthly", "quarterly"),
        ),
        exactly_one("aggregate_of_one_source", "report_id", "workflow_id"),
        UniqueConstraint(
            "workflow_id",
            "report_id",
            "instance_id",
            "aggregation_type",
            "aggregation_key",
            "data_date",
            "dimension_key",
            "series_hash",
            name="report_data_aggregates_series_key",
            postgresql_nulls_not_distinct=True,
        ),
        Index("idx_report_aggregates_workflow_instance", "workflow_id", "instance_id"),
        Index("idx_report_aggregates_type_date", "aggregation_type", "data_date"),
        Index("idx_report_aggregates_key_date", "aggregation_key", "data_date"),
        Index(
            "report_data_aggregates_of_report_idx",
            "report_id",
            "series_hash",
            "aggregation_type",
            "data_date",
            postgresql_where=text("report_id IS NOT NULL"),
        ),
        Index("report_data_aggregates_instance_id_idx", "instance_id"),
    )

    id: Mapped[Key]
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="CASCADE")
    )
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    aggregation_type: Mapped[Word]
    aggregation_key: Mapped[Name]
    metrics: Mapped[dict[str, Any]]
    dimensions: Mapped[Object]
    dimension_key: Mapped[str] = mapped_column(server_default="")
    series_hash: Mapped[str] = mapped_column(server_default="")
    data_date: Mapped[date]
    row_count: Mapped[Count]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
