"""GraphQL over a websocket, by the protocol graphql-transport-ws."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from json import JSONDecodeError
from typing import TYPE_CHECKING, Any, cast

from graphql import GraphQLError, OperationType
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import (
    NonJsonMessageReceived,
    NonTextMessageReceived,
    WebSocketDisconnected,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import (
    BaseGraphQLTransportWSHandler,
    Operation,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.execution import PreExecutionError

from domain import pool
from domain.bus import bus
from domain.errors import DomainError, RateLimited, Unauthenticated
from domain.people import people
from domain.settings import settings
from graph.fields import errors
from graph.fields.context import Context
from graph.http import broadcast
from graph.http.documents import names_a_document
from graph.http.limits import limits
from graph.http.limits.shares import check, shares
from graph.http.operations import operations, steps
from graph.http.signing_in import NO_LONGER, RECHECK, Visit
from graph.http.telemetry import access

if TYPE_CHECKING:
    from starlette.websockets import WebSocket

    from graph.http.endpoint import View

INIT_TIMEOUT = timedelta(seconds=10)
LARGEST_MESSAGE = 1_000_000  # in characters
FORBIDDEN, TOO_MANY, TOO_BIG, TRY_LATER = 4403, 4429, 1009, 1013
LONGEST_REASON = 123  # bytes that a close frame has room for

OF_SUBSCRIBE: dict[str, tuple[type, ...]] = {
    "query": (str, type(None)),
    "documentId": (str, type(None)),
    "variables": (dict, type(None)),
    "operationName": (str, type(None)),
    "extensions": (dict, type(None)),
}


@dataclass
class Arrival:
    """The context of a socket before it has signed in."""

    request_id: str
    connection_params: dict[str, Any] = field(default_factory=dict)
    visit: Visit | None = None

    @property
    def authorization(self) -> object:
        """The `authorization` of connection_init's payload, in upper or lower case."""
        given = {name.lower(): value for name, value in self.connection_params.items()}
        return given.get("authorization")


