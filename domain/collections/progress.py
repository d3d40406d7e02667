"""Counts the segments of a collection and writes its progress, under the collection's lock."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.collections import backfills, forecasts
from domain.collections.segments import Segment
from domain.models import Collection, Instance

log = structlog.get_logger()

OPEN = ("pending", "running", "paused")
OVER = ("completed", "partial", "failed", "cancelled")
BEAT = timedelta(seconds=15)  # how often a running collection renews its rate and ETA
EARLY, SOON = timedelta(minutes=1), timedelta(seconds=3)
RATE_OVER = timedelta(minutes=5)


@dataclass(frozen=True)
class Tally:
    """The number of segments in each state."""

    total: int
    status: Counter[str]
    open: int
    wanted: int
    to_aggregate: int
    errors: int

    @classmethod
    def of(cls, rows: Sequence[Segment]) -> "Tally":
        """Count these segments."""
        return cls(
            len(rows),
            Counter(one.status for one in rows),
            sum(one.is_open for one in rows),
            sum(one.is_wanted for one in rows),
            sum(one.needs_aggregation for one in rows),
            sum(one.error_code is not None for one in rows),
        )

    @property
    def is_busy(self) -> bool:
        """Whether anything is still to be collected or aggregated."""
        return bool(self.open or self.wanted or self.to_aggregate)

    def end(self, cancelled: bool) -> str:
        """Return the final status of a collection with these segments."""
        if self.status["completed"] == self.total:
            return "completed"
        if cancelled:
            return "cancelled"
        return "partial" if self.status["completed"] else "failed"


async def tell(
    session: AsyncSession,
    collection: Collection,
    instance: Instance,
    rows: Sequence[Segment],
    now: datetime,
) -> None:
    """Write status, counts, rate, ETA, what the collection waits for, and when it is due next."""
    tally = Tally.of(rows)
    collection.target_weeks = tally.total
    collection.weeks_completed = tally.status["completed"]
    collection.progress_percentage = 100 * tally.status["completed"] // tally.total
    collection.waits = _waits(collection, rows, now)
    _move(collection, tally, now)
    await backfills.update_schedules(session, collection)
    if collection.status in OVER:
        collection.rate_per_hour = collection.eta_earliest = collection.eta_latest = None
        collection.forecast_at = None
        settling = [one.settles_at for one in rows if one.is_provisional and one.settles_at]
        wanted = settling if collection.cancel_requested_at is None else []
        collection.due_at = min(wanted, default=None)
        return
    age = now - (collection.started_at or now)
    fresh = SOON if age < EARLY else BEAT  # the first forecast is a rough one
    stale = collection.forecast_at is None or now - collection.forecast_at >= fresh
    if collection.status == "running" and stale:
        left = tally.open + tally.wanted
        limit = (collection.segmentation_config or {})["parallel_limit"]
        eta = await forecasts.forecast(session, instance, left, limit)
        collection.eta_earliest, collection.eta_latest = eta
        collection.rate_per_hour = _rate(collection, rows, now)
        collection.forecast_at = now
    collection.due_at = None if collection.status == "paused" else _look_again(rows, now)


def _move(collection: Collection, tally: Tally, now: datetime) -> None:
    """Make the transitions that nobody asks for: a collection begins, ends, or goes on."""
    if tally.is_busy:
        if collection.status not in {"paused", "running"}:
            collection.status = "running"
            collection.completed_at = None
        return
    status = tally.end(collection.cancel_requested_at is not None)
    if collection.status != status:
        collection.status = status
        collection.completed_at = collection.completed_at or now
        if status == "completed" and not tally.errors:
            collection.error_message = None
        log.info("collection.finished", collection=ids.encode("col", collection.id), status=status)


def _look_again(rows: Sequence[Segment], now: datetime) -> datetime:
    pauses = [one.due_at for one in rows if one.is_wanted and one.due_at is not None]
    return min([now + BEAT, *(max(now, one) for one in pauses)])


def _rate(collection: Collection, rows: Sequence[Segment], now: datetime) -> Decimal | None:
    """Return the segments an hour, measured over RATE_OVER."""
    began = max(collection.started_at or now, now - RATE_OVER)
    hours = (now - began).total_seconds() / 3600
    if hours <= 0:
        return None
    brought = sum(one.collected_at is not None and one.collected_at > began for one in rows)
    return Decimal(round(brought / hours, 1)).quantize(Decimal("0.1"))


def _waits(collection: Collection, rows: Sequence[Segment], now: datetime) -> list[Any]:
    """Return what segments wait for: reason, count, earliest end. The most frequent comes first."""
    found: dict[str, tuple[int, datetime | None]] = {}

    def add(reason: str, until: datetime | None) -> None:
        number, known = found.get(reason, (0, None))
        both = [one for one in (until, known) if one is not None]
        found[reason] = (number + 1, min(both, default=None))

    proven = any(one.outcome is not None for one in rows)
    for one in rows:
        if one.is_open and one.blocked_by is not None:
            add(one.blocked_by, one.blocked_until)
        elif one.needs_aggregation:
            add("AGGREGATION", None)
        elif one.is_wanted and one.due_at is not None and one.due_at > now:
            add("RETRY", one.due_at)
        elif one.is_wanted:
            add(_why_not_yet(collection, proven), None)
        elif one.is_provisional and not one.is_open:
            add("DATA_NOT_SETTLED", one.settles_at)
    order = sorted(found, key=lambda reason: (-found[reason][0], reason))
    return [{"reason": one, "count": found[one][0], "until": _iso(found[one][1])} for one in order]


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _why_not_yet(collection: Collection, proven: bool) -> str:
    if collection.status == "paused":
        return "COLLECTION_PAUSED"
    return "PARALLEL_LIMIT" if proven else "FIRST_SEGMENT"
