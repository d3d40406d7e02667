"""The context that every resolver gets: the viewer, and batched loading."""

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
    """The context of one HTTP request or one websocket."""

    def __init__(self, viewer: Viewer, request_id: str = "") -> None:
        self.viewer = viewer
        self.request_id = request_id
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    async def load(self, name: Hashable, fetch: Fetch, key: Any) -> Any:
        """Load a key by `fetch`, together with all keys that are asked for at the same moment."""

        async def batch(keys: list[Any]) -> list[Any]:
            unique = list({_identity(one): one for one in keys}.values())
            async with transaction(self.viewer) as session:
                found = await fetch(session, unique)
            return [found.get(_identity(one)) for one in keys]

        # No cache: a websocket keeps its context for as long as it stays open.
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(batch, cache=False)
        return await loader.load(key)


def _identity(key: Any) -> UUID:
    """The key of a loader: a primary key, or the primary key of a row."""
    return key if isinstance(key, UUID) else key.id


Info: TypeAlias = strawberry.Info[Context, None]
