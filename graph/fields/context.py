"""The context that every resolver gets: the viewer, and batched loading."""

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

import strawberry

from domain.db import transaction
from domain.snapshots import snapshots
from domain.viewer import Viewer
from graph.fields.batches import Answer, Batches
from graph.fields.declared import Fetch


class Context:
    """The context of one HTTP request or one websocket."""

    def __init__(self, viewer: Viewer, request_id: str = "") -> None:
        self.viewer = viewer
        self.request_id = request_id
        self.batches = Batches()
        self.resumed = False  # a subscription that goes on after an outage
        # Of a subscription of a list: how to ask for the whole of it, and what the last event is.
        self.repeat: Callable[[], None] | None = None
        self.is_whole = True
        self.is_repeated = False
        self.plan = ""  # how the newest operation was executed (graph/planning)

    async def load(self, name: Hashable, fetch: Fetch, key: Any) -> Any:
        """Load a key by `fetch`, together with all keys that are asked for at the same moment."""

        async def answer(keys: list[Any]) -> Mapping[Hashable, Any]:
            async with transaction(self.viewer) as session:
                return await fetch(session, keys)

        return await self.batches.find(name, answer, _identity(key), key)

    async def read(self, read: Answer, key: Hashable) -> Any:
        """Load a key in the same way by a function that needs no transaction."""

        async def answer(keys: list[Any]) -> Mapping[Any, Any]:
            await snapshots.rest()  # as it may take long
            return await read(keys)

        return await self.batches.find(read, answer, key, key)


def _identity(key: Any) -> UUID:
    """The key of a batch: a primary key, or the primary key of a row."""
    return key if isinstance(key, UUID) else key.id


Info: TypeAlias = strawberry.Info[Context, None]
