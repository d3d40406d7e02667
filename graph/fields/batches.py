"""Batched loading: one call for all keys that the fields of a request ask for together."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from typing import Any

from domain import failures
from domain.errors import DomainError, RateLimited, Unavailable
from graph.fields import turns

Answer = Callable[[list[Any]], Awaitable[Mapping[Any, Any]]]
MOST_BUGS = 8  # of a batch; if there are more, the whole batch fails
ROUNDS = 3  # from the end of a list until the fields of its items ask
PORTION = 20  # fields that go on in the same round; each completes a part of the answer


@dataclass(frozen=True)
class _Failed:
    """The error of one key of a batch."""

    error: Exception


class Batch:
    """The keys of one call, each once, and the number of fields that wait for the answer."""

    def __init__(self, answer: Answer, of: "Batches") -> None:
        self.has_begun = False
        self._answer, self._of = answer, of
        self._loop = asyncio.get_running_loop()
        self._keys: dict[Hashable, Any] = {}
        self._waiting = 0
        self._waiters: list[tuple[Hashable, asyncio.Future[Any]]] = []
        self._task: asyncio.Task[None] | None = None
        # By then all fields that are resolved at this moment have asked.
        self._loop.call_soon(self._begin)

    async def find(self, identity: Hashable, key: Any) -> Any:
        """Return what is found for this key, or None. The call is cancelled when no field waits."""
        self._keys.setdefault(identity, key)
        waiter = self._loop.create_future()
        self._waiters.append((identity, waiter))
        self._waiting += 1
        try:
            found = await waiter
        finally:
            self._waiting -= 1
            if not self._waiting and self._task is not None:
                self._task.cancel()
        if isinstance(found, _Failed):
            raise found.error
        return found

    def _begin(self) -> None:
        if self._of.is_held:
            self._loop.call_soon(self._begin)
            return
        self.has_begun = True
        if self._waiting:
            self._task = self._loop.create_task(self._work())

    async def _work(self) -> None:
        try:
            found = await self._spared(list(self._keys.items()), [])
            await self._tell(lambda waiter, identity: waiter.set_result(found.get(identity)))
        except asyncio.CancelledError:
            for _, waiter in self._waiters:
                waiter.cancel()
            raise
        except Exception as error:  # noqa: BLE001 (every field that asked is told)
            failure = error  # the name in `except` ends with it
            await self._tell(lambda waiter, identity: waiter.set_exception(failure))

    async def _tell(self, how: Callable[[asyncio.Future[Any], Hashable], None]) -> None:
        """Let the fields go on that wait: a few in a round, as others want to be served too."""
        with self._of.held() if len(self._waiters) > PORTION else nullcontext():
            for number, (identity, waiter) in enumerate(self._waiters):
                if number and number % PORTION == 0:
                    await turns.wait()
                if not waiter.done():
                    how(waiter, identity)
        self._waiters.clear()

    async def _spared(
        self, keys: list[tuple[Hashable, Any]], bugs: list[Exception]
    ) -> Mapping[Hashable, Any]:
        """Answer the keys. A key that fails has its error, and the others have their answers.

        A batch that fails is halved until the bad keys are alone.
        """
        try:
            return await self._answer([key for _, key in keys])
        except Exception as error:
            if isinstance(error, RateLimited | Unavailable) or failures.lacking(error):
                raise
            if len(keys) == 1:
                bugs += [] if isinstance(error, DomainError) else [error]
                if len(bugs) > MOST_BUGS:
                    raise
                return {keys[0][0]: _Failed(error)}
        middle = len(keys) // 2
        first = await self._spared(keys[:middle], bugs)
        return {**first, **await self._spared(keys[middle:], bugs)}


class Batches:
    """The open batches of a context. Nothing is cached: a websocket keeps its context."""

    def __init__(self) -> None:
        self._open: dict[Hashable, Batch] = {}
        self._holding = 0
        self._rounds = 0  # of the event loop, until those that were held back have asked

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold back all batches within the block, for fields that will ask later."""
        self._holding += 1
        try:
            yield
        finally:
            self._holding -= 1
            if not self._rounds:
                asyncio.get_running_loop().call_soon(self._count_down)
            self._rounds = ROUNDS

    @property
    def is_held(self) -> bool:
        """Return whether batches have to wait for fields that will ask."""
        return self._holding > 0 or self._rounds > 0

    def _count_down(self) -> None:
        self._rounds -= 1
        if self._rounds:
            asyncio.get_running_loop().call_soon(self._count_down)

    async def find(self, name: Hashable, answer: Answer, identity: Hashable, key: Any) -> Any:
        """Load a key together with all keys that are asked for at the same moment."""
        batch = self._open.get(name)
        if batch is None or batch.has_begun:
            batch = self._open[name] = Batch(answer, self)
        return await batch.find(identity, key)
