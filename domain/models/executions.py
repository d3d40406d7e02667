"""Executions: each row is at most one execution at AMC. Reports and workflows share the engine."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Index,
    SmallInteger,
    text,
)
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from domain.models.base import (
    Base,
    Count,
    CreatedAt,
    Object,
    Off,
    UpdatedAt,
    aged,
    key,
    one_of,
    text_id,
)

BLOCKED_BY = (
    "CONCURRENCY",
    "QUOTA",
    "PAUSED",
    "TOKEN",
    "DATA_NOT_SETTLED",
    "THROTTLED",
    "AMC_UNAVAILABLE",
    "STORAGE",
    "MEMORY",
    "DATABASE",
)


def rules(table: str, *words: str) -> tuple[CheckConstraint, ...]:
    """Return the checks of every execution. `words` are the table's words for the five states."""
    pending, running, completed, failed, cancelled = words
    return (
        one_of(f"{table}_status_check", "status", *words),
        one_of(
            f"{table}_phase_check", "phase", "waiting", "submitting", "at_amc", "ingesting", "done"
        ),
        one_of(
            f"{table}_triggered_by_check", "triggered_by", "manual", "schedule", "backfill", "api"
        ),
        one_of(f"{table}_blocked_by_check", "blocked_by", *BLOCKED_BY),
        one_of(f"{table}_cancel_state_check", "cancel_state", "REQUESTED", "CONFIRMED", "TOO_LATE"),
        one_of(f"{table}_outcome_check", "outcome", "DATA", "EMPTY", "SUPPRESSED", "DATA_GAP"),
        CheckConstraint("(due_at IS NOT NULL) = (phase <> 'done')", name="open_means_due"),
        CheckConstraint(
            f"CASE WHEN phase IN ('waiting', 'submitting') THEN status = '{pending}' "
            f"WHEN phase IN ('at_amc', 'ingesting') THEN status = '{running}' "
            f"ELSE status IN ('{completed}', '{failed}', '{cancelled}') END",
            name="status_and_phase_agree",
        ),
        CheckConstraint("(completed_at IS NOT NULL) = (phase = 'done')", name="over_has_a_moment"),
        CheckConstraint(
            f"(outcome IS NOT NULL) = (status = '{completed}')", name="completed_has_an_outcome"
        ),
        CheckConstraint(
            f"error_code IS NOT NULL OR status <> '{failed}'", name="failed_has_a_reason"
        ),
        CheckConstraint("time_window_start < time_window_end", name="window_is_not_empty"),
        CheckConstraint("row_count >= 0 AND size_bytes >= 0", name="sizes_are_not_negative"),
    )


def paths(table: str) -> tuple[Index, ...]:
    """Return the indexes by which the engine and lists find executions."""
    return (
        Index(f"{table}_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index(
            f"{table}_line_idx",
            "instance_id",
            "phase",
            "priority",
            "created_at",
            postgresql_where=text("phase <> 'done'"),
        ),
        Index(f"{table}_of_instance_idx", "instance_id", text("created_at DESC"), text("id DESC")),
        Index(
            f"{table}_of_person_idx",
            "user_id",
            "created_at",
            postgresql_where=text("triggered_by IN ('manual', 'api')"),
        ),
        *(
            Index(f"{table}_{column}_idx", column, postgresql_where=text(f"{column} IS NOT NULL"))
            for column in ("schedule_id", "collection_id", "week_id", "retry_of", "output_location")
        ),
        aged(table),
    )


