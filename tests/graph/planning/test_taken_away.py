"""What was taken away is not shown again: no plan, kept dataset or checked token remembers it."""

from typing import Any

import httpx2
import pytest
from sqlalchemy import text

from domain import db, ids
from domain.people import people, tokens
from domain.viewer import Viewer
from graph.app import app
from graph.fields.context import Context
from graph.http import checked_tokens
from graph.schema import schema
from tests.dashboards.dashboards import SHARE, UNSHARE
from tests.graph.copies import copies
from tests.graph.selections import lists
from tests.numbers.numbers import NUMBERS, chart, keep, put, week
from tests.people.people import person

NAMED = {"campaign": {"A": {"cost": "9"}, "B": {"cost": "1"}}}
OUT = "DELETE FROM instance_members WHERE user_id = :id"
AGAIN = "INSERT INTO instance_members (user_id, instance_id, role) VALUES (:id, :place, 'viewer')"
AUDIT = "auditEntries"  # where both changes of the membership are told
EVERYBODYS = {"templates", "templateVersions"}  # those that are built in


@pytest.fixture
async def queries(alice: Viewer, instance: Any) -> dict[str, str]:
    """Every list with all that can be read of its items, by its name."""
    rows = await copies(alice, instance.id)
    given = {
        "instanceId": ids.encode("inst", instance.id),
        "templateId": ids.encode("tmpl", rows["query_templates"].id),
        "scheduleId": ids.encode("sch", rows["report_schedules"].id),
        "reportId": ids.encode("rpt", rows["report_definitions"].id),
    }
    found = dict(lists(given))
    return {name: query for name, query in found.items() if name not in EVERYBODYS}


async def seen(viewer: Viewer, queries: dict[str, str]) -> dict[str, int]:
    """The number of items of each list that this person is shown, by plans."""
    found = {}
    for name, query in queries.items():
        context = Context(viewer)
        answer = await schema.execute(query, context_value=context)
        assert context.plan in ("planned", "refused", "error"), (name, context.plan)
        found[name] = len(((answer.data or {}).get(name) or {}).get("nodes") or ())
    return found


async def change(statement: str, **given: Any) -> None:
    async with db.owner_transaction() as session:
        await session.execute(text(statement), given)


async def test_whoever_leaves_an_instance_is_shown_nothing_of_it(bob, instance, queries):
    before = await seen(bob, queries)
    assert sum(count > 0 for count in before.values()) >= 5, before
    await change(OUT, id=bob.user_id)
    assert set((await seen(bob, queries)).values()) == {0}
    await change(AGAIN, id=bob.user_id, place=instance.id)
    again = await seen(bob, queries)
    assert again | {AUDIT: 0} == before | {AUDIT: 0}


async def test_a_dashboard_that_is_shared_no_more_is_not_shown(ask, refused, board, report):
    dora = await person("Dora")
    await keep(report["id"], week(10), {"cost": "10"}, NAMED)
    await put(ask, board, chart(report["id"], dimension="campaign"))
    await ask(SHARE, id=board, email=dora.email, permission="VIEW")
    for _ in range(2):  # the second answer has the dataset that the first one kept
        (widget,) = (await ask(NUMBERS, by=dora, id=board))["widgets"]
        assert len(widget["data"]["points"]) == 2
    await ask(UNSHARE, id=board, email=dora.email)
    assert (await refused(NUMBERS, by=dora, id=board))["code"] == "NOT_FOUND"


async def test_whoever_is_switched_off_is_refused_within_five_seconds(bob, queries, monkeypatch):
    headers = {"Authorization": f"Bearer {tokens.issue(bob.email, bob.email)}"}
    place = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(
        transport=place, base_url="http://testserver", headers=headers
    ) as client:
        asked = [{"query": query} for query in queries.values()]
        assert (await client.post("/graphql", json=asked[0])).status_code == 200
        async with db.owner_transaction() as session:
            await people.set_active(session, bob.email, active=False)
        assert checked_tokens.SECONDS <= 5
        monkeypatch.setattr(checked_tokens, "SECONDS", 0.0)  # they have passed
        for body in asked:
            assert (await client.post("/graphql", json=body)).status_code == 401
