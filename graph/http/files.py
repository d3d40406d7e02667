"""GET /files/{token}: serves a result to whoever has a link to it."""

import shutil
import tempfile
from pathlib import Path

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response

from domain.errors import DomainError
from domain.executions import links

TYPES = {".csv": "text/csv; charset=utf-8", ".parquet": "application/vnd.apache.parquet"}


async def download(request: Request) -> Response:
    """Serve the file of the link, or send to the object store. 404 once the link has expired."""
    folder = Path(tempfile.mkdtemp(prefix="amc-reports-"))
    clean = BackgroundTask(shutil.rmtree, folder, ignore_errors=True)
    try:
        file = await links.open_link(request.path_params["token"], folder)
    except DomainError as refused:
        body = {"errors": [{"message": str(refused), "extensions": refused.extensions}]}
        return JSONResponse(body, status_code=404, background=clean)
    if isinstance(file, links.Elsewhere):
        headers = {"Cache-Control": "private, no-store"}
        return RedirectResponse(file.url, 307, headers=headers, background=clean)
    return FileResponse(
        file.path,
        filename=file.name,
        media_type=TYPES[Path(file.name).suffix],
        headers={"Cache-Control": "private, no-store"},
        background=clean,
    )
