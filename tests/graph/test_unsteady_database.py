"""Connections that PostgreSQL closes at any moment: whoever asks is told that it passes, at worst.

UNSTEADY_SECONDS=60 looks for longer.
"""

import asyncio
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
ASKING = 8  # at the same time, of each kind
KILL = """
SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""
QUERIES = [
    "{ viewer { email } reports(first: 5) { nodes { id name executions { nodes { id } } } } }",
    "{ executions(first: 5) { totalCount nodes { id status report { name } week { id } } } }",
    "{ overview { running { status } } instances { nodes { name slotsFree quotaLeft } } }",
]
WATCHES = [
    "subscription { collections { nodes { status weeks { status } } } }",
    "subscription { executions { nodes { status report { name } } } }",
]
RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"


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

    async def watch(self, query: str, kind: str) -> None:
        """Begin to watch, and leave after the first event; again and again."""
        headers = {"Accept": kind}
        while time.monotonic() < self.until:
            async with self.client.stream(
                "POST", "/graphql", json={"query": query}, headers=headers
            ) as answer:
                if answer.status_code != 200:
                    await answer.aread()
                    self._note(answer.status_code, answer.json())
                    continue
                async for line in answer.aiter_lines():
                    text = line.removeprefix("data: ")
                    if text.startswith("{") and text != "{}":
                        found = json.loads(text)
                        self._note(200, found.get("payload", found))
                        break

    def _note(self, status: int, body: Any) -> None:
        codes = {error["extensions"]["code"] for error in body.get("errors", ())}
        self.answers[f"{status} {' '.join(sorted(codes))}".strip()] += 1
        if status not in (200, 503) or codes - {"UNAVAILABLE"}:
            self.wrong.append((status, body))


async def close_again_and_again(line: Line, until: float) -> int:
    """Close all connections, by the server or on the way, at random moments."""
    chance = random.Random(1)
    server = await asyncpg.connect(settings.database_url)
    closed = 0
    try:
        while time.monotonic() < until:
            if chance.random() < 0.5:
                line.break_all()
            else:
                closed += await server.fetchval(KILL)
            await asyncio.sleep(chance.uniform(0, 0.06))
    finally:
        await server.close()
    return closed


async def test_no_closed_connection_is_taken_for_a_bug(
    ask: Ask, alice: Viewer, report: Any, api_place: str, postgres_line: Line
) -> None:
    for _ in range(3):
        await ask(RUN, id=report["id"])
    token = f"Bearer {tokens.issue(alice.email, alice.email)}"
    client = httpx2.AsyncClient(
        base_url=f"http://{api_place}",
        headers={"Authorization": token},
        timeout=30,
        limits=httpx2.Limits(max_connections=None),
    )
    async with client, asyncio.TaskGroup() as group:
        asking = Asking(client)
        closing = group.create_task(close_again_and_again(postgres_line, asking.until))
        for number in range(ASKING):
            group.create_task(asking.ask(QUERIES[number % len(QUERIES)]))
            kind = list(STREAMS.values())[number % len(STREAMS)]
            group.create_task(asking.watch(WATCHES[number % len(WATCHES)], kind))

    print(f"closed {closing.result()} connections; answers {dict(asking.answers)}")
    assert asking.wrong == []
    assert asking.answers["200"] > 0
