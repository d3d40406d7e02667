"""GraphQL over HTTP.

A request that cannot be read gets an error in GraphQL's form, with a fitting HTTP status.
"""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any

import structlog
from graphql import GraphQLError, OperationType
from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http import GraphQLHTTPResponse
from strawberry.schema import Schema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as Kind
from strawberry.types.unset import UNSET, UnsetType

from domain import pool
from domain.errors import DomainError, ErrorCode, Unauthenticated
from domain.settings import settings
from graph.fields import costs, errors
from graph.fields.context import Context
from graph.http import accept, answers, hosts, wire
from graph.http.bodies import Unreadable, read, shaped
from graph.http.documents import Documents
from graph.http.headers import given, request_id, text
from graph.http.lasting import lasting
from graph.http.limits import limits, retries
from graph.http.limits.counting import Counting
from graph.http.limits.presence import WhileConnected
from graph.http.limits.shares import shares
from graph.http.operations import operations
from graph.http.operations.hooks import Hooks
from graph.http.operations.steps import Operation
from graph.http.signing_in import Visit, sign_in
from graph.http.socket import INIT_TIMEOUT, Arrival, SocketAdapter, SocketHandler
from graph.http.streams import Events, Parts, Stream
from graph.http.telemetry import access

log = structlog.get_logger()

STREAMS: dict[str, Stream] = {accept.EVENTS: Events(), accept.MULTIPART: Parts()}
ALLOWED = {
    "GET": (OperationType.QUERY,),
    "POST": (OperationType.QUERY, OperationType.MUTATION),
}


class View(GraphQL[Any, None]):
    """The endpoint `/graphql`, for HTTP and websockets.

    Strawberry's view runs websockets and writes streams. Plain answers are given here.
    """

    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler
    schema: Schema

    def __init__(
        self,
        schema: Schema,
        origins: Collection[str] = (),
        documents: Documents | None = None,
    ) -> None:
        self.origins = origins  # other origins whose pages may open websockets
        self.documents = documents or Documents()
        if Hooks not in schema.extensions:  # no schema is served without limits
            costs.check(schema._schema)
            schema.extensions = (*schema.extensions, Hooks)
            schema.execution_context_class = Counting
        if schema.extensions != (Hooks,) or schema.directives:
            raise ValueError("The schema has extensions or directives, which would not be run.")
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=INIT_TIMEOUT,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        response = await self.answer(scope, receive)
        await response(scope, receive, send)

    async def answer(self, scope: Scope, receive: Receive) -> Response:
        """The answer to a request. Refusals and bugs are answers, too."""
        try:
            if _is_a_browser_looking_around(scope):
                return RedirectResponse("/explorer", status_code=303)
            return await self._answer(scope, receive)
        except Unreadable as wrong:
            return answers.refuse(scope, wrong.status, wrong.message, {}, wrong.headers)
        except Unauthenticated as refused:
            error = ', error="invalid_token"' if text(given(scope), b"authorization") else ""
            challenge = {"WWW-Authenticate": f'Bearer realm="amc-reports"{error}'}
            return answers.refuse(scope, 401, str(refused), refused.extensions, challenge)
        except DomainError as refused:
            status = answers.STATUS.get(refused.code, 400)
            if refused.code is ErrorCode.PERSISTED_QUERY_NOT_FOUND and _knows_only_json(scope):
                status = 200  # older Apollo clients stop sending hashes at any other status
            more = retries.headers(refused.extensions)
            return answers.refuse(scope, status, str(refused), refused.extensions, more)
        except ClientDisconnect:
            return Response(status_code=400)  # the client has gone
        except Exception:
            log.exception("graph.bug")
            code = {"code": ErrorCode.INTERNAL_SERVER_ERROR.value}
            return answers.refuse(scope, 500, errors.MASKED, code)

    async def _answer(self, scope: Scope, receive: Receive) -> Response:
        """Sign in, read the request, and run it."""
        if scope["method"] not in ALLOWED:
            raise Unreadable(405, "Send GraphQL requests by GET or POST.", {"Allow": "GET, POST"})
        sent = given(scope)
        visit = await sign_in(text(sent, b"authorization"))
        access.know_viewer(visit.viewer)
        pool.act_for(visit.viewer.user_id)
        context = Context(visit.viewer, request_id(scope))
        data = shaped(await read(scope, receive, sent))
        query = await self.documents.text(data)
        await limits.prepare(query)
        operation = Operation(
            self.schema, query, data.get("operationName"), data.get("variables"), context
        )
        kind = accept.stream_type(text(sent, b"accept"))
        # Only subscriptions are sent in parts.
        is_watching = bool(kind) and operation.kind_if_readable() is OperationType.SUBSCRIPTION
        if kind and (kind == accept.EVENTS or is_watching):
            return await self._streamed(scope, STREAMS[kind], operation, data, visit)
        result = await _run(scope, receive, operation, data.get("extensions"))
        shown = answers.shown(result, context.request_id)
        return answers.respond(scope, sent, shown, context.plan)

    async def _streamed(
        self,
        scope: Scope,
        stream: Stream,
        operation: Operation,
        data: Mapping[str, Any],
        visit: Visit,
    ) -> Response:
        """Stream the results for as long as the token and the person stay valid.

        A subscription outlasts an outage of the database.
        """
        shares.check_operations(visit.viewer.user_id)  # while there is a status to say so
        begin = partial(
            self.schema.stream,
            operation.text,
            variable_values=operation.variables,
            context_value=operation.context,
            operation_name=operation.name,
            operation_extensions=data.get("extensions"),
            allowed_operation_types=stream.allowed_operation_types(Kind.from_http(scope["method"])),
        )
        is_lasting = operation.kind is OperationType.SUBSCRIPTION
        results: Any = lasting(begin, operation.context) if is_lasting else await begin()
        events = self._stream_result(Request(scope), results, stream)
        welcome = _while_welcome(visit, stream, events, request_id(scope))
        return StreamingResponse(welcome, headers=dict(stream.headers))

    async def get_context(self, request: Request | WebSocket, response: Any) -> Any:
        """The context of a websocket, which signs in by its first message."""
        return Arrival(request_id(request.scope))

    async def on_ws_connect(self, context: Any) -> UnsetType:
        """Sign in by the payload of connection_init. Raises Unauthenticated, RateLimited."""
        visit = await sign_in(context.authorization, now=True)
        shares.open_socket(visit.viewer.user_id)
        context.visit = visit
        no_payload: UnsetType = UNSET  # the acknowledgement has no payload, not even null
        return no_payload

    def _check_websocket_origin(self, request: WebSocket) -> bool:
        if hosts.may_connect(request.headers, settings.public_url, self.origins):
            return True
        log.warning(
            "socket.foreign_origin",
            origin=request.headers.get("origin"),
            mend="PUBLIC_URL must name the address that people use; CORS_ORIGINS lists others",
        )
        return False

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """An event of a stream as it is sent."""
        return answers.shown(result, request_id(request.scope))

    def decode_json(self, data: str | bytes) -> object:
        """Decode incoming JSON."""
        return wire.decode(data)

    def encode_json(self, data: object) -> str | bytes:
        """Encode outgoing JSON."""
        return wire.encode(data)


