"""Pages for people that use the public API only.

They are examples for frontends: plain ES modules without a build step. All share the frame, with
the bar and the session. `vendor/` has third-party files, compressed, with their origins and
licences.
"""

from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from domain import ids
from domain.errors import NotFound
from graph.http.assets import Assets
from graph.http.html import Page

FOLDER = Path(__file__).parent
FILES = Assets("/pages", FOLDER)
FRAME = Template((FOLDER / "frame.html").read_text())
VEGA = ("vega", "vega-lite", "vega-embed")


def _page(name: str, title: str, *sheets: str, scripts: tuple[str, ...] = ()) -> Page:
    """A page of `name`.html inside the frame, with the module of the same name."""
    body = (FOLDER / f"{name}.html").read_text()
    return Page(
        FRAME.safe_substitute(title=title, body=body),
        styles=[FILES.url(f"{sheet}.css") for sheet in ("pages", *sheets)],
        scripts=[FILES.url(f"{script}.js") for script in scripts],
        module=FILES.url(f"{name}.js"),
        imports={**FILES.imports(), "graphql-ws": FILES.url("graphql-ws.js")},
    )


# By address. A page of one object has the prefix of its ids.
PAGES: dict[str, tuple[Page, str | None]] = {
    "/": (_page("home", "Home", "lists"), None),
    "/reports": (_page("reports", "Reports", "lists"), None),
    "/reports/new": (_page("new-report", "New report", "lists", "report"), None),
    "/reports/{id}": (_page("report", "Report", "lists", "report", "insights"), "rpt"),
    "/collections": (_page("collections", "Collections", "lists"), None),
    "/collections/{id}": (_page("collection", "Collection", "lists", "collection"), "col"),
    "/dashboards": (_page("dashboards", "Dashboards", "lists"), None),
    "/dashboards/{id}": (
        _page("dashboard", "Dashboard", "dashboard", "insights", scripts=VEGA),
        "dash",
    ),
}


def _route(address: str, page: Page, prefix: str | None) -> Route:
    """The route of a page. The API decides whether the reader may see what it shows."""

    async def answer(request: Request) -> Response:
        if prefix is None:
            return page.answer(request)
        public_id = request.path_params["id"]
        try:
            ids.decode(prefix, public_id)
        except NotFound as wrong:
            return Response(str(wrong), status_code=404, media_type="text/plain")
        return page.answer(request, id=public_id)

    return Route(address, answer)


ROUTES = [
    *(_route(address, *known) for address, known in PAGES.items()),
    Route("/pages/{name}", FILES.serve),
]
