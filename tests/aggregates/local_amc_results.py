"""Results of built-in templates from the local AMC, week by week, ready to be aggregated."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from domain.aggregates.rollups import Rollup, SegmentResult, aggregate
from domain.calendar import windows
from domain.calendar.days import Days
from domain.calendar.units import Period
from domain.executions import columns as result_columns
from domain.queries import parameters, sql
from domain.templates.builtin_templates import load
from domain.templates.metrics import ReportConfig
from sandbox.events.warehouse import Warehouse
from sandbox.sql import query
from tests.sandbox.events import warehouse

BUILTINS = load()
# Eight weeks around the end of a quarter. New York changes its clocks in the last but one.
START, WEEKS = date(2026, 9, 14), 8
LEFT_OUT = date(2026, 10, 12)  # this week is not collected
NEW_YORK = "America/New_York"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def events() -> Warehouse:
    """The events that the results come from."""
    return warehouse(40_000, date(2026, 11, 21))


class Collected:
    """Segments of a built-in template, collected window by window from the local AMC."""

    def __init__(self, warehouse: Warehouse, folder: Path, slug: str, zone: str) -> None:
        self.warehouse, self.folder, self.slug, self.zone = warehouse, folder, slug, zone
        self.config = ReportConfig.model_validate(BUILTINS[slug].report_config)

    def segment(
        self, start: date, end: date, *, event_level: bool = True, **values: Any
    ) -> SegmentResult:
        spec = BUILTINS[self.slug]
        checked = parameters.check(spec.parameter_definitions, values)
        made = sql.render(spec.sql_template, spec.parameter_definitions, checked)
        asked = query.Query(
            sql=made.sql,
            window_start=windows.first_moment(start, self.zone).astimezone(UTC),
            window_end=windows.first_moment(end, self.zone).astimezone(UTC),
            parameters={one["name"]: one["value"] for one in made.parameters},
            declared=made.parameters,
            discriminator_column=result_columns.FILTERED,
            event_level=event_level,
        )
        id_ = uuid4()
        result = query.run(asked, self.warehouse, self.folder / f"{id_}.csv", timeout=60)
        path = typed(result, self.folder / f"{id_}.parquet")
        outcome = "DATA" if result.row_count else "EMPTY"
        return SegmentResult(id_, Days(start, end), outcome, path, False, NOON)

    def weeks(self, **given: Any) -> list[SegmentResult]:
        starts = [START + timedelta(weeks=number) for number in range(WEEKS)]
        weeks = [(start, start + timedelta(weeks=1)) for start in starts if start != LEFT_OUT]
        return [self.segment(*week, **given) for week in weeks]

    def rollups(self, segments: Sequence[SegmentResult], periods: Sequence[Period]) -> list[Rollup]:
        return aggregate(self.config, self.zone, segments, periods, self.folder)


def typed(result: query.Result, target: Path) -> Path:
    """AMC's CSV as Parquet, with the types in which results are stored."""
    columns = ", ".join(
        f'CAST("{one.name}" AS {result_columns.TYPES[one.data_type]}) AS "{one.name}"'
        for one in result.columns
    )
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            COPY (SELECT {columns} FROM read_csv($parts, columns = $columns, header = true,
                auto_detect = false, delim = ',', quote = '"', escape = '\\',
                allow_quoted_nulls = false)) TO '{target}' (FORMAT parquet)
            """,
            {
                "parts": [str(path) for path in result.paths],
                "columns": {one.name: "VARCHAR" for one in result.columns},
            },
        )
    return target