async def _run(
    scope: Scope, receive: Receive, operation: Operation, of_request: dict[str, Any] | None
) -> ExecutionResult:
    """Run a mutation to its end, and a query as long as somebody waits for it."""
    try:
        operation.read()
    except (GraphQLError, RecursionError) as wrong:
        return operations.refused(operation, [operations.as_graphql(wrong)])
    kind = operation.kind
    if kind is None:
        raise _unknown(operation)
    if kind not in ALLOWED[scope["method"]]:
        raise _by_other_means(kind)
    if kind is OperationType.MUTATION:
        return await operations.run(operation, of_request)
    with WhileConnected(receive):
        return await operations.run(operation, of_request)


async def _while_welcome(
    visit: Visit, stream: Stream, begin: Callable[[], AsyncIterator[str]], own_id: str
) -> AsyncIterator[str]:
    """The events of a stream, and why it ends if its reader may read no longer."""
    yield stream.opening
    user_id = visit.viewer.user_id
    shares.begin(user_id)
    try:
        async with (
            aclosing(begin()) as events,  # type: ignore[type-var]
            aclosing(visit.during(events)) as welcome,
        ):
            async for event in welcome:
                yield event
    except Unauthenticated as ended:
        yield stream.encode_ending(ended, own_id)
    finally:
        shares.end(user_id)


def _is_a_browser_looking_around(scope: Scope) -> bool:
    if scope["method"] != "GET" or "text/html" not in text(given(scope), b"accept"):
        return False
    asked = QueryParams(scope["query_string"])
    return not any(name in asked for name in ("query", "documentId", "extensions"))


def _knows_only_json(scope: Scope) -> bool:
    accepted = text(given(scope), b"accept")
    return accept.answer_type(accepted) == accept.JSON and not accept.stream_type(accepted)


def _unknown(operation: Operation) -> Unreadable:
    if operation.name is None:
        return Unreadable(400, "Can't get GraphQL operation type.")
    return Unreadable(400, f'Unknown operation named "{operation.name}".')


def _by_other_means(kind: OperationType) -> Unreadable:
    """The error for an operation that this kind of request cannot run, with what would run it."""
    if kind is OperationType.MUTATION:
        return Unreadable(405, "Send mutations by POST.", {"Allow": "POST"})
    return Unreadable(
        400,
        "A subscription needs a websocket (graphql-transport-ws), `Accept: text/event-stream` or "
        "`Accept: multipart/mixed;subscriptionSpec=1.0`.",
    )
