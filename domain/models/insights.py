"""Questions about the numbers, and what was found in them."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import (
    Base,
    Count,
    CreatedAt,
    Key,
    Object,
    ShortWord,
    Word,
    aged,
    exactly_one,
    one_of,
    part_of,
    text_id,
)

OUTCOMES = ("answered", "asks_back", "not_answered")
FEEDBACK = ("right", "wrong", "useful")
WORDINGS = ("plain", "pending", "worded", "refused")


class AiInsight(Base):
    """A person's question about a dashboard or report, and its answer.

    Its person reads it as long as they may see the dashboard or report. A model may word the answer
    in the background; the lease is that of the worker that asks it.
    """

    __tablename__ = "ai_insights"
    __table_args__ = (
        CheckConstraint(
            "confidence_score BETWEEN 0 AND 1", name="ai_insights_confidence_score_check"
        ),
        CheckConstraint(
            "num_nonnulls(dashboard_id, report_id) <= 1", name="ai_insights_about_one_thing"
        ),
        one_of("ai_insights_outcome_check", "outcome", *OUTCOMES),
        one_of("ai_insights_feedback_check", "feedback", *FEEDBACK),
        one_of("ai_insights_wording_check", "wording", *WORDINGS),
        CheckConstraint(
            "(wording = 'pending') = (due_at IS NOT NULL)", name="a_pending_wording_is_due"
        ),
        Index("ai_insights_report_id_idx", "report_id"),
        Index("ai_insights_conversation_idx", "conversation_id", "created_at"),
        Index("ai_insights_of_person_idx", "user_id", "created_at", "id"),
        Index("ai_insights_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("idx_ai_insights_user_id", "user_id"),
        Index("idx_ai_insights_dashboard_id", "dashboard_id"),
        Index("idx_ai_insights_created_at", "created_at"),
        Index("idx_ai_insights_type", "insight_type"),
    )

    id: Mapped[Key]
    insight_id: Mapped[str] = text_id(255)
    user_id: Mapped[UUID] = part_of("users")
    dashboard_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dashboards.id", ondelete="SET NULL")
    )
    report_id: Mapped[UUID | None] = part_of("report_definitions")
    conversation_id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    query_text: Mapped[str]
    response_text: Mapped[str]
    data_context: Mapped[Object]
    confidence_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    insight_type: Mapped[Word | None]
    related_metrics: Mapped[Object]
    outcome: Mapped[str] = mapped_column(server_default="answered")
    reason: Mapped[str | None]  # why there is no answer
    feedback: Mapped[str | None]
    feedback_at: Mapped[datetime | None]
    wording: Mapped[str] = mapped_column(server_default="plain")
    wording_error: Mapped[str | None]
    due_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    fence: Mapped[Count]
    step_tries: Mapped[Count]
    version: Mapped[int] = mapped_column(server_default=text("1"))
    created_at: Mapped[CreatedAt]


class DashboardInsight(Base):
    """Something found in a view, in a report, or in one source of a dashboard."""

    __tablename__ = "dashboard_insights"
    __table_args__ = (
        CheckConstraint(
            "confidence_score BETWEEN 0 AND 1", name="dashboard_insights_confidence_score_check"
        ),
        CheckConstraint(
            "num_nonnulls(dashboard_view_id, report_id, workflow_id) = 1 "
            "AND num_nonnulls(dashboard_view_id, dashboard_id) <= 1",
            name="insight_of_a_view_or_a_source",
        ),
        Index("idx_insights_dashboard", "dashboard_view_id"),
        Index("idx_insights_type", "insight_type"),
        Index("idx_insights_aggregation", "dashboard_view_id", "insight_type"),
        aged("dashboard_insights", "generated_at"),
        Index(
            "dashboard_insights_once",
            "dashboard_view_id",
            "dashboard_id",
            "report_id",
            "workflow_id",
            "fact_key",
            unique=True,
            postgresql_nulls_not_distinct=True,
        ),
        Index("dashboard_insights_of_dashboard_idx", "dashboard_id", "rank"),
        Index("dashboard_insights_of_report_idx", "report_id", "rank"),
        Index("dashboard_insights_of_workflow_idx", "workflow_id", "rank"),
        Index(
            "dashboard_insights_gone_idx",
            "gone_at",
            postgresql_where=text("gone_at IS NOT NULL"),
        ),
    )

    id: Mapped[Key]
    dashboard_view_id: Mapped[UUID | None] = part_of("dashboard_views")
    dashboard_id: Mapped[UUID | None] = part_of("dashboards")
    # The source. That of a view is the view's.
    report_id: Mapped[UUID | None] = part_of("report_definitions")
    workflow_id: Mapped[UUID | None] = part_of("workflows")
    insight_type: Mapped[ShortWord]  # a kind of fact, or refusal
    insight_text: Mapped[str]
    confidence_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    # The numbers, and the aggregates that they come from. It is read for one insight at a time.
    data_points: Mapped[dict[str, Any] | None] = mapped_column(deferred=True)
    generated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    model_version: Mapped[ShortWord | None]
    fact_key: Mapped[str] = mapped_column(server_default="")  # the same in the next run
    rank: Mapped[Count]  # from 1, the one most worth
    source_name: Mapped[str | None]
    metric: Mapped[str | None]
    dimension: Mapped[str | None]
    value: Mapped[str | None]
    level: Mapped[ShortWord | None]
    period_start: Mapped[date | None]
    period_end: Mapped[date | None]  # the day after the last one
    stake: Mapped[Decimal | None]
    currency: Mapped[ShortWord | None]
    data_version: Mapped[str | None]
    filters: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))  # of the widgets
    found_at: Mapped[datetime] = mapped_column(server_default=func.now())
    gone_at: Mapped[datetime | None]  # since when it is not found any more


class InsightRun(Base):
    """When insights are made of a view, a dashboard or a report, and the lease of the worker."""

    __tablename__ = "insight_runs"
    __table_args__ = (
        exactly_one("run_of_one_thing", "dashboard_view_id", "dashboard_id", "report_id"),
        UniqueConstraint("dashboard_view_id"),
        UniqueConstraint("dashboard_id"),
        UniqueConstraint("report_id"),
        Index("insight_runs_due_idx", "due_at", postgresql_where=text("due_at IS NOT NULL")),
    )

    id: Mapped[Key]
    dashboard_view_id: Mapped[UUID | None] = part_of("dashboard_views")
    dashboard_id: Mapped[UUID | None] = part_of("dashboards")
    report_id: Mapped[UUID | None] = part_of("report_definitions")
    asked_at: Mapped[datetime] = mapped_column(server_default=func.now())  # by a person, lately
    due_at: Mapped[datetime | None] = mapped_column(server_default=func.now())
    made_at: Mapped[datetime | None]
    data_version: Mapped[str | None]  # what the newest insights were made of
    lease_until: Mapped[datetime | None]
    fence: Mapped[Count]
    step_tries: Mapped[Count]
    step_error: Mapped[str | None]
    created_at: Mapped[CreatedAt]
