"""Two pages that use the public API only: a running collection, and a dashboard.

They are examples for frontends: plain ES modules without a build step. `vendor/` has third-party
files, compressed, with their origins and licences.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from domain import ids
from domain.errors import NotFound
from graph.http.assets import Assets
from graph.http.html import Page

FOLDER = Path(__file__).parent
FILES = Assets("/pages", FOLDER)
IMPORTS = {**FILES.imports(), "graphql-ws": FILES.url("graphql-ws.js")}
COLLECTION = Page(
    FOLDER / "collection.html",
    styles=[FILES.url("pages.css"), FILES.url("collection.css")],
    module=FILES.url("collection.js"),
    imports=IMPORTS,
)
DASHBOARD = Page(
    FOLDER / "dashboard.html",
    styles=[FILES.url("pages.css"), FILES.url("dashboard.css")],
    scripts=[FILES.url(f"{name}.js") for name in ("vega", "vega-lite", "vega-embed")],
    module=FILES.url("dashboard.js"),
    imports=IMPORTS,
)


async def collection(request: Request) -> Response:
    """Serve the page of a collection. The API decides whether the reader may see the collection."""
    return _page(COLLECTION, "col", request)


async def dashboard(request: Request) -> Response:
    """Serve the page of a dashboard. The API decides whether the reader may see the dashboard."""
    return _page(DASHBOARD, "dash", request)


def _page(page: Page, prefix: str, request: Request) -> Response:
    public_id = request.path_params["id"]
    try:
        ids.decode(prefix, public_id)
    except NotFound as wrong:
        return Response(str(wrong), status_code=404, media_type="text/plain")
    return page.answer(request, id=public_id)
