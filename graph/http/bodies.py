"""Reads the body of a GraphQL request within limits and checks its shape."""

import asyncio
from collections.abc import Mapping
from email.message import Message
from functools import lru_cache
from json import JSONDecodeError
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

from domain.settings import settings
from graph.http import wire
from graph.http.headers import Given

LARGEST = 1_000_000  # bytes
COMPLETE = "is_complete"  # in the state of a request whose body has arrived
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


async def read(scope: Scope, receive: Receive, sent: Given) -> Any:
    """Read the query string or the body as JSON. Raises Unreadable, ClientDisconnect."""
    if scope["method"] == "GET":
        given: dict[str, Any] = dict(QueryParams(scope["query_string"]))
        for name in ("variables", "extensions"):
            if given.get(name):
                given[name] = _decoded(given[name], f"`{name}` in the address")
        return given
    if (wrong := _wrong_type(sent.get(b"content-type", b""))) is not None:
        raise Unreadable(415, wrong)
    if (packed := sent.get(b"content-encoding")) is not None and packed.lower() != b"identity":
        raise Unreadable(415, "The body must not be compressed.")
    length = sent.get(b"content-length", b"")  # one that is too long is refused before it is read
    if length.isdigit() and int(length) > LARGEST:
        raise _too_large()
    return _decoded(await _in_time(scope, receive), "The body")


async def _in_time(scope: Scope, receive: Receive) -> bytes:
    if scope["state"].get(COMPLETE):
        return await _body(receive)
    patience = settings.body_timeout.total_seconds()
    try:
        async with asyncio.timeout(patience):
            return await _body(receive)
    except TimeoutError as late:
        message = f"The body was not complete within {patience:g} seconds."
        raise Unreadable(408, message, {"Connection": "close"}) from late


async def _body(receive: Receive) -> bytes:
    body, has_more = bytearray(), True
    while has_more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        body += message.get("body", b"")
        has_more = message.get("more_body", False)
        if len(body) > LARGEST:
            raise _too_large()
    return bytes(body)


def _too_large() -> Unreadable:
    return Unreadable(413, f"The body is larger than {LARGEST} bytes.")


@lru_cache(100)  # clients send few different ones
def _wrong_type(content_type: bytes) -> str | None:
    """What is wrong with a Content-Type, if anything."""
    given = Message()
    given["content-type"] = content_type.decode("latin-1")
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
    wrong = {
        name
        for name, value in data.items()
        if value is not None and name in SHAPE and not isinstance(value, SHAPE[name][0])
    }
    for name in SHAPE if wrong else ():
        if name in wrong:
            raise Unreadable(400, f"`{name}` must be {SHAPE[name][1]}.")
    return data
