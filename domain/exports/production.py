"""Makes the file of an export: reads its source as the person may see it, and writes the format."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from domain import duck, ids, kinds, pool, storage
from domain.calendar.zones import zone_of
from domain.db import transaction
from domain.executions import results, spreadsheets
from domain.executions.spreadsheets import CsvForm
from domain.exports import aggregates, contents, drawing_process, names, tables, views
from domain.exports.drawing_orders import DrawingOrder, RowsOrder
from domain.exports.options import Options
from domain.exports.scans import Table
from domain.kinds import Execution
from domain.models import ReportExport
from domain.models.exports import TABLES
from domain.viewer import Viewer


@dataclass(frozen=True)
class Produced:
    """The file of an export on this machine."""

    path: Path
    title: str
    start: date | None = None
    last: date | None = None
    missing_parts: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The name under which people save the file."""
        return names.file_name(self.title, self.start, self.last, self.path.suffix[1:])


async def produce(
    viewer: Viewer, export: ReportExport, place: Path, read: Callable[[], Awaitable[None]]
) -> Produced:
    """Make the file of an export in this folder. `read` is told once the source is read.

    Raises NoResultFound if the viewer no longer sees the source, FileLost, and what the database
    and the store raise.
    """
    options = Options.model_validate(export.options)
    target = place / f"export.{export.export_format}"
    if export.execution_id is not None or export.workflow_execution_id is not None:
        return await _rows(viewer, export, options, target, read)
    if export.report_id is not None or export.collection_id is not None:
        series = await aggregates.of_series(viewer, export, options, place)
        await read()
        await _write_any(series.table, target, options)
        return Produced(target, series.title, series.start, series.last)
    if export.dashboard_view_id is not None:
        content = await views.of_view(viewer, export, options)
    else:
        content = await contents.of_widgets(viewer, export, options)
    await read()
    if export.export_format in TABLES:
        table = await pool.run(tables.of_widgets, content, place)
        await pool.run(_write, table, target, options)
    else:
        await drawing_process.paint(
            DrawingOrder(content.written_in(options.numerals), options, target)
        )
    days = content.days
    start, last = (days.start, days.last) if days else (None, None)
    return Produced(target, content.title, start, last, content.missing_parts)


async def _rows(
    viewer: Viewer,
    export: ReportExport,
    options: Options,
    target: Path,
    read: Callable[[], Awaitable[None]],
) -> Produced:
    """Export all rows of an execution."""
    async with transaction(viewer) as session:
        kind = kinds.REPORT if export.execution_id is not None else kinds.WORKFLOW
        key = export.execution_id or export.workflow_execution_id
        execution: Execution = await session.get_one(kind.execution.model, key)
        of = kinds.source_key(execution)
        source = await session.get(kind.source.model, of) if of is not None else None
    title = source.name if source else ids.encode(kind.execution.prefix, execution.id)
    location = results.location(execution)
    paths, _ = await storage.fetch_all([location], target.parent)
    parquet = paths[location]
    await read()
    table = Table(f"read_parquet('{parquet}')", parquet)
    with results.whole([parquet]):
        await _write_any(table, target, options)
    return Produced(target, title, *_days(execution))


def _days(execution: Execution) -> tuple[date | None, date | None]:
    """Return the first and the last day of the window, in the execution's time zone."""
    if execution.time_window_start is None or execution.time_window_end is None:
        return None, None
    zone = zone_of(execution.time_zone)
    last = (execution.time_window_end - timedelta(microseconds=1)).astimezone(zone)
    return execution.time_window_start.astimezone(zone).date(), last.date()


async def _write_any(table: Table, target: Path, options: Options) -> None:
    if target.suffix == ".xlsx":
        await drawing_process.paint(RowsOrder(table, target))
    else:
        await pool.run(_write, table, target, options)


def _write(table: Table, target: Path, options: Options) -> None:
    """Write a table in the format that the target's ending says, in constant memory."""
    with duck.over(table.path.parent, target.parent) as connection:
        if target.suffix == ".parquet":
            duck.write(connection, f"SELECT * FROM {table.scan}", target)
        else:
            form = CsvForm(options.raw, options.byte_order_mark)
            spreadsheets.write_table(connection, table.scan, target, form)
