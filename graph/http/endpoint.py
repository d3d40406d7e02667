"""GraphQL over HTTP.

A request that cannot be read gets an error in GraphQL's form, with a fitting HTTP status.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import aclosing
from functools import partial
from typing import Any, cast

import structlog
from cross_web import AsyncHTTPRequestAdapter, HTTPException
from graphql import GraphQLError
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import MissingQueryError
from strawberry.http import GraphQLHTTPResponse, GraphQLRequestData
from strawberry.http.streaming import HTTPStreamTransport
from strawberry.schema import Schema
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType
from strawberry.types.unset import UNSET, UnsetType
from strawberry.utils.operation import get_operation_type

from domain import pool
from domain.errors import DomainError, ErrorCode, Unauthenticated
from domain.settings import settings
from graph.fields import costs, errors
from graph.fields.context import Context
from graph.http import accept, caching, hosts, wire
from graph.http.bodies import RequestAdapter, Unreadable, asked, read, shaped
from graph.http.documents import Documents
from graph.http.headers import request_id
from graph.http.lasting import lasting
from graph.http.limits import counting, limits, retries
from graph.http.limits.counting import Counting
from graph.http.limits.presence import while_connected
from graph.http.limits.shares import shares
from graph.http.limits.throttle import Throttle
from graph.http.pieces import InPieces
from graph.http.signing_in import Visit, sign_in
from graph.http.socket import INIT_TIMEOUT, Arrival, SocketAdapter, SocketHandler
from graph.http.streams import Events, Parts, Stream
from graph.http.telemetry import access

log = structlog.get_logger()

STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.DOCUMENT_NOT_TRUSTED: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
}
PROTOCOLS = (
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    GRAPHQL_SSE_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
PLAN = "X-Plan"  # a request with this header is told how it was executed
QUERIES = {OperationType.QUERY}
BY_POST = {OperationType.QUERY, OperationType.MUTATION}


def _is_a(wanted: OperationType, asked_for: GraphQLRequestData) -> bool:
    try:
        document = limits.parsed(asked_for.query or "")
        kind = get_operation_type(document, asked_for.operation_name)
    except (GraphQLError, RecursionError, RuntimeError):  # its error is told in JSON
        return False
    return kind is wanted


def _is_a_browser_looking_around(request: Request) -> bool:
    if request.method != "GET":
        return False
    wants_a_page = "text/html" in request.headers.get("accept", "")
    asks = any(name in request.query_params for name in ("query", "documentId", "extensions"))
    return wants_a_page and not asks


def _knows_only_json(request: Request) -> bool:
    given = request.headers.get("accept", "")
    return accept.answer_type(given) == accept.JSON and not accept.stream_type(given)


def _by_other_means(kind: OperationType) -> Unreadable:
    """The error for an operation that this kind of request cannot run, with what would run it."""
    if kind is OperationType.MUTATION:
        return Unreadable(405, "Send mutations by POST.", {"Allow": "POST"})
    return Unreadable(
        400,
        "A subscription needs a websocket (graphql-transport-ws), `Accept: text/event-stream` or "
        "`Accept: multipart/mixed;subscriptionSpec=1.0`.",
    )


class Pending(Response):
    """Carries the request through Strawberry, which passes a response object along."""

    def __init__(self, request: HTTPConnection) -> None:
        super().__init__()
        self.request = request


class View(GraphQL[Any, None]):
    """The endpoint `/graphql`, for HTTP and websockets."""

    request_adapter_class = RequestAdapter
    websocket_adapter_class = SocketAdapter
    graphql_transport_ws_handler_class = SocketHandler
    stream_transport_classes_by_protocol: Mapping[str, type[HTTPStreamTransport]] = {
        GRAPHQL_SSE_PROTOCOL: Events,
        MULTIPART_SUBSCRIPTION_PROTOCOL: Parts,
    }

    def __init__(
        self,
        schema: Schema,
        origins: Collection[str] = (),
        documents: Documents | None = None,
    ) -> None:
        self.origins = origins  # other origins whose pages may open websockets
        self.documents = documents or Documents()
        if Throttle not in schema.extensions:  # no schema is served without limits
            costs.check(schema._schema)
            schema.extensions = (*schema.extensions, Throttle)
            schema.execution_context_class = Counting
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=PROTOCOLS,
            connection_init_wait_timeout=INIT_TIMEOUT,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer an ASGI request."""
        if scope["type"] != "http":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            if _is_a_browser_looking_around(request):
                return RedirectResponse("/explorer", status_code=303)
            return await self.run(request)
        except Unreadable as wrong:
            return self._error(request, wrong.status, wrong.message, {}, wrong.headers)
        except HTTPException as wrong:
            return self._error(request, wrong.status_code, wrong.reason, {})
        except Unauthenticated as refused:
            error = ', error="invalid_token"' if request.headers.get("authorization") else ""
            challenge = {"WWW-Authenticate": f'Bearer realm="amc-reports"{error}'}
            return self._error(request, 401, str(refused), refused.extensions, challenge)
        except DomainError as refused:
            status = STATUS.get(refused.code, 400)
            if refused.code is ErrorCode.PERSISTED_QUERY_NOT_FOUND and _knows_only_json(request):
                status = 200  # older Apollo clients stop sending hashes at any other status
            headers = retries.headers(refused.extensions)
            return self._error(request, status, str(refused), refused.extensions, headers)
        except ClientDisconnect:
            return Response(status_code=400)  # the client has gone
        except Exception:
            log.exception("graph.bug")
            code = {"code": ErrorCode.INTERNAL_SERVER_ERROR.value}
            return self._error(request, 500, errors.MASKED, code)

    def _error(
        self,
        request: Request,
        status: int,
        message: str,
        extensions: Mapping[str, object],
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """A response with a request error in GraphQL's form."""
        extensions = {"code": ErrorCode.BAD_USER_INPUT.value, **extensions}
        access.know(codes=[extensions["code"]])
        error = {
            "message": message,
            "extensions": {**extensions, "requestId": request_id(request.scope)},
        }
        return Response(
            wire.encode({"errors": [error]}),
            status_code=status,
            headers={"Cache-Control": "no-store", **(headers or {})},
            media_type=accept.answer_type(request.headers.get("accept", "")),
        )

    async def get_context(
        self, request: Request | WebSocket, response: Response | WebSocket
    ) -> Any:
        """Sign in and build the context. A websocket signs in later, by its first message."""
        if isinstance(request, WebSocket):
            return Arrival(request_id(request.scope))
        if request.method not in ("GET", "POST"):
            raise Unreadable(405, "Send GraphQL requests by GET or POST.", {"Allow": "GET, POST"})
        visit = await sign_in(request.headers.get("authorization"))
        request.state.visit = visit
        access.know_viewer(visit.viewer)
        pool.act_for(visit.viewer.user_id)
        request.state.context = Context(visit.viewer, request_id(request.scope))
        return request.state.context

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

    def should_render_graphql_ide(self, request: Any) -> bool:
        """False: the explorer has a URL of its own."""
        return False

    async def parse_http_body(self, request: Any) -> GraphQLRequestData:
        """Parse the request. Raises Unreadable, and DomainError for a document that is refused."""
        data = shaped(await read(request.request))
        transport = self._get_stream_transport_from_headers(request.headers)
        found = asked(data, transport.protocol if transport else "http")
        found.query = await self.documents.text(data)
        await limits.prepare(found.query)
        if isinstance(transport, Parts) and not _is_a(OperationType.SUBSCRIPTION, found):
            found.protocol = "http"  # only subscriptions are sent in parts
        return found

    async def execute_operation(self, *given: Any, **named: Any) -> Any:
        """Run an operation. A subscription outlasts an outage of the database."""
        run: Callable[[], Awaitable[Any]] = partial(super().execute_operation, *given, **named)
        data: GraphQLRequestData = named["request_data"]
        is_streamed = self._get_stream_transport(data.protocol) is not None
        if is_streamed and _is_a(OperationType.SUBSCRIPTION, data):
            return lasting(run, named["context"])
        return await run()

    async def execute_single(
        self,
        request: Request,
        request_adapter: AsyncHTTPRequestAdapter,
        sub_response: Response,
        context: Any,
        root_value: None,
        request_data: GraphQLRequestData,
    ) -> ExecutionResult:
        """Run a mutation to its end, and a query as long as somebody waits for it."""
        allowed: Iterable[OperationType] = BY_POST if request.method == "POST" else QUERIES
        running = self.schema.execute(
            request_data.query,
            variable_values=request_data.variables,
            context_value=context,
            operation_name=request_data.operation_name,
            allowed_operation_types=allowed,
            operation_extensions=request_data.extensions,
        )
        try:
            if _is_a(OperationType.MUTATION, request_data):
                return await running
            async with while_connected(request):
                return await running
        except InvalidOperationTypeError as wrong:
            raise _by_other_means(wrong.operation_type) from wrong
        except CannotGetOperationTypeError as wrong:
            raise Unreadable(400, f"{wrong.as_http_error_reason().rstrip('.')}.") from wrong
        except MissingQueryError as wrong:
            raise Unreadable(400, "`query` is empty.") from wrong

    async def process_result(
        self, request: Request, result: ExecutionResult
    ) -> GraphQLHTTPResponse:
        """The answer as it is sent. It has no `data` if nothing was executed."""
        answer: GraphQLHTTPResponse = {"data": result.data}
        if result.errors:
            shown = [errors.present(one, request_id(request.scope)) for one in result.errors]
            answer["errors"] = [one.formatted for one in shown]
            access.know_errors(one.formatted for one in shown)
            if result.data is None and not any(one.path for one in shown):
                del answer["data"]
        if result.extensions:
            answer["extensions"] = result.extensions
        return answer

    def _encoded(self, answer: Any, request: HTTPConnection) -> bytes:
        """The answer as it is sent, or a refusal in its place if it is too large."""
        content = wire.encode(answer)
        if len(content) <= settings.max_answer_bytes:
            return content
        error = errors.present(counting.too_large(), request_id(request.scope)).formatted
        return wire.encode({"errors": [error], "extensions": answer.get("extensions", {})})

    async def get_sub_response(self, request: Request | WebSocket) -> Response:
        """Remember the request until it is answered."""
        return Pending(request)

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Respond with 200. 503 without the database, 429 at a limit, 400 if nothing ran."""
        request = cast("Pending", sub_response).request
        media_type = accept.answer_type(request.headers.get("accept", ""))
        refused = "data" not in response_data and media_type == accept.GRAPHQL
        is_unavailable = retries.is_unavailable(response_data)
        if is_unavailable and "data" in response_data:
            response_data["data"] = None
        waits = retries.for_now(response_data.get("errors", ()))
        response = InPieces(
            self._encoded(response_data, request),
            status_code=400 if refused else 200,
            media_type=media_type,
        )
        if PLAN in request.headers:
            response.headers[PLAN] = request.state.context.plan or "none"
        if waits is not None:
            response.headers.update(retries.headers(waits))
        if is_unavailable:
            response.status_code = STATUS[ErrorCode.UNAVAILABLE]
        elif waits is not None and "data" not in response_data:
            response.status_code = STATUS[ErrorCode.RATE_LIMITED]
        if request.scope.get("method") != "GET":
            return response
        if "errors" in response_data:
            response.headers["Cache-Control"] = "no-store"
            return response
        response.headers["Cache-Control"] = "private, no-cache"
        response.headers["Vary"] = "Accept, Authorization"
        return caching.answer(
            cast("Request", request), response, wire.encode(response_data["data"])
        )

    async def create_streaming_response(
        self,
        request: Request | WebSocket,
        stream: Callable[[], AsyncIterator[str]],
        sub_response: Response,
        headers: Mapping[str, str],
    ) -> Response:
        """Stream events for as long as the token and the person stay valid."""
        visit: Visit = request.state.visit
        user_id = visit.viewer.user_id
        shares.check_operations(user_id)  # here, where there still is a status to say so
        transport = cast("Stream", self._get_stream_transport_from_headers(request.headers))

        async def while_welcome() -> AsyncIterator[str]:
            yield transport.opening
            shares.begin(user_id)
            try:
                async with (
                    aclosing(stream()) as events,  # type: ignore[type-var]
                    aclosing(visit.during(events)) as welcome,
                ):
                    async for event in welcome:
                        yield event
            except Unauthenticated as ended:
                yield transport.encode_ending(ended, request_id(request.scope))
            finally:
                shares.end(user_id)

        return StreamingResponse(while_welcome(), headers=dict(headers))

    def decode_json(self, data: str | bytes) -> object:
        """Decode incoming JSON."""
        return wire.decode(data)

    def encode_json(self, data: object) -> str | bytes:
        """Encode outgoing JSON."""
        return wire.encode(data)
