"""Query templates and their versions, which never change."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, CreatedAt, Key, Object, Off, ShortWord, UpdatedAt, text_id


class Template(Base):
    """A query with typed parameters. A template without an owner is built in."""

    __tablename__ = "query_templates"
    __table_args__ = (
        CheckConstraint("(owner_id IS NULL) = (slug IS NOT NULL)", name="built_in_has_a_slug"),
        CheckConstraint("version >= 1", name="query_templates_version_check"),
        Index(
            "idx_query_templates_report_type",
            "report_type",
            postgresql_where=text("report_type IS NOT NULL"),
        ),
        Index("query_templates_owner_id_idx", "owner_id"),
    )

    id: Mapped[Key]
    template_id: Mapped[str] = text_id()
    name: Mapped[str]
    description: Mapped[str | None]
    category: Mapped[str | None]
    sql_template: Mapped[str]
    parameter_definitions: Mapped[Object]
    slug: Mapped[str | None] = mapped_column(unique=True)
    owner_id: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    is_public: Mapped[Off]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    current_version_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("query_template_versions.id", ondelete="SET NULL", use_alter=True)
    )
    archived_at: Mapped[datetime | None]
    report_type: Mapped[str | None]
    report_config: Mapped[Object]
    ui_schema: Mapped[Object]
    default_dashboard_type: Mapped[ShortWord | None]
    default_visualization_config: Mapped[dict[str, Any] | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


class TemplateVersion(Base):
    """A version of a template. Reports and executions are pinned to it."""

    __tablename__ = "query_template_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "version"),
        CheckConstraint("version >= 1", name="query_template_versions_version_check"),
    )

    id: Mapped[Key]
    template_id: Mapped[UUID] = mapped_column(ForeignKey("query_templates.id", ondelete="CASCADE"))
    version: Mapped[int]
    sql_template: Mapped[str]
    parameter_definitions: Mapped[Object]
    ui_schema: Mapped[Object]
    report_config: Mapped[Object]
    output_columns: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    data_sources: Mapped[list[str]] = mapped_column(server_default=text("'{}'::text[]"))
    sql_hash: Mapped[str]
    created_by: Mapped[UUID | None] = mapped_column(ForeignKey("users.id", ondelete="SET NULL"))
    created_at: Mapped[CreatedAt]
