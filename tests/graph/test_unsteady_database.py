"""Connections that PostgreSQL closes at any moment: whoever asks is told that it passes, at worst.

UNSTEADY_SECONDS=60 looks for longer.
"""

import asyncio
import contextlib
import json
import os
import random
import time
from collections import Counter
from typing import Any

import asyncpg
import httpx2

from domain.people import tokens
from domain.settings import settings
from domain.viewer import Viewer
from tests.graph.front_door import Ask
from tests.lines import Line
from tests.watchers import STREAMS

SECONDS = float(os.environ.get("UNSTEADY_SECONDS", "4"))
ASKING = 6  # at the same time
KILL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
QUERIES = [
    "{ viewer { email } reports(first: 5) { nodes { id name executions { nodes { id } } } } }",
    "{ executions(first: 5) { totalCount nodes { id status report { name } week { id } } } }",
    "{ overview { running } instances { nodes { name slotsFree quotaLeft } } }",
]
WATCHES = {
    "collections": "subscription { collections { nodes { status weeks { status } } } }",
    "executions": "subscription { executions { nodes { status report { name } } } }",
    "execution": "subscription($id: ID!) { execution(id: $id) { status report { name } } }",
    "collection": "subscription($id: ID!) { collection(id: $id) { status weeks { status } } }",
    "ticks": "subscription($id: ID!) { scheduleTicks(reportId: $id) { nodes { outcome } } }",
    "dashboard": "subscription($id: ID!) { dashboard(id: $id) { dashboard { name } } }",
    "overview": "subscription { overview { running waiting } }",
}
STAYS = 0.5  # seconds of a watch
RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
START = """
mutation($id: ID!) { collectionStart(collection: {reportId: $id, targetWeeks: 2}) { id } }
"""
BOARD = 'mutation { dashboardCreate(dashboard: {name: "Board"}) { id } }'
CHANGED = """
UPDATE report_executions SET version = version + 1;
UPDATE report_data_collections SET version = version + 1;
UPDATE dashboards SET name = name || '.', version = version + 1 WHERE length(name) < 100;
"""


class Asking:
    """What is answered to many who ask while connections are closed."""

    def __init__(self, client: httpx2.AsyncClient) -> None:
        self.client = client
        self.until = time.monotonic() + SECONDS
        self.answers = Counter[str]()
        self.wrong: list[Any] = []

    async def ask(self, query: str) -> None:
        """Ask again and again."""
        while time.monotonic() < self.until:
            answer = await self.client.post("/graphql", json={"query": query})
            self._note(answer.status_code, answer.json())

    async def watch(self, query: str, key: str | None, kind: str) -> None:
        """Watch for a moment, again and again."""
        headers = {"Accept": kind}
        body = {"query": query, "variables": {"id": key} if key else {}}
        while time.monotonic() < self.until:
            async with self.client.stream("POST", "/graphql", json=body, headers=headers) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    self._note(answer.status_code, answer.json())
                    continue
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(STAYS):
                        async for line in answer.aiter_lines():
                            self._hear(line)

    def _hear(self, line: str) -> None:
        text = line.removeprefix("data: ")
        if not text.startswith("{") or text == "{}":
            return
        found = json.loads(text)
        found = found.get("payload", found)
        self._note(200, found)
        if "errors" in found:  # an outage is waited for
            self.wrong.append(("event", found))

    def _note(self, status: int, body: Any) -> None:
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        self.answers[f"{status} {' '.join(sorted(codes))}".strip()] += 1
        is_told = status == 503 or not codes or any((body.get("data") or {}).values())
        if status not in (200, 503) or codes - {"UNAVAILABLE"} or not is_told:
            self.wrong.append((status, body))


async def close_again_and_again(line: Line, until: float) -> int:
    """Close all connections, by the server or on the way, at random moments."""
    chance = random.Random(1)
    server = await asyncpg.connect(settings.database_url)
    closed = 0
    try:
        while time.monotonic() < until:
            await server.execute(CHANGED)
            if chance.random() < 0.5:
                line.break_all()
            else:
                closed += await server.fetchval(KILL)
            await asyncio.sleep(chance.uniform(0, 0.8))
    finally:
        await server.close()
    return closed


async def test_no_closed_connection_is_taken_for_a_bug(
    ask: Ask, alice: Viewer, report: Any, api_place: str, postgres_line: Line
) -> None:
    keys = {
        "execution": (await ask(RUN, id=report["id"]))["id"],
        "collection": (await ask(START, id=report["id"]))["id"],
        "ticks": report["id"],
        "dashboard": (await ask(BOARD))["id"],
    }
    token = f"Bearer {tokens.issue(alice.email, alice.email)}"
    client = httpx2.AsyncClient(
        base_url=f"http://{api_place}",
        headers={"Authorization": token},
        timeout=30,
        limits=httpx2.Limits(max_connections=None),
    )
    async with client:
        asking = Asking(client)
        async with asyncio.TaskGroup() as group:
            closing = group.create_task(close_again_and_again(postgres_line, asking.until))
            for number in range(ASKING):
                group.create_task(asking.ask(QUERIES[number % len(QUERIES)]))
            for name, query in WATCHES.items():
                for kind in STREAMS.values():
                    group.create_task(asking.watch(query, keys.get(name), kind))
        after = await client.post("/graphql", json={"query": QUERIES[0]})

    print(f"closed {closing.result()} connections; answers {dict(asking.answers)}")
    assert asking.wrong == []
    assert (after.status_code, after.json().get("errors")) == (200, None)
