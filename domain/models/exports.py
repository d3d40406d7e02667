"""Files exported from views."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, func
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import AT_THE_END, Base, Key, one_of


class ReportExport(Base):
    """A file in the object store that may expire."""

    __tablename__ = "report_exports"
    __table_args__ = (
        one_of("chk_export_format", "export_format", "pdf", "png", "csv", "xlsx"),
        CheckConstraint("file_size_bytes >= 0", name="report_exports_file_size_bytes_check"),
        Index("idx_exports_dashboard", "dashboard_view_id"),
        Index("idx_exports_user", "exported_by"),
    )

    id: Mapped[Key]
    dashboard_view_id: Mapped[UUID] = mapped_column(
        ForeignKey("dashboard_views.id", ondelete="CASCADE")
    )
    export_format: Mapped[str] = mapped_column(String(20))
    file_url: Mapped[str]
    file_size_bytes: Mapped[int | None]
    exported_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", **AT_THE_END))
    exported_at: Mapped[datetime] = mapped_column(server_default=func.now())
    expires_at: Mapped[datetime | None]
