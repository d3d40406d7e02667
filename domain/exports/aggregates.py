"""Exports the aggregates of a report or collection. PostgreSQL writes them, a row at a time."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import asyncpg
from sqlalchemy.ext.asyncio import AsyncSession

from domain import ids
from domain.aggregates import lists
from domain.aggregates.lists import AggregateFilter
from domain.db import transaction
from domain.exports.options import Options
from domain.exports.scans import Table
from domain.exports.tables import NUMBER
from domain.models import Collection, Report, ReportExport
from domain.viewer import Viewer

COLUMNS = {
    "level": "VARCHAR",
    "period": "VARCHAR",
    "first_day": "DATE",
    "last_day": "DATE",
    "dimension": "VARCHAR",
    "value": "VARCHAR",
    "period_state": "VARCHAR",
    "metric": "VARCHAR",
    "number": NUMBER,
    "state": "VARCHAR",
    "provisional": "BOOLEAN",
    "days": "INTEGER",
    "days_covered": "INTEGER",
    "as_of": "TIMESTAMPTZ",
}
ROWS = """
SELECT a.aggregation_type, a.aggregation_key, a.data_date, a.period_end_date,
    d.key, d.value, a.state, m.key, m.value, coalesce(a.metric_states ->> m.key, 'VALUE'),
    a.is_provisional, (a.coverage ->> 'days')::integer, (a.coverage ->> 'covered')::integer, a.as_of
FROM ({series}) a
LEFT JOIN LATERAL jsonb_each_text(a.dimensions) d ON true
CROSS JOIN LATERAL jsonb_each_text(a.metrics) m
ORDER BY a.data_date, a.dimension_key, m.key COLLATE "C"
"""


@dataclass(frozen=True)
class Series:
    """The aggregates of a report or collection, and the days that they are of."""

    table: Table
    title: str
    start: date | None
    last: date | None


async def of_series(viewer: Viewer, export: ReportExport, options: Options, folder: Path) -> Series:
    """Write the aggregates that the viewer may see into the folder, oldest period first."""
    days = options.range.days if options.range else None
    async with transaction(viewer) as session:
        title, of = await _named(session, export)
        statement = await lists.of_filter(
            session,
            AggregateFilter(
                report_id=of.get("report_id"),
                workflow_id=None,
                collection_id=of.get("collection_id"),
                level=options.level or "weekly",
                start=days.start if days else None,
                end=days.end if days else None,
                dimension=options.dimension,
            ),
        )
        path = folder / "aggregates.csv"
        shown = statement.subquery()
        start, last = (
            await session.execute(
                select(func.min(shown.c.data_date), func.max(shown.c.period_end_date))
            )
        ).one()
        sql = statement.compile(
            dialect=asyncpg.dialect(),  # type: ignore[no-untyped-call]
            compile_kwargs={"literal_binds": True},
        )
        raw = await (await session.connection()).get_raw_connection()
        connection = raw.driver_connection
        assert connection is not None
        await connection.copy_from_query(
            ROWS.format(series=sql), output=str(path), format="csv", header=False
        )
    return Series(_table(path), title, start, last)


async def _named(session: AsyncSession, export: ReportExport) -> tuple[str, dict[str, str]]:
    """Return the title of the source, and the field of the filter that names it."""
    if export.report_id is not None:
        report = await session.get_one(Report, export.report_id)
        return report.name, {"report_id": ids.encode("rpt", report.id)}
    collection = await session.get_one(Collection, export.collection_id)
    name = "Collection"
    if collection.report_id is not None:
        name = (await session.get_one(Report, collection.report_id)).name
    return name, {"collection_id": ids.encode("col", collection.id)}


def _table(path: Path) -> Table:
    types = ", ".join(f"{name}: '{type_}'" for name, type_ in COLUMNS.items())
    scan = (
        f"read_csv('{path}', columns={{{types}}}, header=false, nullstr='', "
        "allow_quoted_nulls=false, quote='\"', escape='\"', delim=',', auto_detect=false, "
        f"max_line_size=1000000)"
    )
    return Table(scan, path)
