"""Executes long answers in slices, so that the event loop stays responsive for everybody.

Executing an operation calls a function for every value, on the event loop. In one round of the loop
answers are executed for two milliseconds. What is left then waits in its person's line, and the
lines take turns, however many answers each person waits for.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterable, Sized
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from domain import pool

if TYPE_CHECKING:
    from graph.fields.batches import Batches

SLICE = 0.002  # seconds of each round of the loop
SHORT = 20  # items of a list that is completed at once


class Turns:
    """The slice of the present round of an event loop, and the lines of those who wait."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ends: float | None = None  # of this round's slice, once it has begun
        self._is_called = False  # at the next round
        # By person; whose turn it is stands first.
        self._lines: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    def is_over(self) -> bool:
        """Return whether the slice of this round is used up."""
        if self._ends is None:
            self._ends = time.perf_counter() + SLICE
            self._call()
        return time.perf_counter() >= self._ends

    async def wait(self) -> None:
        """Wait for a turn."""
        turn = self._loop.create_future()
        self._lines.setdefault(pool.asker(), deque()).append(turn)
        self._call()
        await turn

    def _call(self) -> None:
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Begin a round: wake the next in line."""
        self._ends, self._is_called = None, False
        while self._lines:
            asker, line = self._lines.popitem(last=False)
            turn = line.popleft()
            if line:
                self._lines[asker] = line
            if not turn.done():  # its operation was cancelled
                turn.set_result(None)
                break
        if self._lines:
            self._call()


_turns: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


def of_this_loop() -> Turns:
    """The turns of the event loop that runs."""
    loop = asyncio.get_running_loop()
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns(loop)
    return found


async def wait() -> None:
    """Wait for a turn."""
    await of_this_loop().wait()


async def take(batches: "Batches") -> None:
    """Wait for a turn if the slice of this round is used up."""
    turns = of_this_loop()
    if turns.is_over():
        with batches.held():
            await turns.wait()


async def _paced(items: Iterable[Any], turns: Turns, batches: "Batches") -> AsyncIterator[Any]:
    for item in items:
        if turns.is_over():
            # What the fields of later items ask for belongs into the same batches.
            with batches.held():
                await turns.wait()
        yield item


class Paced(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation in slices."""

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        """Complete the items of a list: at once if it is short and the slice is not over."""
        turns = of_this_loop()
        is_short = isinstance(items, Sized) and len(items) <= SHORT
        if is_short and not turns.is_over():
            return super().complete_iterable_value(
                item_type, field_details_list, info, path, items, position_context
            )
        paced = _paced(items, turns, self.context_value.batches)
        return self.complete_async_iterator_value(
            item_type, field_details_list, info, path, paced, position_context
        )
