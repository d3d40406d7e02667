"""Asks once for everything that the fields of a request ask for in the same moment."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Any

Answer = Callable[[list[Any]], Awaitable[Mapping[Hashable, Any]]]


class Batch:
    """Keys that are asked for together, each once, and how many fields wait for the answer."""

    def __init__(self, answer: Answer) -> None:
        self.has_begun = False
        self._answer = answer
        self._loop = asyncio.get_running_loop()
        self._keys: dict[Hashable, Any] = {}
        self._waiting = 0
        self._found: asyncio.Future[Mapping[Hashable, Any]] = self._loop.create_future()
        self._task: asyncio.Task[None] | None = None
        # By then every field that is resolved in this moment has asked.
        self._loop.call_soon(self._begin)

    async def find(self, identity: Hashable, key: Any) -> Any:
        """What is found for this key, or None. The work ends when nobody waits for it."""
        self._keys.setdefault(identity, key)
        self._waiting += 1
        try:
            return (await asyncio.shield(self._found)).get(identity)
        finally:
            self._waiting -= 1
            if not self._waiting and self._task is not None:
                self._task.cancel()

    def _begin(self) -> None:
        self.has_begun = True
        if self._waiting:
            self._task = self._loop.create_task(self._work())

    async def _work(self) -> None:
        try:
            self._found.set_result(await self._answer(list(self._keys.values())))
        except asyncio.CancelledError:
            self._found.cancel()
            raise
        except Exception as error:  # noqa: BLE001 (every field that asked is told)
            self._found.set_exception(error)


class Batches:
    """The batches of a request, by what answers them. Nothing is kept once it is answered."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Batch] = {}

    async def find(self, name: Hashable, answer: Answer, identity: Hashable, key: Any) -> Any:
        """Ask for this key together with every other one of the same moment."""
        batch = self._open.get(name)
        if batch is None or batch.has_begun:
            batch = self._open[name] = Batch(answer)
        return await batch.find(identity, key)
