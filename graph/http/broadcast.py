"""Runs a subscription once for all sockets of a person that ask for the same."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import uuid4

import structlog
from graphql import GraphQLError, OperationType
from strawberry.schema import BaseSchema
from strawberry.types.execution import ExecutionResult, PreExecutionError

from domain.errors import ErrorCode
from domain.viewer import Viewer
from graph.fields import errors
from graph.fields.context import Context
from graph.http import wire
from graph.http.lasting import lasting
from graph.http.limits import limits
from graph.http.telemetry import access

log = structlog.get_logger()

MOST_KEPT = 64  # events of a list that a slow member may be behind
MOST_KEPT_BYTES = 1_000_000


@dataclass(frozen=True)
class Watched:
    """A subscription and its viewer. Subscriptions that are equal get the same events."""

    schema: BaseSchema
    query: str
    operation_name: str | None
    variables: str  # JSON with sorted keys
    viewer: Viewer


def watched(
    schema: BaseSchema,
    query: str,
    operation_name: str | None,
    variables: dict[str, Any] | None,
    viewer: Viewer,
) -> Watched | None:
    """The subscription of a document. None if it is no subscription or cannot be parsed."""
    if "subscription" not in query:  # a quick test, so that most queries are not parsed here
        return None
    try:
        chosen = limits.read(query).operation(operation_name)
        canonical = json.dumps(variables or {}, sort_keys=True)
    except (GraphQLError, RecursionError):  # invalid GraphQL, or nested too deeply
        return None
    if chosen is None or chosen.operation is not OperationType.SUBSCRIPTION:
        return None
    return Watched(schema, query, operation_name, canonical, viewer)


@dataclass(frozen=True)
class Event:
    """An event of a broadcast. One that is whole needs none of those before it."""

    number: int  # counted from 1
    payload: str  # as JSON
    is_whole: bool = True
    is_repeated: bool = False  # for new members; the others have it


class Broadcast:
    """A running subscription and its newest events, shared by any number of members.

    Each member asks for the event after the last one it has seen. A slow member holds nobody up: it
    skips to the newest whole event. Most events of a list are not whole, so some are kept. A member
    that is further behind, or new, has the list sent once more. The final event stays the newest.
    """

    def __init__(self, what: Watched) -> None:
        self.members = 0
        self.refusal: list[GraphQLError] = []  # why it could not start, or a bug that ended it
        self._what = what
        # Sockets come and go, so the subscription has its own context and request id.
        self._context = Context(what.viewer, uuid4().hex)
        self._number = 0  # of the newest event
        self._kept: deque[Event] = deque()
        self._bytes = 0
        self._over = False
        self._waiting: set[asyncio.Future[None]] = set()  # a future takes half the time of an Event
        self._task = asyncio.create_task(self._run())

    async def after(self, seen: int) -> Event | None:
        """Wait for the next event of a member that has seen so many. None if there will be none."""
        while (found := self._after(seen)) is None and not self._over:
            word = asyncio.get_running_loop().create_future()
            self._waiting.add(word)
            try:
                await word
            finally:
                self._waiting.discard(word)
        return found

    def _after(self, seen: int) -> Event | None:
        if self._number <= seen:
            return None
        in_step = seen and seen + 1 >= self._kept[0].number
        if in_step or self._over:
            return next(
                (one for one in self._kept if one.number > seen and not one.is_repeated), None
            )
        found = next((one for one in reversed(self._kept) if one.is_whole), None)
        if found is None and self._context.repeat is not None:
            self._context.repeat()
        return found

    def _keep(self, payload: str) -> None:
        """Keep an event. One that is whole for everybody replaces those before it."""
        self._number += 1
        context = self._context
        event = Event(self._number, payload, context.is_whole, context.is_repeated)
        if event.is_whole and not event.is_repeated:
            self._kept.clear()
            self._bytes = 0
        self._kept.append(event)
        self._bytes += len(payload)
        while len(self._kept) > 1 and (
            len(self._kept) > MOST_KEPT or self._bytes > MOST_KEPT_BYTES
        ):
            self._bytes -= len(self._kept.popleft().payload)

    async def end(self) -> None:
        """Close the subscription and wait until it is closed."""
        self._leave_the_list()
        self._task.cancel()
        await asyncio.wait([self._task])

    async def _run(self) -> None:
        context = self._context
        with (
            structlog.contextvars.bound_contextvars(request_id=context.request_id),
            access.told("socket.subscription"),
        ):
            access.know_viewer(self._what.viewer)
            try:
                await self._relay()
            except Exception:
                log.exception("graph.bug")
                self.refusal = [_bug(context.request_id)]
            finally:
                self._over = True
                self._leave_the_list()
                self._tell()

    async def _relay(self) -> None:
        context = self._context
        begin = partial(
            self._what.schema.subscribe,
            self._what.query,
            variable_values=json.loads(self._what.variables),
            context_value=context,
            operation_name=self._what.operation_name,
        )
        async with aclosing(lasting(begin, context)) as results:
            async for result in results:
                if self._number == 0 and isinstance(result, PreExecutionError):
                    self.refusal = result.errors or []
                    access.know_errors(one.formatted for one in self.refusal)
                    return
                self._keep(wire.encode(_payload(result)).decode())
                self._tell()
                await asyncio.sleep(0)  # let members read every event if they keep up

    def _tell(self) -> None:
        waiting, self._waiting = self._waiting, set()
        for word in waiting:
            if not word.done():  # cancelled, because its member is leaving
                word.set_result(None)

    def _leave_the_list(self) -> None:
        if running.get(self._what) is self:
            del running[self._what]


running: dict[Watched, Broadcast] = {}


@asynccontextmanager
async def watching(what: Watched) -> AsyncIterator[Broadcast]:
    """Join a broadcast. The first member starts the subscription, the last one to leave ends it."""
    found = running.get(what)
    if found is None:
        found = running[what] = Broadcast(what)
    found.members += 1
    try:
        yield found
    finally:
        found.members -= 1
        if not found.members:
            await found.end()


def _bug(request_id: str) -> GraphQLError:
    code = ErrorCode.INTERNAL_SERVER_ERROR.value
    return GraphQLError(errors.MASKED, extensions={"code": code, "requestId": request_id})


def _payload(result: ExecutionResult) -> dict[str, Any]:
    payload: dict[str, Any] = {"data": result.data}
    if result.errors:
        payload["errors"] = [error.formatted for error in result.errors]
    if result.extensions:
        payload["extensions"] = result.extensions
    return payload
