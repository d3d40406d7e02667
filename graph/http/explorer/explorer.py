"""The explorer at `/`: GraphiQL with our examples, all of it served from here.

`vendor/` has what is not ours, packed, with its origin and licences beside it.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from graph.http import pages
from graph.http.assets import Assets
from graph.http.explorer.examples import EXAMPLES
from graph.http.html import Page

FOLDER = Path(__file__).parent
FILES = Assets("/explorer", FOLDER)
PAGE = Page(
    FOLDER / "page.html",
    styles=[FILES.url(f"{name}.css") for name in ("graphiql", "plugin-explorer", "explorer")],
    scripts=[FILES.url(f"{name}.js") for name in ("react", "react-dom", "graphiql")]
    + [FILES.url("plugin-explorer.js")],
    module=FILES.url("explorer.js"),
    imports=pages.FILES.imports(),  # who is signed in is shared with the pages
    policy={
        "style-src": "'self' 'unsafe-inline'",  # the editor places its lines by style attributes
        "font-src": "'self' data:",
    },
)


async def page(request: Request) -> Response:
    """The page."""
    return PAGE.answer(request, examples=EXAMPLES)
