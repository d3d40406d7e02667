"""Lists the series of reports: what each answers, which days it has, and whether it is shown."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession

from domain.models import Report

MOST_SERIES = 50  # of a report: the newest ones
OF_REPORTS = text(
    """
    WITH listed AS (
        SELECT * FROM (
            SELECT s.*, row_number() OVER (
                PARTITION BY s.report_id ORDER BY s.started_at DESC, s.series_hash
            ) AS place
            FROM report_series s WHERE s.report_id = ANY (:reports)
        ) numbered WHERE place <= :most
    ),
    periods AS (
        SELECT s.report_id, s.series_hash, a.aggregation_type AS level, a.data_date,
            a.period_end_date, row_number() OVER (
                PARTITION BY s.report_id, a.aggregation_type, a.aggregation_key
                ORDER BY s.started_at DESC, a.generation DESC
            ) = 1 AS is_newest
        FROM listed s JOIN report_data_aggregates a
            ON a.report_id = s.report_id AND a.series_hash = s.series_hash
        WHERE a.dimension_key = '' AND a.state <> 'MISSING'
    )
    SELECT s.report_id, s.series_hash, s.template_version_id, s.template_version, s.time_zone,
        s.week_start, s.started_at,
        (
            SELECT c.configuration -> 'parameters' FROM report_data_collections c
            WHERE c.series_hash = s.series_hash AND c.report_id = s.report_id
            ORDER BY c.created_at DESC LIMIT 1
        ) AS parameters,
        min(p.data_date) FILTER (WHERE p.level = 'weekly') AS first_day,
        max(p.period_end_date) FILTER (WHERE p.level = 'weekly') AS last_day,
        count(*) FILTER (WHERE p.level = 'weekly') AS weeks,
        count(*) FILTER (WHERE p.level = 'monthly') AS months,
        count(*) FILTER (WHERE p.level = 'quarterly') AS quarters,
        coalesce(bool_or(p.is_newest), false) AS is_shown
    FROM listed s LEFT JOIN periods p USING (report_id, series_hash)
    GROUP BY s.report_id, s.series_hash, s.template_version_id, s.template_version, s.time_zone,
        s.week_start, s.started_at
    ORDER BY s.report_id, s.started_at DESC, s.series_hash
    """
).bindparams(bindparam("reports", type_=ARRAY(Uuid())))


@dataclass(frozen=True)
class ReportSeries:
    """A series of a report, and how much of it there is."""

    report_id: UUID
    series_hash: str
    template_version_id: UUID | None
    template_version: int | None
    time_zone: str
    week_start: str
    started_at: datetime
    parameters: dict[str, Any] | None  # None if its collections are deleted
    first_day: date | None
    last_day: date | None
    weeks: int
    months: int
    quarters: int
    is_shown: bool


async def of_reports(
    session: AsyncSession, reports: list[Report]
) -> dict[UUID, list[ReportSeries]]:
    """Return the series of each report, the one collected last first, in one statement."""
    found: dict[UUID, list[ReportSeries]] = {one.id: [] for one in reports}
    values = {"reports": list(found), "most": MOST_SERIES}
    for row in await session.execute(OF_REPORTS, values):
        found[row.report_id].append(ReportSeries(**row._mapping))
    return found
