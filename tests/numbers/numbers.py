"""Aggregates as a collection leaves them, and how widgets are read."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import orjson
from sqlalchemy import text

from domain import db, ids, models
from domain.calendar import units
from domain.calendar.units import Period
from tests.dashboards.dashboards import WIDGETS, at

AS_OF = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
SERIES = "series-1"
DATA = """
data(theme: $theme, range: $range, level: $level, filters: $filters) {
  measures { name title unit kind currency }
  sources currencies level start end dimension overTime comparison previousStart previousEnd
  points(first: 12) {
    source key start end value isOther isProvisional byUtcDay
    cells { value state } previous { value state } changes { value state } notComparable
    coverage { days covered empty suppressed gap missing straddling }
    previousCoverage { days covered missing }
  }
  totals {
    source currency cells { value state } previous { value state } changes { value state }
    notComparable coverage { days covered } previousCoverage { days covered }
  }
  coverage { days covered empty suppressed gap missing straddling }
  previousCoverage { days covered missing } notComparable
  isProvisional suppressedShare asOf
  unserved { code message field }
  chart altText
}
"""
VARIABLES = "$theme: Theme! = LIGHT, $range: RangeInput, $level: AggregateLevel"
VARIABLES += ", $filters: [WidgetFilterInput!]"
NUMBERS = f"""
query($id: ID!, {VARIABLES}) {{ dashboard(id: $id) {{ widgets {{ title {DATA} }} }} }}
"""
PREVIEW = f"""
query($widget: WidgetInput!, $dashboard: ID, {VARIABLES}) {{
  widgetPreview(
    widget: $widget, dashboardId: $dashboard, theme: $theme, range: $range, level: $level,
    filters: $filters
  ) {DATA.partition(")")[2]}
}}
"""
Metrics = Mapping[str, Any]  # a value, or a state in capitals


def week(number: int, year: int = 2026) -> Period:
    """An ISO week by number."""
    return units.period("weekly", date.fromisocalendar(year, number, 1), "monday")


async def keep(
    report: str,
    period: Period,
    metrics: Metrics | str,
    by: Mapping[str, Mapping[str | None, Metrics]] | None = None,
    **columns: Any,
) -> None:
    """Store the aggregates of a period: over all values (or a state), and by dimensions."""
    key = ids.decode("rpt", report)
    async with db.owner_transaction() as session:
        row = await session.get_one(models.Report, key)
        made = [row_of(row, period, "", {}, metrics, columns)]
        for dimension, values in (by or {}).items():
            for value, own in values.items():
                named = {dimension: value}
                made.append(row_of(row, period, orjson.dumps(named).decode(), named, own, columns))
        session.add_all(made)
        # As the worker does whenever it records aggregates.
        await session.execute(text("UPDATE dashboards SET data_version = data_version + 1"))


def row_of(
    report: models.Report,
    period: Period,
    packed: str,
    dimensions: dict[str, Any],
    metrics: Metrics | str,
    columns: Mapping[str, Any],
) -> models.Aggregate:
    state = metrics if isinstance(metrics, str) else "DATA"
    names = ("impressions", "clicks", "cost", "sales", "purchases", "roas", "reach")
    given: Metrics = dict.fromkeys(names, state) if isinstance(metrics, str) else metrics
    days = period.days.length
    covered = 0 if state == "MISSING" else days
    known = {"DATA": {}, "MISSING": {"missing": days}}
    coverage = {"days": days, "covered": covered, **known.get(state, {state.lower(): days})}
    return models.Aggregate(
        **{
            "report_id": report.id,
            "instance_id": report.instance_id,
            "series_hash": SERIES,
            "generation": 1,
            "aggregation_type": period.level,
            "aggregation_key": period.key,
            "data_date": period.start,
            "period_end_date": period.days.last,
            "dimensions": dimensions,
            "dimension_key": packed,
            "metrics": {n: None if str(v).isupper() else str(v) for n, v in given.items()},
            "metric_states": {n: v for n, v in given.items() if str(v).isupper()},
            "state": state,
            "coverage": coverage,
            "row_count": 10 if state == "DATA" else 0,
            "suppressed_rows": 1 if state == "DATA" else 0,
            "as_of": AS_OF,
            **columns,
        }
    )


def chart(report: str, title: str = "Chart", kind: str = "BAR", **shown: Any) -> dict[str, Any]:
    """A chart of a report, of its cost by default."""
    given = {"sources": [{"reportId": report}], "metrics": ["cost"], **shown}
    return {
        "type": "CHART",
        "chartType": kind,
        "title": title,
        "dataSource": given,
        "position": at(),
    }


async def put(ask: Any, board: str, *widgets: dict[str, Any]) -> None:
    """Put widgets on an empty dashboard, one below the other."""
    added = [{**one, "position": at(0, 2 * number)} for number, one in enumerate(widgets)]
    await ask(WIDGETS, id=board, version=1, change={"add": added})


def values(cells: Sequence[Mapping[str, Any]]) -> list[Any]:
    """The value of each cell, or its state."""
    return [one["state"] if one["value"] is None else one["value"] for one in cells]
