"""Reports, and an overview of their state."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import (
    Base,
    Count,
    CreatedAt,
    Key,
    Object,
    On,
    UpdatedAt,
    View,
    one_of,
    text_id,
)

FREQUENCIES = ("once", "daily", "weekly", "monthly", "quarterly", "custom")


class Report(Base):
    """A template with its parameters on an instance."""

    __tablename__ = "report_definitions"
    __table_args__ = (
        one_of("report_definitions_frequency_check", "frequency", *FREQUENCIES),
        CheckConstraint(
            "report_id = 'rpt_' || replace(id::text, '-', '') "
            "OR report_id !~ '^[a-z]+_[0-9a-f]{32}$'",
            name="report_id_looks_computed",
        ),
        CheckConstraint("execution_count >= 0", name="report_definitions_execution_count_check"),
        Index("idx_report_definitions_owner", "owner_id"),
        Index("idx_report_definitions_instance", "instance_id"),
        Index("idx_report_definitions_template", "template_id"),
        Index(
            "idx_report_definitions_active", "is_active", postgresql_where=text("is_active = true")
        ),
        Index(
            "idx_active_reports",
            "instance_id",
            "is_active",
            postgresql_where=text("is_active = true"),
        ),
        Index(
            "report_definitions_of_instance_idx",
            "instance_id",
            text("created_at DESC"),
            text("id DESC"),
        ),
        Index("report_definitions_dashboard_id_idx", "dashboard_id"),
    )

    id: Mapped[Key]
    report_id: Mapped[str] = text_id()
    name: Mapped[str]
    description: Mapped[str | None]
    template_id: Mapped[UUID] = mapped_column(ForeignKey("query_templates.id", ondelete="RESTRICT"))
    template_version_id: Mapped[UUID] = mapped_column(
        ForeignKey("query_template_versions.id", ondelete="RESTRICT")
    )
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    parameters: Mapped[Object]
    frequency: Mapped[str] = mapped_column(server_default="once")
    timezone: Mapped[str] = mapped_column(server_default="UTC")
    is_active: Mapped[On]
    dashboard_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dashboards.id", ondelete="SET NULL")
    )
    last_execution_id: Mapped[UUID | None]
    execution_count: Mapped[Count]
    archived_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class ReportFavorite(Base):
    """A person's favourite report. A report whose dashboard is a favourite is one, too."""

    __tablename__ = "report_favorites"
    __table_args__ = (
        UniqueConstraint("report_id", "user_id"),
        Index("report_favorites_user_id_idx", "user_id"),
    )

    id: Mapped[Key]
    report_id: Mapped[UUID] = mapped_column(ForeignKey("report_definitions.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    created_at: Mapped[CreatedAt]


class ReportOverview(View):
    """One row for each report that the viewer may see."""

    __tablename__ = "report_runs_overview"

    report_uuid: Mapped[UUID] = mapped_column(primary_key=True)
    report_id: Mapped[str]
    name: Mapped[str]
    description: Mapped[str | None]
    instance_id: Mapped[UUID]
    amc_instance_id: Mapped[str | None]
    instance_name: Mapped[str | None]
    owner_id: Mapped[UUID]
    owner_email: Mapped[str | None]
    template_name: Mapped[str | None]
    report_type: Mapped[str | None]
    is_active: Mapped[bool]
    frequency: Mapped[str]
    state: Mapped[str]
    latest_status: Mapped[str | None]  # of the run that started last
    last_run_at: Mapped[datetime | None]
    last_completed_at: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    execution_count: Mapped[int]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    is_favorite: Mapped[bool]  # of the report's owner
    is_viewer_favorite: Mapped[bool]
    newest_status: Mapped[str | None]  # of the run that was requested last
