"""Dashboards: their widgets, shares and sources, and the views drawn of results."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import (
    AT_THE_END,
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
    text_id,
)


class Dashboard(Base):
    """A page of widgets. One without an owner is a template of the product."""

    __tablename__ = "dashboards"
    __table_args__ = (
        CheckConstraint("user_id IS NOT NULL OR is_template", name="dashboard_has_an_owner"),
        Index("idx_dashboards_user_id", "user_id"),
        Index("idx_dashboards_template_type", "template_type"),
        Index("idx_dashboards_is_public", "is_public", postgresql_where=text("is_public = true")),
    )

    id: Mapped[Key]
    dashboard_id: Mapped[str] = text_id(255)
    name: Mapped[Name]
    description: Mapped[str | None]
    user_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    template_type: Mapped[Word | None]
    layout_config: Mapped[Object]
    filter_config: Mapped[Object]
    is_public: Mapped[Off]
    is_template: Mapped[Off]
    # `version` is of what people decide. `data_version` is of its numbers, and never conflicts.
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    data_version: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class Widget(Base):
    """A chart, table, number or text on a dashboard."""

    __tablename__ = "dashboard_widgets"
    __table_args__ = (
        UniqueConstraint("dashboard_id", "widget_id"),
        one_of(
            "dashboard_widgets_widget_type_check",
            *("widget_type", "chart", "table", "metric_card", "text"),
        ),
        one_of(
            "dashboard_widgets_chart_type_check",
            *("chart_type", "line", "bar", "pie", "scatter", "area", "funnel"),
        ),
        Index("idx_dashboard_widgets_dashboard_id", "dashboard_id"),
        Index("idx_dashboard_widgets_type", "widget_type"),
    )

    id: Mapped[Key]
    widget_id: Mapped[Name]
    dashboard_id: Mapped[UUID] = mapped_column(ForeignKey("dashboards.id", ondelete="CASCADE"))
    widget_type: Mapped[Word]
    chart_type: Mapped[Word | None]
    title: Mapped[Name]
    data_source: Mapped[dict[str, Any]]
    display_config: Mapped[Object]
    position_config: Mapped[dict[str, Any]]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class DashboardShare(Base):
    """A dashboard that is shared with an address, and with the person who has it, if anybody."""

    __tablename__ = "dashboard_shares"
    __table_args__ = (
        UniqueConstraint("dashboard_id", "shared_with_user_id"),
        one_of("dashboard_shares_permission_level_check", "permission_level", "view", "edit"),
        Index("idx_dashboard_shares_shared_with", "shared_with_user_id"),
        Index("dashboard_shares_shared_by_user_id_idx", "shared_by_user_id"),
        Index("one_share_of_an_address", "dashboard_id", text("lower(email)"), unique=True),
        Index(
            "shares_that_wait_idx",
            text("lower(email)"),
            postgresql_where=text("shared_with_user_id IS NULL"),
        ),
    )

    id: Mapped[Key]
    dashboard_id: Mapped[UUID] = mapped_column(ForeignKey("dashboards.id", ondelete="CASCADE"))
    shared_by_user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    # Filled in by the database alone. People are not told whether there is such a person.
    shared_with_user_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("users.id", ondelete="CASCADE")
    )
    email: Mapped[str]  # as the owner wrote it
    permission_level: Mapped[str] = mapped_column(String(50), server_default="view")
    created_at: Mapped[CreatedAt]


class DashboardFavorite(Base):
    """A person's favourite dashboard."""

    __tablename__ = "dashboard_favorites"
    __table_args__ = (
        UniqueConstraint("dashboard_id", "user_id"),
        Index("idx_dashboard_favorites_user", "user_id"),
    )

    id: Mapped[Key]
    dashboard_id: Mapped[UUID] = mapped_column(ForeignKey("dashboards.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[CreatedAt]


class DashboardSource(Base):
    """A report or workflow whose aggregates everybody sees who sees the dashboard."""

    __tablename__ = "dashboard_sources"
    __table_args__ = (
        exactly_one("source_is_one_thing", "report_id", "workflow_id"),
        UniqueConstraint("dashboard_id", "report_id"),
        UniqueConstraint("dashboard_id", "workflow_id"),
        Index("dashboard_sources_report_id_idx", "report_id"),
        Index("dashboard_sources_workflow_id_idx", "workflow_id"),
    )

    id: Mapped[Key]
    dashboard_id: Mapped[UUID] = mapped_column(ForeignKey("dashboards.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="CASCADE")
    )
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    added_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]


class ReportConfiguration(Base):
    """Whether and how the results of a report or workflow are drawn as views."""

    __tablename__ = "report_configurations"
    __table_args__ = (
        exactly_one("configuration_of_one_source", "report_id", "workflow_id"),
        one_of(
            "chk_dashboard_type", "dashboard_type", "standard", "funnel", "comparison", "custom"
        ),
        UniqueConstraint("workflow_id"),
        UniqueConstraint("report_id"),
        Index("idx_report_configs_enabled", "enabled"),
        Index("idx_report_configs_workflow", "workflow_id"),
    )

    id: Mapped[Key]
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="CASCADE")
    )
    query_template_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("query_templates.id", ondelete="SET NULL")
    )
    enabled: Mapped[Off]
    dashboard_type: Mapped[str] = mapped_column(String(50), server_default="standard")
    visualization_config: Mapped[Object]
    enabled_at: Mapped[datetime | None]
    redraw_at: Mapped[datetime | None]  # since when the newest results wait to be drawn again
    lease_until: Mapped[datetime | None]  # of the worker that draws a view
    fence: Mapped[Count]
    step_tries: Mapped[Count]  # claims since the last recorded one
    step_error: Mapped[str | None]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", **AT_THE_END))
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class DashboardView(Base):
    """A view: documents drawn from the results of some executions."""

    __tablename__ = "dashboard_views"
    __table_args__ = (
        exactly_one("view_of_one_source", "report_id", "workflow_id"),
        CheckConstraint("data_end_date >= data_start_date", name="chk_date_range"),
        Index("idx_dashboard_views_config", "report_configuration_id"),
        Index("idx_dashboard_views_dates", "data_start_date", "data_end_date"),
        Index("idx_dashboard_views_workflow", "workflow_id"),
        Index("idx_dashboard_data_lookup", "workflow_id", text("data_end_date DESC")),
        Index("dashboard_views_of_report_idx", "report_id", text("data_end_date DESC")),
        CheckConstraint(
            "(archived_at IS NULL) = (archive_location IS NULL)",
            name="archived_view_names_its_file",
        ),
        Index(
            "dashboard_views_archive_location_idx",
            "archive_location",
            postgresql_where=text("archive_location IS NOT NULL"),
        ),
        Index(
            "dashboard_views_to_archive_idx",
            "last_updated",
            postgresql_where=text("archived_at IS NULL"),
        ),
        Index(
            "dashboard_views_of_collection_key",
            "collection_id",
            "report_configuration_id",
            unique=True,
        ),
        Index(
            "dashboard_views_of_execution_key",
            "report_configuration_id",
            text("(execution_ids[1])"),
            unique=True,
            postgresql_where=text("collection_id IS NULL"),
        ),
    )

    id: Mapped[Key]
    report_configuration_id: Mapped[UUID] = mapped_column(
        ForeignKey("report_configurations.id", ondelete="CASCADE")
    )
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id", **AT_THE_END))
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", **AT_THE_END)
    )
    # A collection's view is of all its executions; any other is of one.
    collection_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_data_collections.id", ondelete="CASCADE")
    )
    execution_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid()))
    data_start_date: Mapped[date]
    data_end_date: Mapped[date]  # the last day included
    # These are large, and read for one view at a time.
    processed_data: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    charts_config: Mapped[dict[str, Any]] = mapped_column(deferred=True)
    metrics_summary: Mapped[dict[str, Any] | None]
    created_at: Mapped[CreatedAt]
    last_updated: Mapped[CreatedAt]
    archived_at: Mapped[datetime | None]
    archive_location: Mapped[str | None]  # the file that has the documents, once archived
