"""The dashboard that is measured: 12 widgets over a year, and the queries that read it."""

from typing import Any

START = """
mutation($report: ID!) {
  collectionStart(collection: {
    reportId: $report, targetWeeks: 52, segmentation: {parallelLimit: 10}
  }) { id }
}
"""
COLLECTED = "query($id: ID!) { collection(id: $id) { isOver status weeksCompleted } }"
CREATE = """
mutation {
  dashboardCreate(dashboard: {
    name: "A year", filters: {level: WEEKLY, range: {periods: 52}}
  }) { id version }
}
"""
ADD = """
mutation($id: ID!, $version: Int!, $change: WidgetsChangeInput!) {
  dashboardWidgetsChange(id: $id, version: $version, change: $change) { id }
}
"""
TABLE = ["impressions", "clicks", "click_rate", "cost", "purchases", "sales", "roas"]
# Half a year beside the half year before: the same 52 weeks.
HALVES = {"comparison": "PREVIOUS_PERIOD", "range": {"periods": 26}}
WEEKS: dict[str, Any] = {"overTime": True}
CAMPAIGNS, PRODUCTS = {"dimension": "campaign"}, {"dimension": "ad_product_type"}
WIDGETS: list[tuple[str, str | None, list[str], dict[str, Any]]] = [
    ("METRIC_CARD", None, ["cost"], HALVES),
    ("METRIC_CARD", None, ["sales"], HALVES),
    ("METRIC_CARD", None, ["roas"], HALVES),
    ("METRIC_CARD", None, ["purchases"], HALVES),
    ("CHART", "LINE", ["cost", "sales"], WEEKS),
    ("CHART", "LINE", ["roas"], WEEKS),
    ("CHART", "LINE", ["impressions", "clicks"], WEEKS),
    ("CHART", "BAR", ["sales"], CAMPAIGNS | {"top": 10, "sortBy": "sales"}),
    ("CHART", "AREA", ["cost"], PRODUCTS | WEEKS),
    ("TABLE", None, TABLE, CAMPAIGNS | {"top": 50, "sortBy": "cost"}),
    ("TABLE", None, TABLE, PRODUCTS),
    ("TABLE", None, TABLE, {}),
]
OURS = """
query($id: ID!) {
  dashboard(id: $id) {
    id name version dataVersion
    widgets {
      id type chartType title position { x y width height }
      display { text xTitle yTitle stacked showLegend decimals }
      data {
        measures { name title unit kind currency }
        sources level start end dimension overTime comparison previousStart previousEnd
        points(first: 40) {
          source key start end value isOther isProvisional byUtcDay
          cells { ...cell } previous { ...cell } coverage { ...days }
        }
        totals { source cells { ...cell } previous { ...cell } }
        coverage { ...days }
        isProvisional suppressedShare asOf unserved { code message field } %s
      }
    }
  }
}
fragment cell on Cell { value state }
fragment days on Coverage { days covered empty suppressed gap missing straddling }
"""
NUMBERS, CHARTS = OURS % "", OURS % "chart"
THEIRS = """
query($id: UUID!, $report: UUID!, $since: Date!) {
  dashboardByRowId(rowId: $id) {
    rowId name version dataVersion
    dashboardWidgetsByDashboardId {
      nodes { rowId widgetType chartType title dataSource displayConfig positionConfig }
    }
  }
%s
}
fragment row on ReportDataAggregate {
  aggregationKey dataDate periodEndDate dimensions metrics metricStates state coverage
  isProvisional byUtcDay rowCount suppressedRows asOf
}
"""
SERIES = """  %s: allReportDataAggregates(
    condition: {reportId: $report, aggregationType: "weekly"}
    filter: {dataDate: {greaterThanOrEqualTo: $since}, dimensionKey: {%s}}
    orderBy: DATA_DATE_ASC
  ) { nodes { ...row } }"""


def theirs() -> str:
    """PostGraphile's query with a connection for each widget, as a page of widgets sends it."""
    asked = [_series(f"w{n}", one[3].get("dimension")) for n, one in enumerate(WIDGETS)]
    return THEIRS % "\n".join(asked)


def theirs_once() -> str:
    """PostGraphile's query with each series once, for a page that shares it among its widgets."""
    dimensions = dict.fromkeys(one[3].get("dimension") for one in WIDGETS)
    return THEIRS % "\n".join(_series(f"by_{one}", one) for one in dimensions)


def _series(alias: str, dimension: str | None) -> str:
    begins = f'startsWith: "{{\\"{dimension}\\":"' if dimension else 'equalTo: ""'
    return SERIES % (alias, begins)


def position(number: int) -> dict[str, int]:
    """The position of a widget, three in a row."""
    return {"x": number % 3 * 4, "y": number // 3 * 4, "width": 4, "height": 4}


def widget(number: int, report: str) -> dict[str, Any]:
    """An input that adds a widget."""
    kind, chart, metrics, shown = WIDGETS[number]
    return {
        "type": kind,
        "chartType": chart,
        "title": f"{kind} {number}",
        "position": position(number),
        "dataSource": {"sources": [{"reportId": report}], "metrics": metrics, **shown},
    }
