"""Routes of results: download links that expire, and the files they lead to."""

import asyncio
import gzip
import time
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from sandbox.engine.refusals import Refusal
from sandbox.http import odd
from sandbox.http.executions import one_of
from sandbox.http.requests import amc_of

MOST_LINKS = 5  # number of links on a page


async def links(request: Request) -> Response:
    """GET downloadUrls of an execution that has succeeded."""
    amc = amc_of(request)
    execution = one_of(request, "urls")
    if execution.status != "SUCCEEDED" or not execution.files:
        raise Refusal(400, f"Execution with ID {execution.id} is unavailable for download.")
    begin = int(request.query_params.get("nextToken", "0"))
    files = execution.files[begin : begin + MOST_LINKS]
    base = (amc.settings.public_url or str(request.base_url)).rstrip("/")
    seconds = int(amc.settings.link_seconds)
    urls = [f"{base}/results/{amc.link(file)}?X-Amz-Expires={seconds}" for file in files]
    more = begin + MOST_LINKS
    return JSONResponse(
        {
            "downloadUrls": odd.links(request, urls),
            "metadataDownloadUrls": [],
            "nextToken": str(more) if more < len(execution.files) else None,
        }
    )


async def result(request: Request) -> Response:
    """GET a file by its link. Like S3, it refuses a request with an Authorization header."""
    amc = amc_of(request)
    amc.state.requests["result"] += 1
    fault = amc.faults.take("status", "download")
    if fault is not None:
        return Response(status_code=int(fault["status"]))
    file, ends = amc.links.get(request.path_params["token"], ("", 0.0))
    expired = amc.faults.take("expire_links") is not None
    if expired or ends < time.time() or "Authorization" in request.headers:
        return Response("<Error><Code>AccessDenied</Code></Error>", 403, media_type="text/xml")
    body = await asyncio.to_thread(Path(file).read_bytes)
    if amc.faults.take("change_header"):
        body = b"renamed_" + body
    if amc.faults.take("gzip"):
        body = gzip.compress(body)
    body = odd.file(request, body)
    if amc.faults.take("truncate_download"):
        return _cut_short(body)
    return Response(body, media_type="text/csv")


def _cut_short(body: bytes) -> Response:
    """Send half of the body with the length of the whole."""
    headers = {"Content-Length": str(len(body))}
    return StreamingResponse(iter([body[: len(body) // 2]]), media_type="text/csv", headers=headers)
