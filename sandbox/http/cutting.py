"""Cutting the connection instead of an answer, as a network or a power failure would."""

from starlette.requests import Request
from starlette.responses import Response


async def now(request: Request) -> Response:
    """Cut it. What is returned reaches nobody."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("this server gives no transport to cut; run it under uvicorn")
    transport.abort()
    return Response(status_code=503)
