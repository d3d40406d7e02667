"""Operations of the tests of templates."""

from typing import Any

from sqlalchemy import func, select

from domain import db

FIELDS = """
    id slug name description category reportType isPublic version archivedAt defaultDashboardType
    currentVersion {
      version sqlTemplate parameterDefinitions uiSchema outputColumns dataSources
      reportConfig {
        defaultWindowDays dateColumn dimensions
        metrics { name title kind unit description numerator denominator }
        widgets { widgetType title chartType metrics dimension split text }
      }
    }
"""
CREATE = f"""
mutation($template: TemplateInput!, $key: String) {{
  templateCreate(template: $template, idempotencyKey: $key) {{ {FIELDS} }}
}}
"""
CHANGE = f"""
mutation($id: ID!, $template: TemplateInput!, $seen: Int) {{
  templateChange(id: $id, template: $template, seenVersion: $seen) {{ {FIELDS} }}
}}
"""
ARCHIVE = "mutation($id: ID!) { templateArchive(id: $id) { id archivedAt } }"
READ = f"query($id: ID!) {{ template(id: $id) {{ {FIELDS} }} }}"
VERSIONS = """
query($id: ID!, $first: Int) {
  templateVersions(templateId: $id, first: $first) { nodes { version sqlTemplate } }
}
"""
LIST = """
query($filter: TemplateFilter, $first: Int, $after: String) {
  templates(filter: $filter, first: $first, after: $after) {
    nodes { name slug category reportType }
    pageInfo { hasNextPage endCursor }
  }
}
"""
PREVIEW = """
query($id: ID!, $values: JSON) {
  templatePreview(templateId: $id, parameters: $values) {
    sql parameters { name dataType isList value } errors { field message }
  }
}
"""
REPORT = """
mutation($report: ReportInput!) {
  reportCreate(report: $report) { id template { name } templateVersion { version } }
}
"""
DEFINITIONS = {
    "type": "object",
    "properties": {
        "days": {"type": "integer", "minimum": 1, "maximum": 90, "default": 28},
        "brand": {"type": "string"},
    },
    "required": ["brand"],
}
SQL = """
SELECT campaign, COUNT(1) AS impressions -- for whom
FROM dsp_impressions
WHERE advertiser = CUSTOM_PARAMETER('brand') AND impression_day < {{days}}
GROUP BY 1
"""


async def count(model: type[Any]) -> int:
    async with db.owner_transaction() as session:
        return await session.scalar(select(func.count()).select_from(model)) or 0
