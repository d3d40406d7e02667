"""Two pages: a collection while it runs, and a dashboard. They ask the public API, as any would.

They are examples for frontends: plain modules, no build step. `vendor/` has what is not ours,
packed, with its origin and licences beside it.
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
    """A collection's page. Whether there is one, and whose, the API says to who is signed in."""
    return _page(COLLECTION, "col", request)


async def dashboard(request: Request) -> Response:
    """A dashboard's page. Whether there is one, and for whom, the API says to who is signed in."""
    return _page(DASHBOARD, "dash", request)


def _page(page: Page, prefix: str, request: Request) -> Response:
    public_id = request.path_params["id"]
    try:
        ids.decode(prefix, public_id)
    except NotFound as wrong:
        return Response(str(wrong), status_code=404, media_type="text/plain")
    return page.answer(request, id=public_id)
