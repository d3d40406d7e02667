"""Workflows of the query library, and the archive of those that became reports."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Column, DateTime, FetchedValue, ForeignKey, Index, Table, func, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, CreatedAt, Key, Object, Off, UpdatedAt, text_id
from domain.models.executions import WorkflowExecution


class Workflow(Base):
    """A saved query of the query library."""

    __tablename__ = "workflows"
    __table_args__ = (
        Index(
            "idx_workflows_report_enabled",
            "report_enabled",
            postgresql_where=text("report_enabled = true"),
        ),
        Index("workflows_instance_id_idx", "instance_id"),
        Index("workflows_user_id_idx", "user_id"),
    )

    id: Mapped[Key]
    workflow_id: Mapped[str] = text_id()
    name: Mapped[str]
    description: Mapped[str | None]
    sql_query: Mapped[str]
    parameter_definitions: Mapped[Object]
    parameters: Mapped[Object]
    report_config: Mapped[Object]  # declares its metrics and dimensions, as a template does
    instance_id: Mapped[UUID] = mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    report_enabled: Mapped[Off]
    report_config_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_configurations.id", use_alter=True)
    )
    archived_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]


def _archive(name: str, model: type[Base]) -> Table:
    """Return a table with the columns and defaults of another, but without its references."""
    columns: list[Column[Any]] = []
    for column in model.__table__.columns:
        default = column.server_default
        kept = None if type(default) is FetchedValue else default
        columns.append(
            Column(
                column.name,
                column.type,
                primary_key=column.primary_key,
                nullable=column.nullable,
                server_default=getattr(kept, "arg", None),
            )
        )
    moved = Column("moved_at", DateTime(timezone=True), nullable=False, server_default=func.now())
    index = Index(f"{name}_instance_id_idx", "instance_id")
    return Table(name, Base.metadata, *columns, moved, index)


class ArchivedWorkflow(Base):
    """A workflow as it was when it became a report, and the moment of that."""

    __table__ = _archive("archived_workflows", Workflow)


class ArchivedWorkflowExecution(Base):
    """An execution of a workflow as it was when the workflow became a report."""

    __table__ = _archive("archived_workflow_executions", WorkflowExecution)


Index(
    "archived_workflow_executions_output_location_idx",
    ArchivedWorkflowExecution.__table__.c.output_location,
    postgresql_where=text("output_location IS NOT NULL"),
)
