"""The demo's dashboards: three made from templates, showing the report that was collected."""

from collections.abc import Callable
from typing import Any

from local.client import Client

TEMPLATES = ("campaign-performance", "purchase-funnel", "return-on-ad-spend")
NAMED = "Demo: "
MADE = """query Made($named: String) {
  dashboards(first: 100, filter: {mine: true, name: $named}) { nodes { id name } }
  dashboardTemplates { slug name }
}"""
MAKE = """mutation Make($template: String!, $report: ID!, $name: String) {
  dashboardCreateFromTemplate(template: $template, sources: [{reportId: $report}], name: $name) {
    id name
  }
}"""


async def make(client: Client, say: Callable[[str], None], report: str) -> None:
    """Create the dashboards that no earlier demo has created, and print the URL of each."""
    answer = await client.ask(MADE, named=NAMED)
    known = {one["name"]: one for one in answer["dashboards"]["nodes"]}
    named = {one["slug"]: f"{NAMED}{one['name'].lower()}" for one in answer["dashboardTemplates"]}
    for template in TEMPLATES:
        name = named[template]
        made: dict[str, Any] | None = known.get(name)
        if made is None:
            given = {"template": template, "report": report, "name": name}
            made = (await client.ask(MAKE, **given))["dashboardCreateFromTemplate"]
        say(f"Dashboard  {client.address}/dashboards/{made['id']}  {name}")
