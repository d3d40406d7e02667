"""Answers that AMC's documentation does not know. The fault `odd` switches them on by name."""

import gzip
from collections.abc import Callable
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from sandbox.http.requests import amc_of

Body = dict[str, Any]


def _first(**changes: Any) -> Callable[[Body], Body]:
    """Change these fields of the first execution of a list, or of a single one."""

    def change(body: Body) -> Body:
        if "executions" not in body:
            return body | changes
        first, *others = body["executions"] or [{}]
        return body | {"executions": [first | changes, *others]}

    return change


def _instead(*items: Any) -> Callable[[Body], Body]:
    """Put these items before the executions of a list."""

    def change(body: Body) -> Body:
        return body | {"executions": [*items, *body.get("executions", [])]}

    return change


# What happens to the JSON of an execution or of a list of them.
EXECUTIONS: dict[str, Callable[[Body], Body]] = {
    "items_without_id": _instead({"status": "SUCCEEDED"}),
    "items_no_objects": _instead(7, "seven", None, []),
    "executions_no_list": lambda body: body | {"executions": {"0": "none"}},
    "reason_object": _first(statusReason={"code": 7, "why": ["so"]}),
    "reason_nul": _first(statusReason="No\x00reason"),
    "gaps_number": _first(dataGaps=3),
    "columns_no_objects": _first(outputColumns=["cost", 7]),
    "id_long": _first(workflowExecutionId="x" * 100_000),
    "id_null": _first(workflowExecutionId=None),
    "status_object": _first(status={"is": "SUCCEEDED"}),
    "next_token_object": lambda body: body | {"nextToken": {"page": 2}},
}
TEXTS = {  # instead of any JSON
    "json_deep": b"[" * 100_000 + b"]" * 100_000,
    "json_cut": b'{"executions": [{"workflowExec',
    "json_list": b"[]",
    "html": b"<html><title>Login</title></html>",
}
LINKS: dict[str, Any] = {
    "link_no_url": "::no url::",
    "link_number": 7,
    "link_file": "file:///etc/passwd",
    "link_inside": "http://169.254.169.254/latest/meta-data",
    "link_loopback": "https://127.0.0.1:1/secret",
    "link_odd_number": "https://2130706433/",
}
FILES: dict[str, Callable[[bytes], bytes]] = {
    "gzip_junk": lambda body: b"\x1f\x8b" + body,
    "gzip_cut": lambda body: gzip.compress(body)[:-9],
    "header_huge": lambda body: b"x" * 200_000 + body,
    "value_unfit": lambda body: body.rstrip(b"\r\n").rpartition(b",")[0] + b",much\n",
    "utf_16": lambda body: body.decode().encode("utf-16"),
}
TOKENS: dict[str, Body] = {
    "token_lines": {"access_token": "Atza|one\r\ntwo", "expires_in": 3600},
    "token_number": {"access_token": 7},
    "token_life": {"access_token": "Atza|one", "expires_in": "soon"},
}
KINDS = {**EXECUTIONS, **TEXTS, **LINKS, **FILES, **TOKENS}


def _kind(request: Request, *tables: dict[str, Any]) -> str | None:
    """The kind of odd answer that happens now, if it is of one of these tables."""
    for kind in (one for table in tables for one in table):
        if amc_of(request).faults.take("odd", kind):
            return kind
    return None


def json_of_executions(request: Request, body: Body) -> Response:
    """The JSON of an execution or a list, odd if that is switched on."""
    kind = _kind(request, EXECUTIONS, TEXTS)
    if kind in TEXTS:
        return Response(TEXTS[kind], media_type="application/json")
    return JSONResponse(EXECUTIONS[kind](body) if kind else body)


def links(request: Request, urls: list[str]) -> list[Any]:
    """The links to a result, odd ones if that is switched on."""
    kind = _kind(request, LINKS)
    return [LINKS[kind] for _ in urls] if kind else list(urls)


def file(request: Request, body: bytes) -> bytes:
    """The bytes of a result's file, odd ones if that is switched on."""
    kind = _kind(request, FILES)
    return FILES[kind](body) if kind else body


def token(request: Request) -> Response | None:
    """An odd answer instead of an access token, if that is switched on."""
    kind = _kind(request, TOKENS)
    return JSONResponse(TOKENS[kind]) if kind else None
