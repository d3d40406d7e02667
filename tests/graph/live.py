"""Watchers of lists in this process, who keep what they get."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from domain import db
from domain.bus import bus
from domain.viewer import Viewer
from graph.fields.context import Context
from graph.schema import schema


class Watcher:
    """Somebody who watches a list, with the list as they know it from its events."""

    def __init__(self, events: Any) -> None:
        self.events: list[dict[str, Any]] = []
        self.known: dict[str, dict[str, Any]] = {}
        self._events = events

    async def hear(self) -> dict[str, Any]:
        """The next event."""
        async with asyncio.timeout(5):  # by a word, not by the next heartbeat
            answer = await anext(self._events)
        assert not answer.errors, answer.errors
        event: dict[str, Any] = next(iter(answer.data.values()))
        self.events.append(event)
        if event["isWhole"]:
            self.known = {}
        self.known |= {one["id"]: one for one in event["nodes"]}
        for gone in event["removed"]:
            del self.known[gone]
        return event

    async def until(self, is_so: Callable[["Watcher"], bool]) -> None:
        """Hear events until something is so."""
        while not is_so(self):
            await self.hear()


@asynccontextmanager
async def watching(viewer: Viewer, operation: str, **variables: Any) -> AsyncIterator[Watcher]:
    """Watch a list. The first event has been heard."""
    found: Any = await schema.subscribe(
        operation, variable_values=variables, context_value=Context(viewer)
    )
    assert hasattr(found, "__aiter__"), found
    watcher = Watcher(found)
    await watcher.hear()
    try:
        yield watcher
    finally:
        await found.aclose()


async def announce(*keys: Any) -> None:
    """Announce these rows, as whoever changes them does."""
    async with db.worker_transaction() as session:
        bus.changed(session, *keys)