class SocketAdapter(ASGIWebSocketAdapter):
    """Reads text frames of limited size. A client that leaves raises nothing."""

    ws: "WebSocket"

    async def iter_json(
        self, *, ignore_parsing_errors: bool = False
    ) -> AsyncGenerator[object, None]:
        """Read messages until the client leaves."""
        while self.ws.application_state is WebSocketState.CONNECTED:
            try:
                text = await self.ws.receive_text()
            except WebSocketDisconnect:
                return
            except KeyError as not_text:
                raise NonTextMessageReceived from not_text
            if len(text) > LARGEST_MESSAGE:
                await self.close(TOO_BIG, f"A message has at most {LARGEST_MESSAGE} characters")
                return
            try:
                yield self.view.decode_json(text)
            except JSONDecodeError as not_json:
                raise NonJsonMessageReceived from not_json

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message. Raises WebSocketDisconnected."""
        await self.send_text(self.view.encode_json_string(message))

    async def send_text(self, message: str) -> None:
        """Send text that is JSON already. Raises WebSocketDisconnected."""
        if self.ws.application_state is not WebSocketState.CONNECTED:
            raise WebSocketDisconnected
        try:
            await self.ws.send({"type": "websocket.send", "text": message})
        except (WebSocketDisconnect, RuntimeError) as gone:
            raise WebSocketDisconnected from gone

    async def close(self, code: int, reason: str) -> None:
        """Close the socket, unless it is closed."""
        if self.ws.application_state is WebSocketState.CONNECTED:
            short = reason.encode()[:LONGEST_REASON].decode(errors="ignore")
            with contextlib.suppress(WebSocketDisconnect, RuntimeError):
                await self.ws.close(code=code, reason=short)


class SocketHandler(BaseGraphQLTransportWSHandler[Any, None]):
    """Handles the messages of a socket."""

    view: "View"
    websocket: SocketAdapter
    _welcome: asyncio.Task[None] | None = None
    _arrival: Arrival | None = None  # with the visit in whose share this socket counts
    _under_way = 0  # operations whose tasks are not over

    async def handle_message(self, message: Message) -> None:
        """Check the shape of a message. A wrong shape closes the socket with 4400."""
        if wrong := malformed(message):
            await self.handle_invalid_message(wrong)
            return
        await super().handle_message(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Find the document and run it. A refusal ends only this operation."""
        name = message["id"]
        is_new = self.connection_acknowledged and name not in self.operations
        if is_new:
            try:
                self._check_room()
                payload = cast("dict[str, Any]", message["payload"])
                payload["query"] = await self.view.documents.text(payload)
            except DomainError as refused:
                await self._refuse(name, refused)
                return
        await super().handle_subscribe(message)
        if is_new and (task := self.operations[name].task) is not None:
            self._count(task)

    def _check_room(self) -> None:
        """Whether one more operation may begin. Raises RateLimited."""
        check(self._under_way, settings.operations_per_socket, "operations under way on a socket")
        shares.check_operations(self.context.viewer.user_id)

    def _count(self, task: asyncio.Task[None]) -> None:
        """Count an operation until its task is over, also while its answer waits to be read."""
        user_id = self.context.viewer.user_id
        shares.begin(user_id)
        self._under_way += 1

        def over(task: asyncio.Task[None]) -> None:
            shares.end(user_id)
            self._under_way -= 1

        task.add_done_callback(over)

    async def _refuse(self, id: str, refused: DomainError) -> None:
        extensions = {**refused.extensions, "requestId": self.context.request_id}
        error = GraphQLError(str(refused), extensions=extensions)
        with access.told("socket.operation"):
            access.know_viewer(self.context.viewer)
            await self.send_message({"id": id, "type": "error", "payload": [error.formatted]})

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Sign in by the payload's `Authorization`, or close with 4403, or 4429 beyond a limit."""
        arrival = self.context
        if isinstance(arrival, Arrival):
            self._arrival = arrival
        if message.get("payload") is None:
            message = {"type": "connection_init"}
        try:
            await super().handle_connection_init(message)
        except Unauthenticated as refused:
            await self.websocket.close(FORBIDDEN, str(refused))
        except RateLimited as refused:
            await self.websocket.close(TOO_MANY, str(refused))
        except DomainError as unavailable:
            await self.websocket.close(TRY_LATER, str(unavailable))
        if isinstance(arrival, Arrival) and arrival.visit is not None:
            self.context = Context(arrival.visit.viewer, arrival.request_id)
            self._welcome = asyncio.create_task(self._stay(arrival.visit))

    async def _stay(self, visit: Visit) -> None:
        """Ping the client. Close the socket once its token or person is no longer valid."""
        with bus.hub.words(people.standing(visit.viewer.user_id)) as word:
            await self._while_welcome(visit, word)
        for operation in list(self.operations):  # before the close, which may hang
            await self.cleanup_operation(operation)
        await self.websocket.close(FORBIDDEN, NO_LONGER)

    async def _while_welcome(self, visit: Visit, word: asyncio.Event) -> None:
        """Return once the token or the person is no longer valid. A word makes it look at once."""
        ping_at = time.monotonic() + settings.heartbeat.total_seconds()
        while visit.seconds_left > 0:
            recheck_at = visit.checked_at + RECHECK
            wait = min(ping_at, recheck_at) - time.monotonic()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(max(0, min(wait, visit.seconds_left + 0.05))):
                    await word.wait()
            if time.monotonic() >= ping_at:
                await self._ping()
                ping_at = time.monotonic() + settings.heartbeat.total_seconds()
            if word.is_set() or time.monotonic() >= recheck_at or visit.seconds_left <= 0:
                word.clear()
                if not await visit.goes_on():
                    return
                self.context.viewer = visit.viewer

    async def _ping(self) -> None:
        with contextlib.suppress(TimeoutError, WebSocketDisconnected):
            async with asyncio.timeout(1):  # a client that does not read must not outlast its token
                await self.websocket.send_text('{"type":"ping"}')

    async def run_operation(self, operation: Operation[Any, None]) -> None:
        """Run an operation, and log it."""
        with access.told("socket.operation"):
            access.know_viewer(self.context.viewer)
            await self._run(operation)

    async def send_message(self, message: Message) -> None:
        """Send a message. The codes of its errors are logged with its operation."""
        sent: dict[str, Any] = dict(message)
        if sent["type"] == "error":
            access.know_errors(sent["payload"])
        await super().send_message(message)

    async def _run(self, operation: Operation[Any, None]) -> None:
        """Run an operation. A subscription joins the broadcast of all who watch the same."""
        pool.act_for(self.context.viewer.user_id)
        with contextlib.suppress(RateLimited):  # then it is read later, which takes others' time
            await limits.prepare(operation.query)
        watched = broadcast.watched(
            self.schema,
            operation.query,
            operation.operation_name,
            operation.variables,
            self.context.viewer,
        )
        asked = steps.Operation(
            self.view.schema,
            operation.query,
            operation.operation_name,
            operation.variables,
            self.context,
        )
        kind = asked.kind_if_readable()
        if watched is None and kind not in (OperationType.QUERY, OperationType.MUTATION):
            await super().run_operation(operation)  # tells what is wrong with it
            return
        try:
            if watched is None:
                await self._answer(operation, asked)
            else:
                asked.tell()
                async with broadcast.watching(watched) as shared:
                    await self._follow(operation, shared)
        except Exception as error:  # noqa: BLE001 (it is logged, unless the reader has left)
            await self.handle_task_exception(error)
            self.operations.pop(operation.id, None)

    async def _answer(self, operation: Operation[Any, None], asked: steps.Operation) -> None:
        """Run a query or a mutation, and send its result."""
        result = await operations.run(asked)
        if result.errors:
            own_id = self.context.request_id
            result.errors = [errors.present(error, own_id) for error in result.errors]
            access.know_errors(error.formatted for error in result.errors)
        if isinstance(result, PreExecutionError):
            await operation.send_initial_errors(result.errors or [])
            return
        await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _follow(self, operation: Operation[Any, None], shared: broadcast.Broadcast) -> None:
        head = f'{{"id":{self.view.encode_json_string(operation.id)},"type":"next","payload":'
        seen = 0
        while (event := await shared.after(seen)) is not None:
            seen = event.number
            await self.websocket.send_text(f"{head}{event.payload}}}")
        if shared.refusal:
            await operation.send_initial_errors(shared.refusal)
        else:
            await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def shutdown(self) -> None:
        """Stop everything that the socket has started."""
        if self._arrival is not None and self._arrival.visit is not None:
            shares.close_socket(self._arrival.visit.viewer.user_id)
        if self._welcome is not None:
            self._welcome.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._welcome
        await super().shutdown()

    async def handle_task_exception(self, error: Exception) -> None:
        """Log a bug. A client that left is no bug."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    @staticmethod
    def _get_pre_execution_close_reason(error: GraphQLError) -> str | None:
        # A syntax error ends its own operation, not the others on the same socket.
        return None


def malformed(message: object) -> str | None:
    """What is wrong with the shape of a message. None if nothing is."""
    if not isinstance(message, dict) or not isinstance(message.get("type"), str):
        return "A message is an object with a type"
    if message["type"] in ("subscribe", "complete"):
        if not isinstance(message.get("id"), str) or not message["id"]:
            return "The id of an operation is a text that is not empty"
        if message["type"] == "subscribe":
            return _malformed_payload(message.get("payload"))
    elif not isinstance(message.get("payload"), dict | None):
        return f"The payload of {message['type']} is an object"
    return None


def _malformed_payload(payload: object) -> str | None:
    if not isinstance(payload, dict):
        return "The payload of subscribe is an object"
    for name, kinds in OF_SUBSCRIBE.items():
        if not isinstance(payload.get(name), kinds):
            return f"{name} has the wrong type"
    if payload.get("query") is None and not names_a_document(payload):
        return "query is missing"
    return None
