"""Reads the body of a GraphQL request within limits and checks its shape."""

import asyncio
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from json import JSONDecodeError
from typing import Any

from cross_web import StarletteRequestAdapter
from starlette.requests import Request
from strawberry.http import GraphQLRequestData, GraphQLRequestProtocol

from domain.settings import settings
from graph.http import wire

LARGEST = 1_000_000  # bytes
SHAPE: dict[str, tuple[type, str]] = {
    "query": (str, "a text"),
    "documentId": (str, "a text"),
    "operationName": (str, "a text"),
    "variables": (dict, "an object"),
    "extensions": (dict, "an object"),
}


class Unreadable(Exception):
    """Raised for a request that is not GraphQL, or that this endpoint does not answer."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, dict(headers or {})


class RequestAdapter(StarletteRequestAdapter):
    """Strawberry's view of a request, with access to the request, whose body is read in pieces."""

    def __init__(self, request: Request) -> None:
        super().__init__(request)
        self.request = request


async def read(request: Request) -> Any:
    """Read the query string or the body as JSON. Raises Unreadable."""
    if request.method == "GET":
        given: dict[str, Any] = dict(request.query_params)
        for name in ("variables", "extensions"):
            if given.get(name):
                given[name] = _decoded(given[name], f"`{name}` in the address")
        return given
    if (wrong := _wrong_type(request.headers.get("content-type", ""))) is not None:
        raise Unreadable(415, wrong)
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Unreadable(415, "The body must not be compressed.")
    return _decoded(await _body(request), "The body")


async def _body(request: Request) -> bytes:
    """Read the body. Refuse one that is too long by its Content-Length, before reading it."""
    too_large = Unreadable(413, f"The body is larger than {LARGEST} bytes.")
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST:
        raise too_large
    body = bytearray()
    patience = settings.body_timeout.total_seconds()
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST:
                    raise too_large
    except TimeoutError as late:
        message = f"The body was not complete within {patience:g} seconds."
        raise Unreadable(408, message, {"Connection": "close"}) from late
    return bytes(body)


@lru_cache(100)  # clients send few different ones
def _wrong_type(content_type: str) -> str | None:
    """What is wrong with a Content-Type, if anything."""
    given = Message()
    given["content-type"] = content_type
    charset = given.get_param("charset", "utf-8")
    if not content_type or given.get_content_type() != "application/json":
        return "The Content-Type must be application/json."
    if not isinstance(charset, str) or charset.lower() not in ("utf-8", "utf8"):
        return "The body must be UTF-8."
    return None


def _decoded(text: str | bytes, what: str) -> Any:
    try:
        return wire.decode(text)
    except JSONDecodeError as broken:
        raise Unreadable(400, f"{what} is not JSON.") from broken


def shaped(data: object) -> dict[str, Any]:
    """The parsed body, if it has the shape of a GraphQL request. Raises Unreadable."""
    if not isinstance(data, dict):
        raise Unreadable(400, "The body must be one JSON object with `query`; no batches.")
    for name, (kind, described) in SHAPE.items():
        if data.get(name) is not None and not isinstance(data[name], kind):
            raise Unreadable(400, f"`{name}` must be {described}.")
    return data


def asked(data: Mapping[str, Any], protocol: GraphQLRequestProtocol) -> GraphQLRequestData:
    """The request in the form that Strawberry takes."""
    return GraphQLRequestData(
        query=data.get("query"),
        variables=data.get("variables"),
        operation_name=data.get("operationName"),
        extensions=data.get("extensions"),
        protocol=protocol,
    )
