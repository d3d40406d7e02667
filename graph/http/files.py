"""GET /files/{token} and /exports/{token}: serve a result or an export to whoever has a link."""

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from domain import failures, scratch
from domain.errors import DomainError, ErrorCode, Unavailable
from domain.executions import links
from domain.exports import links as export_links
from domain.storage import MEDIA_TYPES
from graph.http.limits import retries

File = TypeVar("File")


async def download(request: Request) -> Response:
    """Serve the file of the link, or send to the object store.

    404 once the link has expired, 503 while the store is away.
    """
    return await _opened(request, links.open_link, _result)


def _result(_: Request, file: links.File | links.Elsewhere) -> Response:
    headers = {"Cache-Control": "private, no-store"}
    if isinstance(file, links.Elsewhere):
        return RedirectResponse(file.url, 307, headers=headers)
    media_type = MEDIA_TYPES[Path(file.name).suffix]
    return FileResponse(file.path, filename=file.name, media_type=media_type, headers=headers)


async def download_export(request: Request) -> Response:
    """Serve an exported file, or send to the object store.

    404 once the link or the right of its person has ended. A part of the file can be asked for by a
    Range, and a copy is checked by its ETag.
    """
    return await _opened(request, export_links.open_link, _export)


def _export(request: Request, file: export_links.ExportFile | links.Elsewhere) -> Response:
    if isinstance(file, links.Elsewhere):
        return RedirectResponse(file.url, 307, headers={"Cache-Control": "private, no-store"})
    etag = f'"{file.checksum}"'
    headers = {"Cache-Control": "private, no-cache", "ETag": etag}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=headers)
    return FileResponse(
        file.path,
        filename=file.name,
        media_type=MEDIA_TYPES[file.path.suffix],
        # A picture may be SVG, whose scripts no browser may run.
        headers=headers | {"Content-Security-Policy": "sandbox"},
    )


async def _opened(
    request: Request,
    open_link: Callable[[str, Path], Awaitable[File]],
    answer: Callable[[Request, File], Response],
) -> Response:
    """Open the link of the request and answer with its file, or say why there is none."""
    folder = Path(tempfile.mkdtemp(dir=scratch.root()))
    try:
        response = answer(request, await open_link(request.path_params["token"], folder))
    except DomainError as refused:
        response = _refused(refused)
    except Exception as error:  # noqa: BLE001 (a bug is raised again)
        shutil.rmtree(folder, ignore_errors=True)
        response = _lacking(error)
    response.background = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    return response


def _refused(refused: DomainError) -> Response:
    body = {"errors": [{"message": str(refused), "extensions": refused.extensions}]}
    status = 503 if refused.code is ErrorCode.UNAVAILABLE else 404
    headers = retries.headers(refused.extensions)
    return JSONResponse(body, status_code=status, headers=headers)


def _lacking(error: Exception) -> Response:
    """Say that the store or the database is away for now. Raises an error that is a bug."""
    if (lack := failures.lacking(error)) is None:
        raise error
    return _refused(Unavailable(failures.SENTENCES[lack]))
