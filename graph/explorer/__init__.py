"""The explorer at `/`: GraphiQL with our examples, all of it served from here.

Files have their hash in their names, so browsers keep them; `vendor/` has what is not ours, packed,
with its origin and licences beside it.
"""

import gzip
import hashlib
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from domain import tokens
from domain.settings import settings
from graph import hosts
from graph.explorer.examples import EXAMPLES

FOLDER = Path(__file__).parent
VENDOR = FOLDER / "vendor"
TYPES = {".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8"}
FOREVER = "public, max-age=31536000, immutable"
DEMO_SESSION = timedelta(hours=12)
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self' 'unsafe-inline'",  # the editor places its lines by style attributes
        "font-src 'self' data:",
        "img-src 'self' data:",
        "connect-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'none'",
    )
)


@dataclass(frozen=True)
class Asset:
    """A file of the page, packed, under a name that changes with its content."""

    name: str
    media_type: str
    packed: bytes


def _asset(name: str, digest: str, packed: bytes) -> Asset:
    stem, suffix = Path(name).stem, Path(name).suffix
    return Asset(f"{stem}.{digest[:16]}{suffix}", TYPES[suffix], packed)


def _foreign() -> list[Asset]:
    sources = json.loads((VENDOR / "sources.json").read_text())
    return [
        _asset(
            one["stored"].removesuffix(".gz"), one["sha256"], (VENDOR / one["stored"]).read_bytes()
        )
        for one in sources
    ]


def _own(name: str) -> Asset:
    content = (FOLDER / name).read_bytes()
    return _asset(name, hashlib.sha256(content).hexdigest(), gzip.compress(content, mtime=0))


ASSETS = [*_foreign(), _own("explorer.css"), _own("explorer.js")]
BY_NAME = {one.name: one for one in ASSETS}
PAGE = Template((FOLDER / "page.html").read_text())


async def asset(request: Request) -> Response:
    """A file of the page, packed for whoever can unpack it."""
    found = BY_NAME.get(request.path_params["name"])
    if found is None:
        return Response("There is no such file.", status_code=404, media_type="text/plain")
    headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(gzip.decompress(found.packed), media_type=found.media_type, headers=headers)
    headers["Content-Encoding"] = "gzip"
    return Response(found.packed, media_type=found.media_type, headers=headers)


async def page(request: Request) -> Response:
    """The page; signed in where it is the demo's, on the demo's own machine."""
    scripts = [one.name for one in ASSETS if one.name.endswith(".js")]
    styles = [one.name for one in ASSETS if one.name.endswith(".css")]
    html = PAGE.substitute(
        styles="\n".join(f'<link rel="stylesheet" href="/explorer/{name}">' for name in styles),
        scripts="\n".join(f'<script src="/explorer/{name}" defer></script>' for name in scripts),
        settings=_in_html({"session": _demo_session(request), "examples": EXAMPLES}),
    )
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(html, headers=headers)


def _demo_session(request: Request) -> dict[str, str] | None:
    """A token for the demo's user, if this is their own machine."""
    user = settings.demo_user
    if not user or not hosts.is_local(request):
        return None
    return {"user": user, "token": tokens.issue(user.lower(), user, lifetime=DEMO_SESSION)}


def _in_html(value: object) -> str:
    """JSON that no text within can break out of its element."""
    return json.dumps(value).replace("<", "\\u003c").replace("&", "\\u0026")
