"""Exports: files that workers make of what a person sees."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import AT_THE_END, Base, Count, Key, Object, exactly_one, one_of, part_of

FORMATS = ("pdf", "png", "svg", "csv", "xlsx", "parquet")
TABLES = ("csv", "parquet")
# The formats of each source, by the column that names it.
FORMATS_OF: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dashboard_id": ("pdf", "png", "xlsx", *TABLES),
        "widget_id": ("pdf", "png", "svg", "xlsx", *TABLES),
        "dashboard_view_id": ("pdf", "png", "xlsx", *TABLES),
        "execution_id": ("xlsx", *TABLES),
        "workflow_execution_id": ("xlsx", *TABLES),
        "report_id": ("xlsx", *TABLES),
        "collection_id": ("xlsx", *TABLES),
    }
)
STATES = ("pending", "running", "completed", "failed", "cancelled", "expired")
SOURCES = (
    *("dashboard_view_id", "dashboard_id", "widget_id", "execution_id"),
    *("report_id", "collection_id", "workflow_execution_id"),
)


class ReportExport(Base):
    """A file of one source, and the lease of the worker that makes it. Seen by its person only."""

    __tablename__ = "report_exports"
    __table_args__ = (
        one_of("chk_export_format", "export_format", *FORMATS),
        one_of("report_exports_state_check", "state", *STATES),
        exactly_one("export_of_one_source", *SOURCES),
        CheckConstraint("file_size_bytes >= 0", name="report_exports_file_size_bytes_check"),
        CheckConstraint("progress BETWEEN 0 AND 100", name="report_exports_progress_check"),
        CheckConstraint(
            "(state IN ('pending', 'running')) = (due_at IS NOT NULL)", name="an_open_export_is_due"
        ),
        CheckConstraint(
            "(state = 'completed') = (file_url IS NOT NULL)", name="a_completed_export_has_a_file"
        ),
        CheckConstraint(
            "state <> 'failed' OR error_message IS NOT NULL", name="a_failed_export_has_a_reason"
        ),
        Index("idx_exports_dashboard", "dashboard_view_id"),
        Index("idx_exports_user", "exported_by"),
        Index("report_exports_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            "report_exports_of_person_idx",
            "exported_by",
            text("exported_at DESC"),
            text("id DESC"),
        ),
        Index(
            "report_exports_file_url_idx",
            "file_url",
            postgresql_where=text("file_url IS NOT NULL"),
        ),
        Index(
            "report_exports_expires_at_idx",
            "expires_at",
            postgresql_where=text("state = 'completed'"),
        ),
        *(Index(f"report_exports_{one}_idx", one) for one in SOURCES[1:]),
    )

    id: Mapped[Key]
    dashboard_view_id: Mapped[UUID | None] = part_of("dashboard_views")
    dashboard_id: Mapped[UUID | None] = part_of("dashboards")
    widget_id: Mapped[UUID | None] = part_of("dashboard_widgets")
    execution_id: Mapped[UUID | None] = part_of("report_executions")
    workflow_execution_id: Mapped[UUID | None] = part_of("workflow_executions")
    report_id: Mapped[UUID | None] = part_of("report_definitions")
    collection_id: Mapped[UUID | None] = part_of("report_data_collections")
    export_format: Mapped[str] = mapped_column(String(20))
    options: Mapped[Object]
    options_hash: Mapped[str] = mapped_column(server_default="")
    state: Mapped[str] = mapped_column(server_default="pending")
    progress: Mapped[Count]  # percent
    file_url: Mapped[str | None]  # the key of the file in the object store
    file_name: Mapped[str | None]  # under which people save it
    file_size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    checksum: Mapped[str | None]  # SHA-256 of the file
    missing_parts: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    error_message: Mapped[str | None]
    exported_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", **AT_THE_END))
    exported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    completed_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[Count]
    step_tries: Mapped[Count]
    version: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
