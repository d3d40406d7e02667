"""The context that every resolver gets: the viewer, and batched loading."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import strawberry
from sqlalchemy.ext.asyncio import AsyncSession
from strawberry.dataloader import DataLoader

from domain import failures
from domain.db import transaction
from domain.errors import DomainError
from domain.viewer import Viewer

MOST_BAD = 8  # keys of a batch
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
            found = await self._fetch(fetch, unique, [])
            return [found.get(_identity(one)) for one in keys]

        # No cache: a websocket keeps its context for as long as it stays open.
        loader = self._loaders.get(name)
        if loader is None:
            loader = self._loaders[name] = DataLoader(batch, cache=False)
        return await loader.load(key)

    async def _fetch(
        self, fetch: Fetch, keys: Sequence[Any], bad: list[Exception]
    ) -> dict[UUID, Any]:
        """Fetch the keys. A key that fails gets its error, and the others get their values.

        A batch that fails is halved until the bad keys are alone. `bad` has the errors so far:
        after MOST_BAD of them the fault lies with the server, and the whole batch fails.
        """
        try:
            async with transaction(self.viewer) as session:
                return await fetch(session, list(keys))
        except Exception as error:
            if isinstance(error, DomainError) or failures.is_unreachable(error):
                raise
            if len(keys) == 1:
                bad.append(error)
                if len(bad) > MOST_BAD:
                    raise
                return {_identity(keys[0]): error}
        middle = len(keys) // 2
        first = await self._fetch(fetch, keys[:middle], bad)
        return {**first, **await self._fetch(fetch, keys[middle:], bad)}


def _identity(key: Any) -> UUID:
    """The key of a loader: a primary key, or the primary key of a row."""
    return key if isinstance(key, UUID) else key.id


Info: TypeAlias = strawberry.Info[Context, None]
