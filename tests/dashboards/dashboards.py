"""Helpers of the tests of dashboards: operations, and inputs of widgets."""

from typing import Any

import pytest

from domain import db, ids, models
from domain.viewer import Viewer
from tests.graph.front_door import Ask
from tests.people.people import person

RANGE = "range { periods startDate endDate }"
FILTER = "filters { dimension values exclude }"
FILTERS = f"filters {{ level {RANGE} {FILTER} }}"
SELECTION = f"metrics dimension overTime level {RANGE} comparison top sortBy ascending"
DISPLAY = "display { text xTitle yTitle stacked showLegend decimals }"
POSITION = "position { x y width height }"
DATA_SOURCE = f"dataSource {{ sources {{ reportId workflowId }} {SELECTION} {FILTER} }}"
CREATE = """
mutation($dashboard: DashboardInput!, $key: String) {
  dashboardCreate(dashboard: $dashboard, idempotencyKey: $key) { id version name access }
}
"""
READ = f"""
query($id: ID!) {{
  dashboard(id: $id) {{
    id name description templateType {FILTERS} isPublic isFavorite access version dataVersion
    owner {{ name email }}
    widgets {{ id type chartType title {DATA_SOURCE} {DISPLAY} {POSITION} }}
    sources {{
      id name timeZone dimensions metrics {{ name title kind unit }} report {{ id name }}
    }}
    shares {{ permission email person {{ name email }} }}
    reports {{ id name dashboard {{ id }} }}
    createdAt updatedAt
  }}
}}
"""
CHANGE = f"""
mutation($id: ID!, $version: Int!, $change: DashboardChangeInput!) {{
  dashboardChange(id: $id, version: $version, change: $change) {{
    id version name description {FILTERS} isPublic templateType
  }}
}}
"""
WIDGETS = f"""
mutation($id: ID!, $version: Int!, $change: WidgetsChangeInput!, $key: String) {{
  dashboardWidgetsChange(id: $id, version: $version, change: $change, idempotencyKey: $key) {{
    id version widgets {{ id title {POSITION} }}
  }}
}}
"""
SHARE = """
mutation($id: ID!, $email: String!, $permission: SharePermission!) {
  dashboardShare(dashboardId: $id, email: $email, permission: $permission) {
    id version shares { permission email person { email } }
  }
}
"""
UNSHARE = """
mutation($id: ID!, $email: String!) {
  dashboardUnshare(dashboardId: $id, email: $email) { id shares { email } }
}
"""
DELETE = "mutation($id: ID!) { dashboardDelete(id: $id) }"
DUPLICATE = """
mutation($id: ID!, $name: String, $key: String) {
  dashboardDuplicate(id: $id, name: $name, idempotencyKey: $key) {
    id name access isPublic version widgets { id title } sources { id }
  }
}
"""
FAVORITE = """
mutation($id: ID!, $favorite: Boolean!) {
  dashboardFavorite(id: $id, favorite: $favorite) { id isFavorite }
}
"""
MAKE = f"""
mutation($template: String!, $sources: [SourceInput!]!, $name: String, $key: String) {{
  dashboardCreateFromTemplate(
    template: $template, sources: $sources, name: $name, idempotencyKey: $key
  ) {{
    id name templateType {FILTERS} version
    widgets {{ id type chartType title {DATA_SOURCE} {DISPLAY} {POSITION} }}
    sources {{ id }}
  }}
}}
"""
LIST = """
query($filter: DashboardFilter, $first: Int = 20, $after: String) {
  dashboards(filter: $filter, first: $first, after: $after) {
    nodes { id name access isFavorite owner { name } widgets { id } sources { name } shares {
      permission } }
    pageInfo { hasNextPage endCursor }
  }
}
"""


def plain(value: Any) -> Any:
    """An answer without its nulls."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None}
    return [plain(one) for one in value] if isinstance(value, list) else value


def at(x: int = 0, y: int = 0, width: int = 3, height: int = 2) -> dict[str, int]:
    """A position on the grid."""
    return {"x": x, "y": y, "width": width, "height": height}


def card(report: str, title: str = "Cost", **more: Any) -> dict[str, Any]:
    """A metric card of a report."""
    shown = {"sources": [{"reportId": report}], "metrics": ["cost"]}
    given = {"type": "METRIC_CARD", "title": title, "dataSource": shown, "position": at()}
    return given | more


def note(title: str = "Note", **more: Any) -> dict[str, Any]:
    """A text widget."""
    return {"type": "TEXT", "title": title, "display": {"text": "Words"}, "position": at()} | more


def source(report: str, **more: Any) -> dict[str, Any]:
    """A data source that shows a report."""
    return {"sources": [{"reportId": report}], "metrics": ["cost"]} | more


def cards(report: str, number: int) -> list[dict[str, Any]]:
    """This many cards, four in a row."""
    return [card(report, f"Card {n}", position=at(n % 4 * 3, n // 4 * 2)) for n in range(number)]


@pytest.fixture
async def board(ask: Ask) -> str:
    """An empty dashboard of Alice's."""
    return str((await ask(CREATE, dashboard={"name": "Board"}))["id"])


@pytest.fixture
async def shown(ask: Ask, board: str, report: dict[str, Any]) -> str:
    """A dashboard of Alice's with a card of her report."""
    await ask(WIDGETS, id=board, version=1, change={"add": [card(report["id"])]})
    return board


@pytest.fixture
async def dora(clean_database: None) -> Viewer:
    """A person who is a member of no instance."""
    return await person("Dora")


async def new_workflow(viewer: Viewer, instance: models.Instance) -> str:
    """Create a workflow and return its id."""
    async with db.owner_transaction() as session:
        made = models.Workflow(
            name="Saved", sql_query="SELECT 1", instance_id=instance.id, user_id=viewer.user_id
        )
        session.add(made)
        await session.flush()
        return ids.encode("wf", made.id)


@pytest.fixture
async def erin(clean_database: None) -> Viewer:
    """Another person who is a member of no instance."""
    return await person("Erin")


@pytest.fixture
async def shared(ask: Ask, shown: str, charlie: Viewer, dora: Viewer) -> str:
    """A dashboard that Charlie may edit and Dora may view."""
    await ask(SHARE, id=shown, email="charlie@example.com", permission="EDIT")
    await ask(SHARE, id=shown, email="Dora@Example.com", permission="VIEW")
    return shown


async def publish(ask: Ask, board: str) -> None:
    version = (await ask(READ, id=board))["version"]
    await ask(CHANGE, id=board, version=version, change={"isPublic": True})
