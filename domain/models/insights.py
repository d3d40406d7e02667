"""Questions about the numbers, and what was found in them."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, func
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base, CreatedAt, Key, Object, ShortWord, Word, aged, text_id


class AiInsight(Base):
    """A person's question and its answer."""

    __tablename__ = "ai_insights"
    __table_args__ = (
        CheckConstraint(
            "confidence_score BETWEEN 0 AND 1", name="ai_insights_confidence_score_check"
        ),
        Index("idx_ai_insights_user_id", "user_id"),
        Index("idx_ai_insights_dashboard_id", "dashboard_id"),
        Index("idx_ai_insights_created_at", "created_at"),
        Index("idx_ai_insights_type", "insight_type"),
    )

    id: Mapped[Key]
    insight_id: Mapped[str] = text_id(255)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    dashboard_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("dashboards.id", ondelete="SET NULL")
    )
    query_text: Mapped[str]
    response_text: Mapped[str]
    data_context: Mapped[Object]
    confidence_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    insight_type: Mapped[Word | None]
    related_metrics: Mapped[Object]
    created_at: Mapped[CreatedAt]


class DashboardInsight(Base):
    """A finding in a view."""

    __tablename__ = "dashboard_insights"
    __table_args__ = (
        CheckConstraint(
            "confidence_score BETWEEN 0 AND 1", name="dashboard_insights_confidence_score_check"
        ),
        Index("idx_insights_dashboard", "dashboard_view_id"),
        Index("idx_insights_type", "insight_type"),
        Index("idx_insights_aggregation", "dashboard_view_id", "insight_type"),
        aged("dashboard_insights", "generated_at"),
    )

    id: Mapped[Key]
    dashboard_view_id: Mapped[UUID] = mapped_column(
        ForeignKey("dashboard_views.id", ondelete="CASCADE")
    )
    insight_type: Mapped[ShortWord]
    insight_text: Mapped[str]
    confidence_score: Mapped[Decimal | None] = mapped_column(Numeric(3, 2))
    data_points: Mapped[dict[str, Any] | None]
    generated_at: Mapped[datetime] = mapped_column(server_default=func.now())
    model_version: Mapped[ShortWord | None]
