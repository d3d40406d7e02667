"""Answers of the endpoint: what they hold, their status, and their headers."""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Scope
from strawberry.http import GraphQLHTTPResponse
from strawberry.types import ExecutionResult

from domain.errors import ErrorCode
from domain.settings import settings
from graph.fields import errors
from graph.http import accept, caching, wire
from graph.http.headers import Given, given, request_id, text
from graph.http.limits import counting, retries
from graph.http.pieces import Whole
from graph.http.telemetry import access

STATUS = {
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.DOCUMENT_NOT_TRUSTED: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.UNAVAILABLE: 503,
}
PLAN = "X-Plan"  # a request with this header is told how it was executed
ASKS_FOR_PLAN = PLAN.lower().encode()


def shown(result: ExecutionResult, own_id: str) -> GraphQLHTTPResponse:
    """What is told of a result. It has no `data` if nothing was executed."""
    answer: GraphQLHTTPResponse = {"data": result.data}
    if result.errors:
        presented = [errors.present(one, own_id) for one in result.errors]
        told = [one.formatted for one in presented]
        answer["errors"] = list(told)
        access.know_errors(told)
        if result.data is None and not any(one.path for one in presented):
            del answer["data"]
    if result.extensions:
        answer["extensions"] = result.extensions
    return answer


def respond(scope: Scope, sent: Given, answer: GraphQLHTTPResponse, plan: str) -> Response:
    """Respond with 200. 503 without the database, 429 at a limit, 400 if nothing ran."""
    media_type = accept.answer_type(text(sent, b"accept"))
    status, more = 200, {}
    if ASKS_FOR_PLAN in sent:
        more[PLAN] = plan or "none"
    if "errors" in answer:
        status, waits = _refusal(answer, media_type)
        more.update(waits)
    response = Whole(_encoded(scope, answer), media_type, status)
    if more:
        response.headers.update(more)
    return response if scope["method"] != "GET" else _cached(scope, response, answer)


def refuse(
    scope: Scope,
    status: int,
    message: str,
    extensions: Mapping[str, object],
    more: Mapping[str, str] | None = None,
) -> Response:
    """Respond with a request error in GraphQL's form, and with `more` headers."""
    extensions = {"code": ErrorCode.BAD_USER_INPUT.value, **extensions}
    access.know(codes=[extensions["code"]])
    error = {"message": message, "extensions": {**extensions, "requestId": request_id(scope)}}
    return Whole(
        wire.encode({"errors": [error]}),
        accept.answer_type(text(given(scope), b"accept")),
        status,
        {"Cache-Control": "no-store", **(more or {})},
    )


def _refusal(answer: GraphQLHTTPResponse, media_type: str) -> tuple[int, Mapping[str, str]]:
    """The status and the headers of an answer with errors."""
    told: Any = answer["errors"]
    waits = retries.for_now(told)
    more = {} if waits is None else retries.headers(waits)
    if retries.is_unavailable(answer):
        if "data" in answer:
            answer["data"] = None
        return STATUS[ErrorCode.UNAVAILABLE], more
    if "data" in answer:
        return 200, more
    if waits is not None:
        return STATUS[ErrorCode.RATE_LIMITED], more
    return 400 if media_type == accept.GRAPHQL else 200, more


def _encoded(scope: Scope, answer: Any) -> bytes:
    """The answer as it is sent, or a refusal in its place if it is too large."""
    content = wire.encode(answer)
    if len(content) <= settings.max_answer_bytes:
        return content
    error = errors.present(counting.too_large(), request_id(scope)).formatted
    return wire.encode({"errors": [error], "extensions": answer.get("extensions", {})})


def _cached(scope: Scope, response: Response, answer: GraphQLHTTPResponse) -> Response:
    """The response to a GET, which clients may keep and ask about again."""
    if "errors" in answer:
        response.headers["Cache-Control"] = "no-store"
        return response
    response.headers["Cache-Control"] = "private, no-cache"
    response.headers["Vary"] = "Accept, Authorization"
    return caching.answer(Request(scope), response, wire.encode(answer["data"]))
