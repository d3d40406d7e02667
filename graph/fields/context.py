"""What every resolver is given: who asks, and a way to ask in batches."""

from collections.abc import Awaitable, Callable, Hashable
from typing import Any, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from domain.db import transaction
from domain.viewer import Viewer

Fetch = Callable[[AsyncSession, list[Any]], Awaitable[dict[UUID, Any]]]


class Context:
    """One for each HTTP request, one for each websocket."""

    def __init__(self, viewer: Viewer, request_id: str = "") -> None:
        self.viewer = viewer
        self.request_id = request_id
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    async def load(self, name: Hashable, fetch: Fetch, key: Any) -> Any:
        """Ask `fetch` for this key together with every other one asked for in the same moment."""

        async def batch(keys: list[Any]) -> list[Any]:
            unique = list({_identity(one): one for one in keys}.values())
            async with transaction(self.viewer) as session:
                found = await fetch(session, unique)
            return [found.get(_identity(one)) for one in keys]

        # No cache: a websocket keeps one context for as long as it stays open.
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(batch, cache=False)
        return await loader.load(key)


def _identity(key: Any) -> UUID:
    """Loaders are asked by primary key, or by a row that carries its own."""
    return key if isinstance(key, UUID) else key.id


Info: TypeAlias = strawberry.Info[Context, None]
