"""Long answers are made a slice at a time, so that the event loop comes round to everybody.

Making an answer is work of the event loop: it calls a function for every value. So in one round of
the loop answers are made for two milliseconds only. What is not done by then waits for its turn,
in a line for each person; those who wait take turns, however many answers each of them waits for.
"""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Hashable, Iterable, Sized
from typing import Any
from weakref import WeakKeyDictionary

from graphql import GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import FieldDetailsList
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from domain import pool
from graph.fields.batches import Batches

SLICE = 0.002  # seconds of a round of the loop that answers are made for
SHORT = 20  # items of a list that are made in one go


class Turns:
    """Whose answer is made in this round of an event loop, and who waits for the next ones."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._ends: float | None = None  # of this round's slice, once it has begun
        self._is_called = False  # at the next round
        # By person; whose turn it is stands first.
        self._lines: OrderedDict[Hashable, deque[asyncio.Future[None]]] = OrderedDict()

    def is_over(self) -> bool:
        """Whether the slice of this round is used up."""
        if self._ends is None:
            self._ends = time.perf_counter() + SLICE
            self._call()
        return time.perf_counter() >= self._ends

    async def wait(self) -> None:
        """Wait for a round whose slice is ours."""
        turn = self._loop.create_future()
        self._lines.setdefault(pool.asker(), deque()).append(turn)
        self._call()
        await turn

    def _call(self) -> None:
        if not self._is_called:
            self._is_called = True
            self._loop.call_soon(self._begin)

    def _begin(self) -> None:
        """Begin a round: the next in line may go on."""
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


def _of_this_loop() -> Turns:
    loop = asyncio.get_running_loop()
    found = _turns.get(loop)
    if found is None:
        found = _turns[loop] = Turns(loop)
    return found


async def _paced(items: Iterable[Any], turns: Turns, batches: Batches) -> AsyncIterator[Any]:
    for item in items:
        if turns.is_over():
            # What the fields of later items ask for belongs into the same batches.
            with batches.held():
                await turns.wait()
        yield item


class Paced(StrawberryGraphQLCoreExecutionContext):
    """Executes an operation a slice at a time."""

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        """The items of a list: at once where it is short and there is time, or by and by."""
        turns = _of_this_loop()
        is_short = isinstance(items, Sized) and len(items) <= SHORT
        if is_short and not turns.is_over():
            return super().complete_iterable_value(
                item_type, field_details_list, info, path, items, position_context
            )
        paced = _paced(items, turns, self.context_value.batches)
        return self.complete_async_iterator_value(
            item_type, field_details_list, info, path, paced, position_context
        )
