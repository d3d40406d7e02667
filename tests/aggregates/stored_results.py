"""Results of segments with a few rows each, and their rollups."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from domain.aggregates.rollups import Rollup, SegmentResult, aggregate
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.templates.metrics import ReportConfig

DAILY = {
    "day": "DATE",
    "campaign": "VARCHAR",
    "clicks": "BIGINT",
    "cost": "DECIMAL(38,10)",
    "reach": "BIGINT",
    "filtered": "BOOLEAN",
}
WITHOUT_DAYS = {name: type_ for name, type_ in DAILY.items() if name != "day"}
WEEK = Period("weekly", "2026-W10", Days(date(2026, 3, 2), date(2026, 3, 9)))
MARCH = Period("monthly", "2026-03", Days(date(2026, 3, 1), date(2026, 4, 1)))
NOON = datetime(2026, 5, 1, 12, tzinfo=UTC)
NUMBERS = count(1)
WRITER = duckdb.connect()


def config(*, day: str | None = "day", dimensions: Sequence[str] = ("campaign",)) -> ReportConfig:
    metrics: list[dict[str, Any]] = [
        {"name": "clicks", "kind": "additive"},
        {"name": "cost", "kind": "additive"},
        {"name": "reach", "kind": "distinct"},
        {"name": "cpc", "kind": "ratio", "numerator": "cost", "denominator": "clicks"},
        {"name": "frequency", "kind": "ratio", "numerator": "clicks", "denominator": "reach"},
    ]
    return ReportConfig.model_validate(
        {
            "date_column": day,
            "dimensions": list(dimensions),
            "metrics": [{"title": one["name"], "unit": "count", **one} for one in metrics],
        }
    )


def march(day: int) -> date:
    return date(2026, 2, 28) + timedelta(days=day)


def stored(folder: Path, columns: dict[str, str], rows: Sequence[tuple]) -> Path:
    path = folder / f"{next(NUMBERS)}.parquet"
    declared = ", ".join(f'"{name}" {type_}' for name, type_ in columns.items())
    WRITER.execute(f"CREATE OR REPLACE TABLE result ({declared})")
    for one in rows:
        WRITER.execute(f"INSERT INTO result VALUES ({', '.join('?' for _ in one)})", one)
    WRITER.execute(f"COPY result TO '{path}' (FORMAT parquet)")
    return path


def segment(
    folder: Path,
    start: date,
    end: date,
    rows: Sequence[tuple] = (),
    *,
    outcome: str | None = "DATA",
    columns: dict[str, str] = DAILY,
    provisional: bool = False,
    hours: int = 0,
) -> SegmentResult:
    path = None if outcome is None else stored(folder, columns, rows)
    id_ = UUID(int=next(NUMBERS))
    days, collected_at = Days(start, end), NOON + timedelta(hours=hours)
    return SegmentResult(id_, days, outcome, path, provisional, collected_at)


def overall(
    segments: Sequence[SegmentResult], period: Period, folder: Path, zone: str = "UTC", **given: Any
) -> Rollup:
    found = aggregate(config(**given), zone, segments, [period], folder)
    return next(one for one in found if one.dimension is None)


def by_campaign(
    segments: Sequence[SegmentResult], period: Period, folder: Path, **given: Any
) -> dict[str | None, Rollup]:
    found = aggregate(config(**given), "UTC", segments, [period], folder)
    assert sum(one.dimension is None for one in found) == 1
    values = [one.value for one in found if one.dimension == "campaign"]
    assert len(values) == len(set(values))
    return {one.value: one for one in found if one.dimension == "campaign"}


def row(day: int | None, campaign: str | None, clicks: int | None, cost: str | None, **more: Any):
    """A result row of DAILY."""
    given = {"reach": None, "filtered": False} | more
    when = None if day is None else march(day)
    return (when, campaign, clicks, cost, given["reach"], given["filtered"])
