"""What an operation really does, counted while it runs, and stopped where it becomes too much.

Points are counted by the rules of the estimate, once for each object and each list. So no answer
holds more than was shown before it ran; a list that is longer than its declaration ends the
operation.
"""

import asyncio
from collections.abc import Awaitable, Collection, Iterable
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, cast

import structlog
from graphql import (
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    OperationType,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path

from domain.errors import ErrorCode
from domain.settings import settings
from graph.fields.costs import points_of, points_of_item
from graph.http import wire
from graph.planning.executor import Planned

log = structlog.get_logger()


@dataclass
class Tally:
    """What an operation costs: asked for, and done so far."""

    requested: int  # points
    limit: int
    actual: int = 0  # points of the newest answer
    bytes: int = 0  # of its texts and documents
    refused: GraphQLError | None = None  # why it was stopped

    def shown(self) -> dict[str, Any]:
        """The same as `extensions.cost` of an answer has it."""
        return {"requested": self.requested, "actual": self.actual, "limit": self.limit}


running: ContextVar[Tally | None] = ContextVar("running", default=None)  # of this operation


def too_large() -> GraphQLError:
    """The refusal of an answer that is too large to be sent."""
    return _refusal(
        f"The answer is larger than {settings.max_answer_bytes:,} bytes. Ask for less at once.",
        ErrorCode.QUERY_TOO_EXPENSIVE,
    )


def _refusal(message: str, code: ErrorCode) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code.value})


class Counting(Planned):
    """Executes an operation in slices, within its time, its points and its bytes.

    What has become too much is stopped as a timeout is: by ending all that is still awaited.
    """

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.tally = running.get()
        self._clock: asyncio.Timeout | None = None
        self._points: dict[int, int] = {}  # by the id of fields that are selected of an object

    def execute_operation(self, serially: bool | None = None) -> Any:
        """The result, or why there is none. Each event of a subscription begins anew."""
        self._clock = None
        self._reset()
        result = super().execute_operation(serially)
        if self.is_awaitable(result):
            return self._in_time(cast("Awaitable[ExecutionResult]", result))
        return self._judged(cast("ExecutionResult", result))

    async def _in_time(self, result: Awaitable[ExecutionResult]) -> ExecutionResult:
        seconds = settings.request_timeout.total_seconds()
        try:
            async with asyncio.timeout(seconds) as self._clock:
                if self.tally is not None and self.tally.refused is not None:
                    self._stop()
                return self._judged(await result)
        except TimeoutError:
            return self._judged(None)

    def _judged(self, result: ExecutionResult | None) -> ExecutionResult:
        if self.tally is not None and self.tally.refused is not None:
            return ExecutionResult(None, [self.tally.refused])
        return result or ExecutionResult(None, [self._late()])

    def _late(self) -> GraphQLError:
        seconds = settings.request_timeout.total_seconds()
        rest = "Ask for less at once."
        if self.operation.operation is OperationType.MUTATION:
            rest = "What was under way is undone; it is safe to send it again."
        return _refusal(f"This took longer than {seconds:g} seconds. {rest}", ErrorCode.TIMED_OUT)

    def _reset(self) -> None:
        if (tally := self.tally) is not None:
            tally.actual = tally.bytes = 0
            tally.refused = None

    def begin_again(self) -> None:
        """Count from the beginning: the operation is executed normally after all."""
        self._reset()
        super().begin_again()

    def is_within(self, points: int, size: int) -> bool:
        """Return whether the operation may have so many more points and bytes."""
        tally = self.tally
        return tally is None or (
            tally.actual + points <= tally.requested
            and tally.bytes + size <= settings.max_answer_bytes
        )

    def counted(self, points: int, size: int) -> None:
        """Count what a plan has done."""
        self._count(points)
        self._measure(size)

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        """The fields of an object, counted."""
        self._count(self._points_of(parent_type, path, grouped_field_set))
        return super().execute_fields(
            parent_type, source_value, path, grouped_field_set, position_context
        )

    def execute_fields_serially(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        """The root fields of a mutation, counted."""
        self._count(self._points_of(parent_type, path, grouped_field_set))
        return super().execute_fields_serially(
            parent_type, source_value, path, grouped_field_set, position_context
        )

    def build_response(self, data: dict[str, Any] | None) -> ExecutionResult:
        """The result. All of it is there: no schema of ours has `@defer` or `@stream`."""
        return cast("ExecutionResult", Executor.build_response(self, data))

    def complete_iterable_value(
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        """The items of a list, counted."""
        there = items if isinstance(items, Collection) else list(items)
        if not info.parent_type.name.startswith("__"):
            self._count(len(there) * points_of_item(info.parent_type, info.field_name))
        return super().complete_iterable_value(
            item_type, field_details_list, info, path, there, position_context
        )

    def complete_leaf_value(self, return_type: Any, result: Any) -> Any:  # type: ignore[override]
        """A value of a field; texts and documents are measured."""
        value = super().complete_leaf_value(return_type, result)
        if isinstance(value, str):
            self._measure(len(value))
        elif isinstance(value, dict | list):
            self._measure(len(wire.encode(value)))
        return value

    def _points_of(
        self, type_: GraphQLObjectType, path: Path | None, fields: GroupedFieldSet
    ) -> int:
        """Points of the fields that are selected of an object, without what is within them."""
        if type_.name.startswith("__"):
            return 0  # paid for where it was asked
        points = self._points.get(id(fields)) if path is not None else None
        if points is None:
            points = 0
            for one in fields.values():
                points += points_of(type_, one[0].node.name.value)
            if path is not None:  # those of the root do not last as long as this executor
                self._points[id(fields)] = points
        return points

    def _count(self, points: int) -> None:
        tally = self.tally
        if tally is None:
            return
        tally.actual += points
        if tally.actual > tally.requested:
            if tally.refused is None:
                log.error("graph.cost_above_estimate", **tally.shown())
                tally.refused = _refusal(
                    "The answer holds more than was estimated. Ask for smaller pages.",
                    ErrorCode.QUERY_TOO_EXPENSIVE,
                )
                self._stop()
            raise tally.refused

    def _measure(self, size: int) -> None:
        tally = self.tally
        if tally is None:
            return
        tally.bytes += size
        if tally.bytes > settings.max_answer_bytes:
            if tally.refused is None:
                tally.refused = too_large()
                self._stop()
            raise tally.refused

    def _stop(self) -> None:
        """End what is awaited, at the next moment."""
        if self._clock is not None:
            self._clock.reschedule(asyncio.get_running_loop().time())
