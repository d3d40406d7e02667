"""Helpers of the tests of views: operations, and expected numbers computed independently."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import duckdb
from sqlalchemy import text

from domain import db
from domain.settings import settings
from tests.collections.collections import settled

WEEK = timedelta(days=7)

KNOWN = """
startDate endDate state coverage { days covered empty suppressed gap missing straddling }
isProvisional byUtcDay asOf rowCount suppressedRows undatedRows
"""
CELL = "{ value state }"
BENCHMARKS = f"benchmarks {{ name title value state target isLowerBetter isMet gap {CELL} }}"
DATA = f"""
processedData {{
  dashboardType timeZone {KNOWN}
  metrics {{ name title unit kind }} totals {{ name value state }}
  trend {{
    unit points {{ key startDate endDate state missingDays values {{ name value state }} }}
  }}
  distributions {{
    dimension orderedBy
    points {{ value isOther state rowCount values {{ name value state }} }}
  }}
  funnel {{
    stages {{
      name title value state ofPrevious {CELL} ofFirst {CELL} dropOff {CELL} dropOffShare {CELL}
    }}
  }}
  comparison {{
    window executionIds {KNOWN}
    metrics {{ name current {CELL} previous {CELL} change {CELL} share {CELL} }}
  }}
  widgets {{ widgetType title chartType metrics dimension split text }}
  {BENCHMARKS}
}}
charts {{ id title widgetType chartType spec metrics dimension text }}
"""
CONFIGURE = """
mutation($report: ID, $workflow: ID, $enabled: Boolean! = true, $type: DashboardType,
         $config: VisualizationInput, $template: ID) {
  reportConfigurationSet(reportId: $report, workflowId: $workflow, enabled: $enabled,
                         dashboardType: $type, visualizationConfig: $config,
                         templateId: $template) {
    id enabled enabledAt dashboardType workflowId template { slug }
    visualizationConfig {
      metrics dimensions funnelStages comparison benchmarks { metric target } lowerIsBetter top
    }
    report { id reportConfiguration { id } }
  }
}
"""
VIEWS = f"""
query($report: ID, $workflow: ID) {{
  views(reportId: $report, workflowId: $workflow, first: 1) {{
    nodes {{
      id startDate endDate executionIds collection {{ id }} report {{ id }} workflowId
      configuration {{ id dashboardType }}
      metricsSummary {{
        state coverage {{ days }} isProvisional asOf {BENCHMARKS}
        metrics {{ name title unit kind value state change {CELL} share {CELL} }}
      }}
      {DATA}
      createdAt lastUpdated
    }}
    pageInfo {{ hasNextPage }}
  }}
}}
"""
LISTED = f"""
query($report: ID, $first: Int = 20) {{
  views(reportId: $report, first: $first) {{
    nodes {{
      id startDate report {{ id }}
      metricsSummary {{ state {BENCHMARKS} metrics {{ name value state }} }}
      processedData {{ totals {{ name value state }} }}
    }}
    pageInfo {{ hasNextPage }}
  }}
}}
"""
RUN = """
mutation($id: ID!, $window: WindowInput) { reportRun(id: $id, window: $window) { id } }
"""
DRAWN = "query($id: ID!) { execution(id: $id) { outcome isDrawn drawingError } }"
DOCUMENTS = text("""
    SELECT execution_ids, processed_data, charts_config, metrics_summary, created_at
    FROM dashboard_views ORDER BY data_end_date, id
""")
PENDING = text("""
    SELECT (SELECT count(*) FROM report_configurations WHERE enabled AND redraw_at IS NOT NULL)
         + (SELECT count(*) FROM report_executions e JOIN report_configurations c USING (report_id)
            WHERE c.enabled AND e.week_id IS NULL AND e.outcome IS NOT NULL
              AND NOT e.dashboard_processed)
         + (SELECT count(*) FROM workflow_executions e
            JOIN report_configurations c USING (workflow_id)
            WHERE c.enabled AND e.week_id IS NULL AND e.outcome IS NOT NULL
              AND NOT e.dashboard_processed)
         + (SELECT count(*) FROM report_data_collections e
            JOIN report_configurations c
                ON c.report_id = e.report_id OR c.workflow_id = e.workflow_id
            WHERE c.enabled AND NOT e.dashboard_processed)
""")


async def the_view(ask: Any, **of: str) -> Any:
    """The only view of a report or workflow, with all that it has."""
    found = await ask(VIEWS, **of)
    assert not found["pageInfo"]["hasNextPage"]
    (view,) = found["nodes"]
    return view


def by_name(value: Any) -> Any:
    """An answer in which what has a metric's name can be looked up by it."""
    if isinstance(value, list):
        return [by_name(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {name: by_name(one) for name, one in value.items()}
    for name in ("totals", "values"):
        if name in told:
            told[name] = _by_name(told[name])
    if told.get("comparison"):
        told["comparison"]["metrics"] = _by_name(told["comparison"]["metrics"])
    return told


def _by_name(listed: list[dict[str, Any]]) -> dict[str, Any]:
    return {one["name"]: {n: v for n, v in one.items() if n != "name"} for one in listed}


async def documents() -> list[Any]:
    """The rows of all views, as they are stored."""
    async with db.owner_transaction() as session:
        return list((await session.execute(DOCUMENTS)).all())


async def pending() -> int:
    """The number of results of enabled sources that are not drawn yet."""
    async with db.owner_transaction() as session:
        return int(await session.scalar(PENDING) or 0)


async def files(execution_ids: list[str]) -> list[Path]:
    """The stored results of these executions."""
    async with db.owner_transaction() as session:
        found = await session.scalars(
            text(
                "SELECT output_location FROM report_executions WHERE execution_id = ANY(:ids) "
                "UNION ALL SELECT output_location FROM workflow_executions "
                "WHERE execution_id = ANY(:ids)"
            ),
            {"ids": execution_ids},
        )
        return [Path(urlsplit(settings.storage_url).path, key) for key in found]


def summed(paths: list[Path], column: str, where: str = "true") -> str:
    """The sum of a column of these results, by DuckDB alone, without trailing zeros."""
    listed = ", ".join(f"'{path}'" for path in paths)
    ((found,),) = duckdb.sql(
        f"SELECT sum({column}) FROM read_parquet([{listed}]) WHERE {where}"
    ).fetchall()
    shown = f"{found:f}"
    return shown.rstrip("0").rstrip(".") if "." in shown else shown


async def run(ask, report, weeks_ago: int = 0) -> str:
    """Run the report over a settled week, and return the execution's id."""
    start = settled() - weeks_ago * WEEK
    days = {"start": start.isoformat(), "end": (start + WEEK).isoformat()}
    return str((await ask(RUN, id=report["id"], window=days))["id"])


async def later() -> None:
    """Let all pauses and leases be over."""
    async with db.owner_transaction() as session:
        for table in ("report_executions", "workflow_executions", "report_data_collections"):
            await session.execute(
                text(
                    f"UPDATE {table} SET dashboard_due_at = now() - interval '1 s' "
                    "WHERE dashboard_due_at IS NOT NULL"
                )
            )
        await session.execute(text("UPDATE report_configurations SET lease_until = NULL"))
