"""Watches of each kind outlast a lost, frozen or unsteady PostgreSQL, and miss no final state."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import asyncpg
import httpx2
import pytest

from domain.bus import bus
from domain.people import tokens
from domain.settings import settings
from domain.viewer import Viewer
from graph.http import lasting
from tests.graph.front_door import Ask
from tests.graph.http import sockets
from tests.lines import Line, until
from tests.watchers import STREAMS, Watchers, lasting_socket

RUN = "mutation($id: ID!) { reportRun(id: $id) { id } }"
START = """
mutation($id: ID!) { collectionStart(collection: {reportId: $id, targetWeeks: 2}) { id } }
"""
BOARD = 'mutation { dashboardCreate(dashboard: {name: "Board"}) { id } }'
# What is watched, with an edge that is read from the database for each event.
EXECUTION = "subscription($id: ID!) { execution(id: $id) { status report { name } } }"
COLLECTION = "subscription($id: ID!) { collection(id: $id) { status weeks { status } } }"
COLLECTIONS = "subscription { collections { nodes { status weeks { status } } } }"
TICKS = "subscription($id: ID!) { scheduleTicks(reportId: $id) { nodes { outcome } } }"
DASHBOARD = """
subscription($id: ID!) { dashboard(id: $id) { changed dashboard { name widgets { id } } } }
"""
RENAME = "UPDATE dashboards SET name = $1, version = version + 1"
END = """
UPDATE report_executions SET status = 'cancelled', phase = 'done', due_at = NULL,
    completed_at = now(), version = version + 1;
UPDATE report_data_collections SET status = 'cancelled', completed_at = now(), due_at = NULL,
    version = version + 1;
"""


async def elsewhere(statements: str, *values: str) -> None:
    """Change rows on a line of its own, as another process does meanwhile."""
    connection = await asyncpg.connect(settings.database_url)
    try:
        await connection.execute(statements, *values)
    finally:
        await connection.close()


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tries of all watches that wait for the database."""
    found: list[int] = []

    def pause(tries: int, *_: Any) -> timedelta:
        found.append(tries)
        return timedelta(seconds=0.05)

    monkeypatch.setattr(lasting.pauses, "growing", pause)
    often = bus.settings.model_copy(update={"heartbeat": timedelta(seconds=0.1)})
    monkeypatch.setattr(bus, "settings", often)
    return found


@dataclass(frozen=True)
class Watched:
    """Watches of every kind by every transport, and what they have got."""

    watchers: Watchers
    kinds: dict[str, tuple[str, str | None]]  # the subscription and its argument
    reading: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def names(self) -> list[str]:
        """One for each watch: the transport and the kind."""
        return [f"{by} {kind}" for kind in self.kinds for by in ("socket", *STREAMS)]

    async def begin(self, group: asyncio.TaskGroup, line: Any, client: httpx2.AsyncClient) -> None:
        """Begin all watches, and wait until each has its first event."""
        self.reading.append(group.create_task(self.watchers.by_socket(line)))
        for kind, (query, key) in self.kinds.items():
            body = {"query": query, "variables": {"id": key} if key else {}}
            await sockets.subscribe(line, query, kind, variables=body["variables"])
            for by, media in STREAMS.items():
                watch = self.watchers.by_stream(client, f"{by} {kind}", body, media)
                self.reading.append(group.create_task(watch))
        await until(lambda: all(self.watchers.got[name] for name in self.names))

    def shows(self, name: str) -> bool:
        """Whether all watchers of the dashboard have this name of it."""
        boards = [one for one in self.names if one.endswith("dashboard")]
        return all(self.watchers.newest(one)["dashboard"]["name"] == name for one in boards)


async def test_no_watch_ends_early_and_each_has_its_final_state(
    ask: Ask, alice: Viewer, report: Any, api_place: str, postgres_line: Line, waits: list[int]
) -> None:
    kinds = {
        "execution": (EXECUTION, (await ask(RUN, id=report["id"]))["id"]),
        "collection": (COLLECTION, (await ask(START, id=report["id"]))["id"]),
        "collections": (COLLECTIONS, None),
        "ticks": (TICKS, report["id"]),
        "dashboard": (DASHBOARD, (await ask(BOARD))["id"]),
    }
    token = f"Bearer {tokens.issue(alice.email, alice.email)}"
    watched = Watched(watchers := Watchers(), kinds)
    names = watched.names
    async with (
        lasting_socket(api_place, token) as line,
        httpx2.AsyncClient(
            base_url=f"http://{api_place}", headers={"Authorization": token}, timeout=30
        ) as client,
        asyncio.TaskGroup() as group,
    ):
        await watched.begin(group, line, client)
        for harm, name, noticed in (
            (postgres_line.cut, "Lost", len(names)),
            (postgres_line.freeze, "Frozen", 1),
        ):
            waits.clear()
            harm()
            await elsewhere(RENAME, name)
            await until(lambda: waits.count(0) >= noticed)  # noqa: B023 (awaited at once)
            assert not watchers.over | watchers.cut
            postgres_line.mend()
            await until(lambda: watched.shows(name))  # noqa: B023
        postgres_line.cut()
        await elsewhere(END)
        postgres_line.mend()
        await until(lambda: watchers.over == {one for one in names if one.endswith("ion")})
        assert {watchers.newest(one)["status"] for one in watchers.over} == {"CANCELLED"}
        assert all(watchers.newest(name) for name in names)
        for task in watched.reading:
            task.cancel()
