"""Operations of the tests of exports, and how their files are fetched."""

from typing import Any

import httpx2
from sqlalchemy import text

from domain import db
from domain.viewer import Viewer
from graph.app import app
from tests.numbers.numbers import chart, keep, put, week

FIELDS = """
id format state progress fileName sizeBytes checksum missingParts error sourceId
createdAt completedAt expiresAt
"""
CREATE = f"""
mutation($export: ExportInput!, $key: String) {{
  exportCreate(export: $export, idempotencyKey: $key) {{ {FIELDS} }}
}}
"""
READ = f"query($id: ID!) {{ export(id: $id) {{ {FIELDS} dashboard {{ name }} }} }}"
LINK = "query($id: ID!) { export(id: $id) { download { url expiresAt } } }"
CANCEL = "mutation($id: ID!) { exportCancel(id: $id) { id state } }"
REPEAT = "mutation($id: ID!) { exportRepeat(id: $id) { id state } }"
LIST = """
query($filter: ExportFilter) {
  exports(filter: $filter, first: 50) { nodes { id state format } }
}
"""
USAGE = "{ exportUsage { count open sizeBytes } }"
WATCH = "subscription($id: ID!) { export(id: $id) { state progress } }"


def export(format: str, /, *, options: Any = None, **source: str) -> dict[str, Any]:
    """An input of `exportCreate`."""
    return {"source": source, "format": format, "options": options or {}}


async def fetched(url: str, **headers: str) -> httpx2.Response:
    """What a link answers."""
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        return await client.get("/exports/" + url.split("/exports/")[1], headers=headers)


async def made(ask: Any, do: Any, asked: dict[str, Any], by: Viewer | None = None) -> Any:
    """Ask for an export, let the workers make it, and return it with its content."""
    who = {} if by is None else {"by": by}
    key = (await ask(CREATE, export=asked, **who))["id"]
    await do()
    found = await ask(READ, id=key, **who)
    assert found["state"] == "COMPLETED", found["error"]
    link = (await ask(LINK, id=key, **who))["download"]["url"]
    return found | {"content": (await fetched(link)).content, "url": link}


async def furnish(ask: Any, board: str, report: str) -> None:
    """Give a dashboard a chart, a table, a card, a text, and a widget without numbers."""
    by = {"campaign": {"=1+1": _week(70), "日本語 🎉": _week(20), None: _week(10)}}
    await keep(report, week(10), _week(100), by)
    await keep(report, week(11), _week(150), {"campaign": {"=1+1": _week(150)}})
    await keep(report, week(12), "SUPPRESSED")
    named = {"dimension": "campaign", "metrics": ["cost", "roas"]}
    await put(
        ask,
        board,
        chart(report, "Cost by week", "LINE", range={"periods": 3}),
        chart(report, "Campaigns", "BAR", range={"periods": 3}, **named) | {"type": "TABLE"} | NONE,
        chart(report, "Cost", range={"periods": 3}, comparison="PREVIOUS_PERIOD")
        | {"type": "METRIC_CARD"}
        | NONE,
        {"type": "TEXT", "title": "Note", "display": {"text": "Read *this* #first"}},
        chart(report, "Nobody", "BAR", range={"startDate": "2020-01-06", "endDate": "2020-01-12"}),
    )


NONE = {"chartType": None}


def _week(cost: int) -> dict[str, str]:
    return {"cost": f"{cost}.25", "sales": str(cost * 4), "roas": "4", "impressions": str(cost * 9)}


async def column(name: str) -> list[Any]:
    """A column of all exports, the oldest first."""
    async with db.owner_transaction() as session:
        ordered = f"SELECT {name} FROM report_exports ORDER BY exported_at, id"
        found = await session.scalars(text(ordered))
        return list(found)


async def set_all(values: str) -> None:
    """Change all exports by SQL."""
    async with db.owner_transaction() as session:
        await session.execute(text(f"UPDATE report_exports SET {values}"))
