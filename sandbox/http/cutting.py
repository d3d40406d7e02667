"""Cutting a connection without an answer, as a failed network does."""

from starlette.requests import Request
from starlette.responses import Response


async def cut(request: Request) -> Response:
    """Cuts the connection. The returned response is never sent."""
    transport = getattr(getattr(request.receive, "__self__", None), "transport", None)
    if transport is None:
        raise RuntimeError("this server gives no transport to cut; run it under uvicorn")
    transport.abort()
    return Response(status_code=503)
