"""Series: which numbers answer the same question, so that they may be added up."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, CreatedAt, Key, Object, exactly_one, one_of


class Series(Base):
    """A report's or workflow's version, parameters, zone and first day of the week.

    The database writes it when a collection starts: see migrations/versions/20261129_report_series.
    """

    __tablename__ = "report_series"
    __table_args__ = (
        exactly_one("series_of_one_source", "report_id", "workflow_id"),
        one_of("report_series_week_start_check", "week_start", "monday", "sunday"),
        UniqueConstraint("series_hash", "instance_id"),
        Index("report_series_report_id_idx", "report_id"),
        Index("report_series_workflow_id_idx", "workflow_id"),
        Index("report_series_instance_id_idx", "instance_id"),
        Index("report_series_template_version_id_idx", "template_version_id"),
    )

    id: Mapped[Key]
    series_hash: Mapped[str]
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="CASCADE")
    )
    workflow_id: Mapped[UUID | None] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    template_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("query_template_versions.id", ondelete="SET NULL")
    )
    template_version: Mapped[int | None]  # its number
    report_config: Mapped[Object]
    parameters_digest: Mapped[str]
    time_zone: Mapped[str]
    week_start: Mapped[str]
    started_at: Mapped[datetime]  # when a collection of it was started last
    created_at: Mapped[CreatedAt]
