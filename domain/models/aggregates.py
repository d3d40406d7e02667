"""Aggregates: numbers computed from segments."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, UniqueConstraint, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import (
    Base,
    Count,
    CreatedAt,
    Key,
    Name,
    Object,
    Off,
    UpdatedAt,
    Word,
    exactly_one,
    one_of,
)

STATES = ("DATA", "EMPTY", "SUPPRESSED", "MISSING")


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
        Index(
            "report_data_aggregates_overall_of_report_idx",
            "report_id",
            "aggregation_type",
            "data_date",
            postgresql_where=text("dimension_key = '' AND report_id IS NOT NULL"),
        ),
        Index(
            "report_data_aggregates_overall_of_workflow_idx",
            "workflow_id",
            "aggregation_type",
            "data_date",
            postgresql_where=text("dimension_key = '' AND workflow_id IS NOT NULL"),
        ),
        Index("report_data_aggregates_instance_id_idx", "instance_id"),
        one_of("report_data_aggregates_state_check", "state", *STATES),
        Index("report_data_aggregates_series_idx", "series_hash", "aggregation_type", "data_date"),
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
    data_date: Mapped[date]  # the first day of the period
    row_count: Mapped[Count]
    period_end_date: Mapped[date | None]  # its last day
    state: Mapped[str] = mapped_column(server_default="DATA")
    metric_states: Mapped[Object]  # why a metric has no value
    coverage: Mapped[Object]  # days, counted by what is known of them
    is_provisional: Mapped[Off]
    by_utc_day: Mapped[Off]
    suppressed_rows: Mapped[Count]
    undated_rows: Mapped[Count]  # left out of a split segment: their day was withheld
    as_of: Mapped[datetime | None]
    week_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()), server_default=text("'{}'::uuid[]"))
    generation: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]