class Execution(Base):
    """One run of a query at AMC, from the request to the stored result."""

    __abstract__ = True
    # What an UPDATE changes by triggers is not read back: so changed rows are written together.
    __mapper_args__ = {"eager_defaults": "auto"}  # noqa: RUF012 - SQLAlchemy's name and type
    PARENT: ClassVar[str]  # its schedules start executions

    id: Mapped[UUID] = key()
    execution_id: Mapped[str] = text_id()
    triggered_by: Mapped[str]
    amc_execution_id: Mapped[str | None]
    output_location: Mapped[str | None]
    row_count: Mapped[int | None]
    size_bytes: Mapped[int | None] = mapped_column(BigInteger)
    error_message: Mapped[str | None]
    parameters_snapshot: Mapped[Object]
    time_window_start: Mapped[datetime | None]
    time_window_end: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    completed_at: Mapped[datetime | None]
    created_at: Mapped[CreatedAt]
    updated_at: Mapped[UpdatedAt]

    phase: Mapped[str] = mapped_column(server_default="waiting")
    priority: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))  # lowest first
    blocked_by: Mapped[str | None]
    blocked_until: Mapped[datetime | None]
    due_at: Mapped[datetime | None] = mapped_column(server_default=text("now()"))
    lease_until: Mapped[datetime | None]
    fence: Mapped[Count]
    attempts: Mapped[Count]  # steps taken
    tries: Mapped[Count]  # failures of AMC in a row, in this phase
    step_tries: Mapped[Count]  # steps claimed since the last recorded one
    deadline_at: Mapped[datetime | None]
    error_code: Mapped[str | None]
    amc_status: Mapped[str | None]  # AMC's own word, which we may not know
    cancel_requested_at: Mapped[datetime | None]
    cancel_state: Mapped[str | None]
    outcome: Mapped[str | None]
    checksum: Mapped[str | None]
    sql_text: Mapped[str]
    sql_hash: Mapped[str]
    amc_parameters: Mapped[list[Any]] = mapped_column(server_default=text("'[]'::jsonb"))
    expected_columns: Mapped[list[Any] | None]
    time_zone: Mapped[str] = mapped_column(server_default="UTC")
    result_summary: Mapped[dict[str, Any] | None]
    # Whether its result needs no (more) drawing, why drawing failed, and when it is tried again.
    dashboard_processed: Mapped[Off]
    dashboard_processing_error: Mapped[str | None]
    dashboard_attempts: Mapped[Count]
    dashboard_due_at: Mapped[datetime | None]
    blocked_since: Mapped[datetime | None]
    # A trigger raises it with every change that a watcher could see.
    version: Mapped[int] = mapped_column(server_default=text("1"), server_onupdate=FetchedValue())

    @declared_attr
    def instance_id(cls) -> Mapped[UUID]:  # noqa: N805
        """The instance it runs on."""
        return mapped_column(ForeignKey("amc_instances.id", ondelete="CASCADE"))

    @declared_attr
    def user_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The person who requested it."""
        return mapped_column(ForeignKey("users.id", ondelete="SET NULL"))

    @declared_attr
    def schedule_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The schedule that started it."""
        return mapped_column(ForeignKey(f"{cls.PARENT}_schedules.id", ondelete="SET NULL"))

    @declared_attr
    def collection_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The collection it is part of."""
        return mapped_column(ForeignKey("report_data_collections.id", ondelete="SET NULL"))

    @declared_attr
    def week_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The segment it collects."""
        return mapped_column(
            ForeignKey("report_data_weeks.id", ondelete="SET NULL", use_alter=True)
        )

    @declared_attr
    def template_version_id(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The template version that its SQL was rendered from."""
        return mapped_column(ForeignKey("query_template_versions.id", ondelete="RESTRICT"))

    @declared_attr
    def retry_of(cls) -> Mapped[UUID | None]:  # noqa: N805
        """The execution it repeats."""
        return mapped_column(ForeignKey(f"{cls.PARENT}_executions.id", ondelete="SET NULL"))


class ReportExecution(Execution):
    """An execution of a report, or of a template without a report."""

    __tablename__ = "report_executions"
    PARENT = "report"
    __table_args__ = (
        *rules(__tablename__, "pending", "running", "completed", "failed", "cancelled"),
        *paths(__tablename__),
        Index("idx_report_executions_report", "report_id"),
        Index("idx_report_executions_status", "status"),
        Index("idx_report_executions_started", text("started_at DESC")),
        Index(
            "idx_report_executions_amc_id",
            "amc_execution_id",
            postgresql_where=text("amc_execution_id IS NOT NULL"),
        ),
        Index("idx_report_exec_composite", "report_id", "status", text("started_at DESC")),
        Index(
            "idx_report_executions_dashboard_pending",
            "report_id",
            "dashboard_processed",
            postgresql_where=text("dashboard_processed = false AND status = 'completed'"),
        ),
        *(
            Index(
                f"report_executions_by_{name}_idx",
                "instance_id",
                # As PostgreSQL writes it, line by line: Alembic compares the text.
                text(
                    f"(\nCASE\n    WHEN {name}_at IS NULL THEN 'infinity'::timestamptz\n"
                    f"    ELSE {name}_at\nEND) DESC"
                ),
                text("id DESC"),
            )
            for name in ("started", "completed")
        ),
        Index("report_executions_latest_idx", "report_id", text("started_at DESC NULLS LAST")),
        Index(
            "report_executions_of_report_idx",
            "report_id",
            text("created_at DESC"),
            text("id DESC"),
        ),
    )

    report_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("report_definitions.id", ondelete="CASCADE")
    )
    template_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("query_templates.id", ondelete="SET NULL")
    )
    status: Mapped[str] = mapped_column(server_default="pending")


class WorkflowExecution(Execution):
    """An execution of a workflow. Its status is one of AMC's words."""

    __tablename__ = "workflow_executions"
    PARENT = "workflow"
    __table_args__ = (
        *rules(__tablename__, "PENDING", "RUNNING", "SUCCEEDED", "FAILED", "CANCELLED"),
        *paths(__tablename__),
        Index(
            "idx_executions_dashboard_pending",
            "workflow_id",
            "dashboard_processed",
            postgresql_where=text("dashboard_processed = false AND status = 'SUCCEEDED'"),
        ),
        Index(
            "idx_report_workflow_executions",
            "workflow_id",
            text("created_at DESC"),
            postgresql_where=text("status = 'SUCCEEDED'"),
        ),
        Index(
            "workflow_executions_of_workflow_idx",
            "workflow_id",
            text("created_at DESC"),
            text("id DESC"),
        ),
    )

    workflow_id: Mapped[UUID] = mapped_column(ForeignKey("workflows.id", ondelete="CASCADE"))
    status: Mapped[str] = mapped_column(server_default="PENDING")
