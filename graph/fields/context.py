"""What every resolver is given: who asks, and a way to ask in batches."""

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession

from domain.db import transaction
from domain.viewer import Viewer
from graph.fields.batches import Answer, Batches

Fetch = Callable[[AsyncSession, list[Any]], Awaitable[Mapping[Any, Any]]]


class Context:
    """One for each HTTP request, one for each websocket."""

    def __init__(self, viewer: Viewer, request_id: str = "") -> None:
        self.viewer = viewer
        self.request_id = request_id
        self.batches = Batches()

    async def load(self, name: Hashable, fetch: Fetch, key: Any) -> Any:
        """Ask `fetch` for this key together with every other one asked for in the same moment."""

        async def answer(keys: list[Any]) -> Mapping[Hashable, Any]:
            async with transaction(self.viewer) as session:
                return await fetch(session, keys)

        return await self.batches.find(name, answer, _identity(key), key)

    async def read(self, read: Answer, key: Hashable) -> Any:
        """The same of what needs no database."""
        return await self.batches.find(read, read, key, key)


def _identity(key: Any) -> UUID:
    """Rows are asked for by primary key, or by a row that carries its own."""
    return key if isinstance(key, UUID) else key.id


Info: TypeAlias = strawberry.Info[Context, None]
