"""The explorer at `/explorer`: GraphiQL with examples. This server serves all of its files.

`vendor/` has third-party files, compressed, with their origins and licences.
"""

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from graph.http.assets import Assets
from graph.http.explorer.examples import EXAMPLES
from graph.http.html import Page
from graph.http.pages import pages

FOLDER = Path(__file__).parent
FILES = Assets("/explorer", FOLDER)
PAGE = Page(
    (FOLDER / "page.html").read_text(),
    styles=[FILES.url(f"{name}.css") for name in ("graphiql", "plugin-explorer", "explorer")],
    scripts=[FILES.url(f"{name}.js") for name in ("react", "react-dom", "graphiql")]
    + [FILES.url("plugin-explorer.js")],
    module=FILES.url("explorer.js"),
    imports=pages.FILES.imports(),  # shared with the pages, so that a person signs in once
    policy={
        "style-src": "'self' 'unsafe-inline'",  # the editor positions lines by style attributes
        "font-src": "'self' data:",
    },
)


async def page(request: Request) -> Response:
    """Serve the explorer."""
    return PAGE.answer(request, examples=EXAMPLES)
