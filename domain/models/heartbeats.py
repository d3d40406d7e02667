"""When the loops of the engine last turned."""

from datetime import datetime, timedelta

from sqlalchemy import CheckConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from domain.models.base import Base


class Heartbeat(Base):
    """A loop of the engine: the clock, or the polls of AMC."""

    __tablename__ = "heartbeats"
    __table_args__ = (CheckConstraint("period > '0 seconds'::interval", name="period_is_positive"),)

    loop: Mapped[str] = mapped_column(primary_key=True)
    beat_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
    period: Mapped[timedelta] = mapped_column(server_default=text("'5 seconds'"))
