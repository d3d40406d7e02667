"""Conditional requests: answers that clients cache and revalidate."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response


def answer(request: Request, response: Response, version: bytes) -> Response:
    """Add an ETag made of `version`. Return 304 without a body if the client has that version.

    The ETag is weak: compression changes the bytes of an answer, but not its meaning.
    """
    etag = f'W/"{hashlib.sha256(version).hexdigest()[:32]}"'
    headers = response.headers
    headers["ETag"] = etag
    headers.setdefault("Cache-Control", "no-cache")
    if not _is_known(request.headers.get("if-none-match", ""), etag):
        return response
    kept = {name: headers[name] for name in ("ETag", "Cache-Control", "Vary") if name in headers}
    return Response(status_code=304, headers=kept)


def _is_known(known: str, etag: str) -> bool:
    tags = [tag.strip().removeprefix("W/") for tag in known.split(",")]
    return "*" in tags or etag.removeprefix("W/") in tags
